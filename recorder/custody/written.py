"""What was written down, read again where it lies: a record, a root, a seal.

Promises that a record is believed only if it is the one that its place says and the next one, or
the head of the whole log, carries its digest. Raises Malformed for anything else: then nothing is
filed or released on its word.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from recorder.evidence.errors import Malformed
from recorder.evidence.head import LINES, parse_signed_head
from recorder.evidence.record import parse_record
from recorder.evidence.words import digest, heads_file, log_file

if TYPE_CHECKING:
    from recorder.custody.history import History
    from recorder.custody.spool import Spool
    from recorder.evidence.record import Record

Kind = TypeVar("Kind")


class Written:
    """The log of this unit as it lies on the card."""

    def __init__(self, spool: Spool, history: History) -> None:
        self._spool = spool
        self._history = history

    def record(self, seq: int) -> Record:
        """Give record `seq`, one of those that are committed."""
        line = self._line(seq)
        record = parse_record(line)
        following = seq + 1
        said = (
            self._history.prev
            if following == self._history.size
            else parse_record(self._line(following)).prev
        )
        if record.seq != seq or digest(line) != said:
            raise Malformed(f"Record {seq} is not what was written down.")
        return record

    def body(self, seq: int, kind: type[Kind]) -> Kind:
        """Give what record `seq` says, which is of this kind."""
        body = self.record(seq).body
        if not isinstance(body, kind):
            raise Malformed(f"Record {seq} is no {kind.__name__}.")
        return body

    def root(self, size: int) -> bytes:
        """Give the root over the first `size` records, of those that are committed."""
        seq, place = self._history.places.before(size - 1)
        skipped = (size - 1 - seq) * LINES
        lines = self._lines(heads_file(place.run), place.head_at, skipped, LINES)
        head = parse_signed_head(b"".join(lines)).head
        if head.size != size:
            raise Malformed(f"The head of {size} records is not what was written down.")
        return head.root

    def _line(self, seq: int) -> bytes:
        before, place = self._history.places.before(seq)
        return b"".join(self._lines(log_file(place.run), place.line_at, seq - before, 1))

    def _lines(self, name: str, start: int, skipped: int, count: int) -> list[bytes]:
        try:
            return list(islice(self._spool.lines(name, start), skipped, skipped + count))
        except OSError as error:
            raise Malformed(f"{name} cannot be read: {error.strerror}.") from error
