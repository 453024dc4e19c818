"""What the steps need to know of the log after one pass over it; nothing of it is judged here.

Only the records of the recordings in the package are kept; of all others the digests of their
files alone, so that swapped bytes can be named. Memory grows with the package, not with a
unit's life.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from recorder.evidence.record import (
    CommandTaken,
    Gap,
    Mark,
    Notice,
    Orphan,
    ReceiptFiled,
    Release,
    RunBegins,
    Segment,
    Start,
    Stop,
    UnitKind,
)

if TYPE_CHECKING:
    from recorder.evidence.moment import Moment
    from recorder.evidence.note import VerifierKey
    from recorder.evidence.record import Record

KeptBody = TypeVar("KeptBody")


@dataclass(frozen=True, slots=True)
class Kept(Generic[KeptBody]):
    """A record that later steps look at again."""

    seq: int
    run: int
    epoch: int
    at: Moment
    body: KeptBody


@dataclass(slots=True)
class RecordingFacts:
    """The records of one recording of the package, in their order."""

    number: int
    start: Kept[Start] | None = None
    segments: list[Kept[Segment]] = field(default_factory=list)
    stop: Kept[Stop] | None = None
    gaps: list[Kept[Gap]] = field(default_factory=list)
    marks: list[Kept[Mark]] = field(default_factory=list)
    notices: list[Kept[Notice]] = field(default_factory=list)
    behind_stop: list[Kept[Segment]] = field(default_factory=list)
    stopped_again: list[Kept[Stop]] = field(default_factory=list)

    def first_ms(self) -> int:
        """Give CLOCK_BOOTTIME of the first picture, or of the start record if there is none."""
        for kept in self.segments:
            if kept.body.span.frames:
                return kept.body.span.first_ms
        return self.start.at.boottime_ms if self.start is not None else 0

    def last_seq(self) -> int:
        """Give the number of the recording's last record, −1 if the log has none."""
        kept = [self.start, self.stop, *self.segments]
        return max((each.seq for each in kept if each is not None), default=-1)


@dataclass(frozen=True, slots=True)
class HeadFacts:
    """The root over the first `size` records, and the key that signed the head there."""

    root: bytes
    key: VerifierKey | None


@dataclass(slots=True)
class Ledger:
    """The log of one unit, as far as the steps ask for it again."""

    origin: str = ""
    records: int = 0
    starts: int = 0
    newest_start: int = 0
    misnumbered: list[tuple[int, int, int]] = field(default_factory=list)
    sizes: dict[int, HeadFacts] = field(default_factory=dict)
    epoch_keys: dict[int, VerifierKey] = field(default_factory=dict)
    last_epochs: dict[int, int] = field(default_factory=dict)
    recordings: dict[int, RecordingFacts] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    filed: list[Kept[ReceiptFiled]] = field(default_factory=list)
    releases: list[Kept[Release]] = field(default_factory=list)
    orphans: dict[str, Orphan] = field(default_factory=dict)
    benches: set[int] = field(default_factory=set)
    commands: list[Kept[CommandTaken]] = field(default_factory=list)

    def take(self, record: Record) -> None:
        """Keep of a committed record what the later steps ask for."""
        match record.body:
            case Start() as start:
                self._start(record, start)
            case Segment() as segment:
                self._segment(record, segment)
            case Stop() as stop if stop.recording in self.recordings:
                self._stop(record, stop)
            case Gap() | Mark() | Notice() as told if told.recording in self.recordings:
                self._told(record, told)
            case ReceiptFiled() as filed:
                self.filed.append(_kept(record, filed))
            case CommandTaken() as taken:
                self.commands.append(_kept(record, taken))
            case Release() as release:
                self.releases.append(_kept(record, release))
            case Orphan() as orphan:
                self.orphans[orphan.file] = orphan
            case RunBegins(unit_kind=UnitKind.BENCH):
                self.benches.add(record.run)
            case _:
                pass

    def _start(self, record: Record, start: Start) -> None:
        if start.recording != self.newest_start + 1:
            self.misnumbered.append((record.seq, start.recording, self.newest_start + 1))
        self.starts += 1
        self.newest_start = start.recording
        if start.recording in self.recordings:
            self.recordings[start.recording].start = _kept(record, start)

    def _segment(self, record: Record, segment: Segment) -> None:
        self.owners[segment.media.sha256] = segment.media.file
        self.owners[segment.side.sha256] = segment.side.file
        if segment.span.frames or segment.span.samples:
            # What opens a film is the same in each, and shows nothing.
            self.shown.setdefault(segment.media.clear.sha256, segment.media.file)
        facts = self.recordings.get(segment.recording)
        if facts is not None:
            behind = facts.stop is not None
            (facts.behind_stop if behind else facts.segments).append(_kept(record, segment))

    def _told(self, record: Record, told: Gap | Mark | Notice) -> None:
        facts = self.recordings[told.recording]
        match told:
            case Gap():
                facts.gaps.append(_kept(record, told))
            case Mark():
                facts.marks.append(_kept(record, told))
            case _:
                facts.notices.append(_kept(record, told))

    def _stop(self, record: Record, stop: Stop) -> None:
        facts = self.recordings[stop.recording]
        if facts.stop is None:
            facts.stop = _kept(record, stop)
        else:
            facts.stopped_again.append(_kept(record, stop))

    def from_tapes(self) -> bool:
        """Tell whether a recording of the package was made on a bench, whose sensors play tapes."""
        starts = (facts.start for facts in self.recordings.values())
        return any(start is not None and start.run in self.benches for start in starts)

    def segments(self) -> list[Kept[Segment]]:
        """Give every segment record of the package's recordings, in order."""
        return [
            kept
            for _, facts in sorted(self.recordings.items())
            for kept in (*facts.segments, *facts.behind_stop)
        ]


def _kept(record: Record, body: KeptBody) -> Kept[KeptBody]:
    return Kept(record.seq, record.run, record.epoch, record.at, body)
