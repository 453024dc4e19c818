"""What the release process reads of the log: seals, receipts, marks, and what was released."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.evidence.moment import utc_ms
from recorder.evidence.record import Mark, ReceiptFiled, Record, Release, Segment, parse_record
from recorder.evidence.words import heads_file, log_file
from recorder.handover.committed import committed

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """A segment, the record that seals it, and when that was written (UTC ms, or −1)."""

    seq: int
    segment: Segment
    sealed_unix_ms: int


@dataclass(slots=True)
class UnitLog:
    """The log as it is committed now."""

    roots_at: dict[int, str] = field(default_factory=dict)
    segments: list[SealedSegment] = field(default_factory=list)
    receipts: dict[str, ReceiptFiled] = field(default_factory=dict)
    marked: set[int] = field(default_factory=set)
    released: set[int] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Take in one committed record."""
        match record.body:
            case Segment():
                when_ms = utc_ms(record.at.utc) if record.at.utc else -1
                self.segments.append(SealedSegment(record.seq, record.body, when_ms))
            case ReceiptFiled(file=file):
                self.receipts[file] = record.body
            case Mark(recording=recording, until_ms=None):  # the officer's own
                self.marked.add(recording)
            case Release(segment_seq=seq):
                self.released.add(seq)
            case _:
                pass  # it says nothing of space


def read_log(spool: Path) -> UnitLog:
    """Read all runs; Malformed if a line or head is none."""
    log = UnitLog()
    run = 1
    while (spool / log_file(run)).is_file():
        heads = spool / heads_file(run)
        part = committed(
            (spool / log_file(run)).read_bytes(), heads.read_bytes() if heads.is_file() else b""
        )
        for line, head in zip(part.lines, part.heads, strict=True):
            log.roots_at[head.size] = head.root.hex()
            log.take(parse_record(line))
        run += 1
    return log
