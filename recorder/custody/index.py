"""Where the records of this unit's life lie: whole numbers, and nothing of what they say.

Promises 16 bytes for a segment, 8 for a receipt and 32 for every 64 records: a shift of ten
thousand segments is not felt, and ten years of them are a few megabytes. What a record says is
read where it lies (`written`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

STRIDE = 64
_NONE = 0  # no release has number 0: the first record of a life begins its first epoch


def _numbers() -> array[int]:
    return array("I")


def _long_numbers() -> array[int]:
    return array("Q")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies: its run, and the bytes before its line and before its head."""

    run: int
    line_at: int
    head_at: int


@dataclass(slots=True)
class Places:
    """A place for each start of a run and for every 64th record; those between lie behind."""

    seqs: array[int] = field(default_factory=_numbers)
    runs: array[int] = field(default_factory=_numbers)
    lines_at: array[int] = field(default_factory=_long_numbers)
    heads_at: array[int] = field(default_factory=_long_numbers)

    def take(self, seq: int, place: Place) -> None:
        """Learn where record `seq` lies; they come in their order."""
        if self.seqs and self.runs[-1] == place.run and seq < self.seqs[-1] + STRIDE:
            return
        self.seqs.append(seq)
        self.runs.append(place.run)
        self.lines_at.append(place.line_at)
        self.heads_at.append(place.head_at)

    def before(self, seq: int) -> tuple[int, Place]:
        """Give the last known place at or before record `seq`, and the record that lies there."""
        at = bisect_right(self.seqs, seq) - 1
        return self.seqs[at], Place(self.runs[at], self.lines_at[at], self.heads_at[at])


@dataclass(slots=True)
class Seals:
    """Which record seals which segment, and which one released it."""

    seqs: array[int] = field(default_factory=_numbers)
    recordings: array[int] = field(default_factory=_numbers)
    segments: array[int] = field(default_factory=_numbers)
    releases: array[int] = field(default_factory=_numbers)

    def take(self, seq: int, recording: int, segment: int) -> None:
        """Learn of a seal; they come in their order."""
        self.seqs.append(seq)
        self.recordings.append(recording)
        self.segments.append(segment)
        self.releases.append(_NONE)

    def take_release(self, segment_seq: int, seq: int) -> None:
        """Learn that record `seq` releases what record `segment_seq` seals."""
        at = self._at(segment_seq)
        if at is not None:
            self.releases[at] = seq

    def seq_of(self, recording: int, segment: int) -> int | None:
        """Give the record that seals this segment, if one does."""
        begin = bisect_left(self.recordings, recording)
        end = bisect_right(self.recordings, recording)
        try:
            return self.seqs[self.segments.index(segment, begin, end)]
        except ValueError:
            return None

    def is_seal(self, seq: int) -> bool:
        """Say whether record `seq` seals a segment."""
        return self._at(seq) is not None

    def release_of(self, segment_seq: int) -> int | None:
        """Give the record that released what record `segment_seq` seals, if one did."""
        at = self._at(segment_seq)
        return None if at is None or self.releases[at] == _NONE else self.releases[at]

    def newest(self) -> int | None:
        """Give the newest seal."""
        return self.seqs[-1] if self.seqs else None

    def _at(self, seq: int) -> int | None:
        at = bisect_left(self.seqs, seq)
        return at if at < len(self.seqs) and self.seqs[at] == seq else None


@dataclass(slots=True)
class Filings:
    """Which record files the receipt for how many records."""

    sizes: array[int] = field(default_factory=_numbers)
    seqs: array[int] = field(default_factory=_numbers)

    def take(self, size: int, seq: int) -> None:
        """Learn of a receipt that was filed."""
        self.sizes.append(size)
        self.seqs.append(seq)

    def seq_of(self, size: int) -> int | None:
        """Give the record that files the receipt for the first `size` records, if one does."""
        try:
            return self.seqs[self.sizes.index(size)]
        except ValueError:
            return None
