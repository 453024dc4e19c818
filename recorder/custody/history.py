"""What custody must know of the committed records, learnt at start and with each commit.

The same code takes in a record that was read and one that was just written, so that custody
after a restart knows exactly what it knew before. What a record says in full is not kept: it is
read where it lies (`written`), so that a long shift and a long life cost no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from recorder.custody.index import Filings, Place, Places, Seals
from recorder.evidence.record import (
    CommandTaken,
    EpochBegins,
    Ordered,
    Orphan,
    ReceiptFiled,
    Record,
    Release,
    Segment,
    SelfCheck,
    Shutdown,
    Start,
    Stop,
    StopCause,
)
from recorder.evidence.tree import Tree, leaf_hash
from recorder.evidence.words import ZERO_DIGEST, digest

if TYPE_CHECKING:
    from recorder.evidence.record import Body

_WITH_A_PRESS = {StopCause.BUTTON, StopCause.COMMAND}


@dataclass(slots=True)
class OpenRecording:
    """A recording that has begun and not ended; `epoch` is the last one of its run so far."""

    number: int
    run: int
    epoch: int
    segments: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Orders:
    """What the station's commands have left to know: the newest one, and what holds of them all.

    Numbers are of commands, 0 for none; `check_number` is of one that no self-check followed yet.
    """

    number: int = 0
    seq: int = 0
    sha256: str = ""
    officers_number: int = 0
    officers_sha256: str = ""
    check_number: int = 0

    def after(self, seq: int, body: Body) -> Orders:
        """Give what is known when record `seq` has stated this."""
        match body:
            case CommandTaken(number, Ordered.CHECK, sha256):
                newest = replace(self, number=number, seq=seq, sha256=sha256)
                return replace(newest, check_number=number)
            case CommandTaken(number, _, sha256):
                newest = replace(self, number=number, seq=seq, sha256=sha256)
                return replace(newest, officers_number=number, officers_sha256=sha256)
            case SelfCheck() if body.whole:
                return replace(self, check_number=0)
            case _:
                return self  # it changes nothing that custody must know


@dataclass(slots=True)
class History:
    """The state of the log."""

    size: int = 0
    prev: str = ZERO_DIGEST
    tree: Tree = field(default_factory=Tree)
    run: int = 0
    epoch: int = 0
    next_key_sha256: str = ""
    clean: bool = True
    last_recording: int = 0
    open: OpenRecording | None = None
    interrupted: int = 0
    ended_by: str = ""
    last_picture_ms: int = 0
    orders: Orders = field(default_factory=Orders)
    orphans: set[str] = field(default_factory=set)
    places: Places = field(default_factory=Places)
    seals: Seals = field(default_factory=Seals)
    filings: Filings = field(default_factory=Filings)

    def take(self, record: Record, line: bytes, place: Place) -> None:
        """Take in the next record of the log, its line, and where that lies."""
        self.tree.append(leaf_hash(line))
        self.places.take(self.size, place)
        self.size += 1
        self.prev = digest(line)
        self.run, self.epoch = record.run, record.epoch
        if self.open is not None and self.open.run == record.run:
            self.open.epoch = record.epoch
        self.clean = isinstance(record.body, Shutdown)
        self._take_body(record)

    def _take_body(self, record: Record) -> None:
        match record.body:
            case EpochBegins(next_sha256=promised):
                self.next_key_sha256 = promised
            case Start(recording=number, continues=continued):
                self.last_recording = number
                self.open = OpenRecording(number, record.run, record.epoch)
                if continued == self.interrupted:
                    self.interrupted = 0
            case Segment():
                self._take_segment(record.seq, record.body)
            case Stop(recording=number, cause=cause):
                self.open = None
                self.interrupted = 0 if cause in _WITH_A_PRESS else number
                self.ended_by = cause.value
            case Orphan(file=file):
                self.orphans.add(file)
            case ReceiptFiled(size=size):
                self.filings.take(size, record.seq)
            case Release(segment_seq=segment_seq):
                self.seals.take_release(segment_seq, record.seq)
            case body:
                self.orders = self.orders.after(record.seq, body)

    def _take_segment(self, seq: int, segment: Segment) -> None:
        self.seals.take(seq, segment.recording, segment.segment)
        self.last_picture_ms = segment.span.last_ms or self.last_picture_ms
        if self.open is not None and self.open.number == segment.recording:
            self.open.segments = segment.segment
            self.open.frames += segment.span.frames
