"""What custody knew when a run began, so that a start need not read a whole life.

Promises that it is no second truth. It is signed by the key of the epoch whose record is the next
line of the log; a start takes it only if that record follows it, is the epoch that it promised,
signed by the unit's identity, and every head behind it has the root that it leads to. One that is
torn, forged, of another unit or of a log that is not there any more is left aside, and the whole
log is read. It can be thrown away at any time.

A slot holds the length of the note, the note, and the body: one line of canonical JSON and the
arrays of `index`, as this machine has them in memory.
"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.errors import StorageLost
from recorder.custody.history import History, OpenRecording, Orders
from recorder.evidence import canonical
from recorder.evidence.epoch import (
    EpochStatement,
    check_identity_signature,
    epoch_key,
)
from recorder.evidence.errors import Malformed
from recorder.evidence.events import EpochBegins
from recorder.evidence.note import check_note, parse_note, sign_note
from recorder.evidence.shape import Count, Digest, Shape
from recorder.evidence.tree import Tree
from recorder.evidence.words import base64_bytes, digest

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from recorder.custody.slots import Slots
    from recorder.evidence.note import Note
    from recorder.evidence.record import Record

_FIRST = "shilu/1 bookmark"
_NOTE_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class _Known:
    """The scalars of a history, and how long each array behind them is, in numbers."""

    size: Count
    prev: Digest
    peaks: tuple[Digest, ...]
    run: Count
    next_key_sha256: Digest
    last_recording: Count
    open: OpenRecording | None
    interrupted: Count
    ended_by: str
    last_picture_ms: Count
    orders: Orders
    orphans: tuple[str, ...]
    lengths: tuple[Count, ...]


_SHAPE = Shape(_Known)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A history and the note under it, whose signer is not known before the next record is read."""

    history: History
    note: Note

    def check(self, record: Record, identity: EllipticCurvePublicKey) -> None:
        """Raise an EvidenceError unless `record` begins the epoch that signed this."""
        body = record.body
        if not isinstance(body, EpochBegins):
            raise Malformed("No epoch begins behind the bookmark.")
        if digest(base64_bytes(body.public_key)) != self.history.next_key_sha256:
            raise Malformed("The epoch behind the bookmark is not the one that was promised.")
        statement = EpochStatement(
            record.origin, record.epoch, record.seq, record.prev, body.public_key, body.next_sha256
        )
        check_identity_signature(identity, statement, body.identity_signature)
        check_note(self.note, epoch_key(record.origin, body))


class Bookmarks:
    """The two slots."""

    def __init__(self, slots: Slots, origin: str) -> None:
        self._slots = slots
        self._origin = origin

    def keep(self, history: History, key: Ed25519PrivateKey) -> None:
        """Keep `history`, signed by the epoch that begins behind it.

        Without it the next start is only slow, so a card that does not take it stops nobody.
        """
        body = _body_of(history)
        note = sign_note(self._text(history, body), self._origin, key)
        with contextlib.suppress(StorageLost):
            self._slots.write(_NOTE_LENGTH.pack(len(note)) + note + body)

    def kept(self) -> Iterator[Bookmark]:
        """Give those of this unit that are whole, the newest first."""
        for payload in self._slots.payloads():
            with contextlib.suppress(Malformed, struct.error):
                yield self._parse(payload)

    def _parse(self, payload: bytes) -> Bookmark:
        (length,) = _NOTE_LENGTH.unpack_from(payload)
        begin = _NOTE_LENGTH.size
        note, body = parse_note(payload[begin : begin + length]), payload[begin + length :]
        history = _history_of(body)
        if note.text != self._text(history, body):
            raise Malformed("The bookmark is not what its note says.")
        return Bookmark(history, note)

    def _text(self, history: History, body: bytes) -> str:
        said = (_FIRST, self._origin, history.size, history.prev, digest(body))
        return "".join(f"{line}\n" for line in said)


def _arrays(history: History) -> tuple[array[int], ...]:
    places, seals, filings = history.places, history.seals, history.filings
    return (
        *(places.seqs, places.runs, places.lines_at, places.heads_at),
        *(seals.seqs, seals.recordings, seals.segments, seals.releases),
        *(filings.sizes, filings.seqs),
    )


def _body_of(history: History) -> bytes:
    arrays = _arrays(history)
    known = _Known(
        size=history.size,
        prev=history.prev,
        peaks=tuple(peak.hex() for peak in history.tree.peaks),
        run=history.run,
        next_key_sha256=history.next_key_sha256,
        last_recording=history.last_recording,
        open=history.open,
        interrupted=history.interrupted,
        ended_by=history.ended_by,
        last_picture_ms=history.last_picture_ms,
        orders=history.orders,
        orphans=tuple(sorted(history.orphans)),
        lengths=tuple(map(len, arrays)),
    )
    line = canonical.line(_SHAPE.value(known, "bookmark"))
    return line + b"".join(each.tobytes() for each in arrays)


def _history_of(body: bytes) -> History:
    line, _, packed = body.partition(b"\n")
    known = _SHAPE.of(canonical.decode(line), "bookmark")
    history = History(
        size=known.size,
        prev=known.prev,
        tree=Tree.of(known.size, tuple(map(bytes.fromhex, known.peaks))),
        run=known.run,
        next_key_sha256=known.next_key_sha256,
        last_recording=known.last_recording,
        open=known.open,
        interrupted=known.interrupted,
        ended_by=known.ended_by,
        last_picture_ms=known.last_picture_ms,
        orders=known.orders,
        orphans=set(known.orphans),
    )
    arrays = _arrays(history)
    wanted = sum(each.itemsize * n for each, n in zip(arrays, known.lengths, strict=True))
    if len(packed) != wanted:
        raise Malformed("The bookmark is not as long as it says.")
    at = 0
    for each, length in zip(arrays, known.lengths, strict=True):
        end = at + each.itemsize * length
        each.frombytes(packed[at:end])
        at = end
    return history
