"""One journey: what the worker wants, how far we are, and how much credit is left. Pure.

It promises never to send beyond the worker's credit, and to send again from wherever the
worker says that bytes are missing.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from uplink.wire.chunks import CHUNK_MIN_BYTES
from uplink.wire.messages import Ack, Grant, OfferedFile, Wanted


@dataclass(frozen=True, slots=True)
class Piece:
    """The next bytes to send: `size` bytes of `file` from `offset` on."""

    handle: int
    file: str
    offset: int
    size: int


@dataclass(slots=True)
class _Moving:
    handle: int
    file: str
    offset: int
    length: int


@dataclass(slots=True)
class Journey:
    """From one offer to the next; `sent` and `credit` count chunk bytes of this journey."""

    number: str
    offered: tuple[OfferedFile, ...]
    worker: str | None = None
    sent: int = 0
    received: int = 0
    credit: int = 0
    _queue: deque[_Moving] = field(default_factory=deque)
    _awaiting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._awaiting = {one.file for one in self.offered}

    def granted(self, grant: Grant) -> None:
        """Follow a grant: the first one of a journey, or a later one for a file to send again."""
        if grant.journey != self.number or self.worker not in {None, grant.worker}:
            return
        self.worker = grant.worker
        self.credit = max(self.credit, grant.credit)
        lengths = {one.file: one.length for one in self.offered}
        again = {one.file for one in grant.want}
        kept = [one for one in self._queue if one.file not in again]
        wanted = sorted(
            (one for one in grant.want if one.offset <= lengths.get(one.file, -1)), key=self._place
        )
        # What the worker asks for again goes before what it has not seen yet.
        self._queue = deque(
            [_Moving(one.handle, one.file, one.offset, lengths[one.file]) for one in wanted] + kept
        )
        self._skip_finished()

    def acked(self, ack: Ack) -> None:
        """Take the worker's count and its new credit; both only rise."""
        if ack.journey == self.number:
            self.received = max(self.received, ack.received)
            self.credit = max(self.credit, ack.credit)

    def next_piece(self, chunk_bytes: int) -> Piece | None:
        """Return what to send now, or None when there is nothing, or no credit for it.

        A piece is at most a quarter of the worker's window, so that its answers come meanwhile.
        """
        if not self._queue:
            return None
        at = self._queue[0]
        quarter = max((self.credit - self.received) // 4, CHUNK_MIN_BYTES)
        size = min(chunk_bytes, quarter, at.length - at.offset)
        if self.sent + size > self.credit:
            return None
        return Piece(at.handle, at.file, at.offset, size)

    def went(self, piece: Piece) -> None:
        """Count a piece that was handed to the post."""
        self.sent += piece.size
        self._queue[0].offset += piece.size
        self._skip_finished()

    def answered(self, files: Iterable[str]) -> None:
        """Take files off the list of those the worker owes a last word on."""
        self._awaiting.difference_update(files)
        self._queue = deque(one for one in self._queue if one.file in self._awaiting)

    @property
    def unconfirmed(self) -> int:
        """Bytes sent of which the worker has not yet said that they came."""
        return max(self.sent - self.received, 0)

    @property
    def sending(self) -> bool:
        """Whether bytes are left to send."""
        return bool(self._queue)

    @property
    def finished(self) -> bool:
        """Whether the worker has said its last word on every file of the offer."""
        return not self._awaiting

    def _skip_finished(self) -> None:
        while self._queue and self._queue[0].offset >= self._queue[0].length:
            self._queue.popleft()

    def _place(self, wanted: Wanted) -> int:
        return next(i for i, one in enumerate(self.offered) if one.file == wanted.file)
