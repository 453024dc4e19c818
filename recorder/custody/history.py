"""What the committed records of this unit say, read once at start and kept by each commit.

The same code takes in a record that was read and one that was just written, so that custody
after a restart knows exactly what it knew before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from recorder.evidence.record import (
    EpochBegins,
    Mark,
    Orphan,
    ReceiptFiled,
    Record,
    Release,
    Segment,
    Shutdown,
    Start,
    Stop,
    StopCause,
)
from recorder.evidence.tree import Tree, leaf_hash
from recorder.evidence.words import ZERO_DIGEST, digest
from recorder.handover.committed import files_of

_HASH_BYTES = 32
_WITH_A_PRESS = {StopCause.BUTTON, StopCause.COMMAND}


@dataclass(slots=True)
class OpenRecording:
    """A recording that has begun and not ended."""

    number: int
    run: int
    segments: int = 0
    frames: int = 0


@dataclass(slots=True)
class History:
    """The state of the log; `roots` holds the root of each size, 32 bytes each, from size 1."""

    size: int = 0
    prev: str = ZERO_DIGEST
    tree: Tree = field(default_factory=Tree)
    roots: bytearray = field(default_factory=bytearray)
    run: int = 0
    epoch: int = 0
    next_key_sha256: str = ""
    last_epoch_of_run: dict[int, int] = field(default_factory=dict)
    clean: bool = True
    last_recording: int = 0
    open: OpenRecording | None = None
    interrupted: int = 0
    ended_by: str = ""
    last_picture_ms: int = 0
    segments: dict[int, Segment] = field(default_factory=dict)
    sealed: dict[str, str] = field(default_factory=dict)
    orphans: set[str] = field(default_factory=set)
    receipts: dict[str, ReceiptFiled] = field(default_factory=dict)
    receipt_seq: dict[str, int] = field(default_factory=dict)
    released: dict[int, int] = field(default_factory=dict)
    marked: set[int] = field(default_factory=set)

    def take(self, record: Record, line: bytes) -> None:
        """Take in the next record of the log and its line."""
        self.tree.append(leaf_hash(line))
        self.roots += self.tree.root()
        self.size += 1
        self.prev = digest(line)
        self.run, self.epoch = record.run, record.epoch
        self.last_epoch_of_run[record.run] = record.epoch
        self.clean = isinstance(record.body, Shutdown)
        self._take_body(record)

    def root_at(self, size: int) -> bytes:
        """Give the root over the first `size` records, 1 to `self.size`."""
        if not 1 <= size <= self.size:
            raise IndexError(f"The log has {self.size} records; it has no root at {size}.")
        return bytes(self.roots[(size - 1) * _HASH_BYTES : size * _HASH_BYTES])

    def _take_body(self, record: Record) -> None:
        match record.body:
            case EpochBegins(next_sha256=promised):
                self.next_key_sha256 = promised
            case Start(recording=number, continues=continued):
                self.last_recording = number
                self.open = OpenRecording(number, record.run)
                if continued == self.interrupted:
                    self.interrupted = 0
            case Segment():
                self._take_segment(record.seq, record.body)
            case Stop(recording=number, cause=cause):
                self.open = None
                self.interrupted = 0 if cause in _WITH_A_PRESS else number
                self.ended_by = cause.value
            case Mark(recording=number, until_ms=None):  # the officer's own
                self.marked.add(number)
            case Orphan(file=file):
                self.orphans.add(file)
            case ReceiptFiled(file=file):
                self.receipts[file] = record.body
                self.receipt_seq[file] = record.seq
            case Release(segment_seq=segment_seq):
                self.released[segment_seq] = record.seq
            case _:
                pass  # it changes nothing that custody must know

    def _take_segment(self, seq: int, segment: Segment) -> None:
        self.segments[seq] = segment
        self.last_picture_ms = segment.span.last_ms or self.last_picture_ms
        self.sealed.update((named.file, named.sha256) for named in files_of(segment))
        if self.open is not None and self.open.number == segment.recording:
            self.open.segments = segment.segment
            self.open.frames += segment.span.frames
