"""What the release process reads of the log: seals, receipts, marks, and what was released.

Only of footage that still lies on the card: a visit costs what there is to free, whatever the unit
has lived through.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.evidence.canonical import MAX_INTEGER
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms
from recorder.evidence.record import (
    Mark,
    ReceiptFiled,
    Record,
    Release,
    Segment,
    Start,
    parse_record,
)
from recorder.evidence.words import heads_file, log_file, parse_file
from recorder.handover.committed import committed, files_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recorder.evidence.words import FileName


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """A segment, the record that seals it, and when that was written (UTC ms, or −1)."""

    seq: int
    segment: Segment
    sealed_unix_ms: int


@dataclass(slots=True)
class UnitLog:
    """The log as it is committed now, as far as it speaks of the files `on_card`."""

    on_card: frozenset[str] = frozenset()
    roots_at: dict[int, bytes] = field(default_factory=dict)
    segments: list[SealedSegment] = field(default_factory=list)
    receipts: dict[str, ReceiptFiled] = field(default_factory=dict)
    marked: set[int] = field(default_factory=set)
    released: set[int] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Take in one committed record."""
        match record.body:
            case Segment() as segment if any(n.file in self.on_card for n in files_of(segment)):
                when_ms = utc_ms(record.at.utc) if record.at.utc else -1
                self.segments.append(SealedSegment(record.seq, segment, when_ms))
            case ReceiptFiled(file=file):
                self.receipts[file] = record.body
            case Mark(recording=recording, until_ms=None):  # the officer's own
                self.marked.add(recording)
            case Release(segment_seq=seq):
                self.released.add(seq)
            case _:
                pass  # it says nothing of space


def read_log(spool: Path) -> UnitLog:
    """Read the runs back to the one in which the oldest footage was begun.

    Receipts, marks and releases of it come later. Raises Malformed if a line or head is none.
    """
    named = dict(_named(spool / "media"))
    log = UnitLog(frozenset(named))
    if named:
        oldest = min(name.recording for name in named.values())
        for run in sorted({name.run for _, name in _named(spool / "log")}, reverse=True):
            if _read_run(log, spool, run) <= oldest:
                break
        log.segments.sort(key=lambda sealed: sealed.seq)
    return log


def _read_run(log: UnitLog, spool: Path, run: int) -> int:
    """Take in a run, the later ones being read; give the first recording begun in it."""
    first = MAX_INTEGER
    part = committed(_content(spool / log_file(run)), _content(spool / heads_file(run)))
    for line in part.lines:
        record = parse_record(line)
        log.take(record)
        if isinstance(record.body, Start):
            first = min(first, record.body.recording)
    # A receipt is filed behind the records that it is for, so all that need a root are known.
    receipted = {filed.size for filed in log.receipts.values()}
    log.roots_at.update((head.size, head.root) for head in part.heads if head.size in receipted)
    return first


def _named(folder: Path) -> Iterator[tuple[str, FileName]]:
    """Give the files of a folder of the spool whose names are of the format."""
    for path in folder.iterdir():
        name = f"{folder.name}/{path.name}"
        with contextlib.suppress(Malformed):
            yield name, parse_file(name)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
