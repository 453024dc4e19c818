"""Pieces that the lens holds until custody says they are durable.

Pure and bounded: when custody stays away too long, the oldest go and are counted, never silently.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recorder.capture.ports import Piece


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a full ring had to let go: pictures, and the instants between which they lay."""

    frames: int
    from_ns: int
    to_ns: int


class Ring:
    """Forward-only pieces, oldest first.

    `_held` begins with a piece that a file may begin with (one that opens, or one with a key
    frame), and holds everything since the newest such piece that lies before the first piece not
    known to be durable. `_opener` is the ftyp+moov of the file that `_held[0]` belongs to.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._held: deque[Piece] = deque()
        self._held_bytes = 0
        self._opener: Piece | None = None
        self._sent = 0
        self._durable = 0

    def add(self, piece: Piece) -> Dropped | None:
        """Hold `piece`; what had to go for it, if anything."""
        self._held.append(piece)
        self._held_bytes += len(piece.data)
        gone: list[Piece] = []
        while self._held_bytes > self._limit_bytes and len(self._held) > 1:
            gone.append(self._let_go())
            while len(self._held) > 1 and not self._may_begin(self._held[0]):
                gone.append(self._let_go())
        lost = [piece for piece in gone if not piece.opens]
        if not lost:
            return None
        return Dropped(sum(p.frames for p in lost), lost[0].first_ns, lost[-1].last_ns)

    def unsent(self) -> Piece | None:
        """The next piece to hand over; call `handed_over` when it went."""
        return self._held[self._sent] if self._sent < len(self._held) else None

    def handed_over(self) -> None:
        """The piece that `unsent` gave is in custody's socket."""
        self._sent += 1

    def durable(self, pieces: int) -> None:
        """Custody has made `pieces` more of those handed over durable."""
        if self._durable + pieces > self._sent:
            raise ValueError("Custody confirmed more pieces than it was given; restart custody.")
        self._durable += pieces
        starts = [i for i in range(min(self._durable + 1, len(self._held))) if self._begins(i)]
        for _ in range(starts[-1] if starts else 0):
            self._let_go()

    def begin_again(self) -> None:
        """A new connection: everything held is unsent, and its file is opened anew."""
        self._sent = self._durable = 0
        if self._opener is not None and self._held and not self._held[0].opens:
            self._held.appendleft(self._opener)
            self._held_bytes += len(self._opener.data)

    def forget(self) -> None:
        """Let everything go: it was no recording, or all of it is sealed."""
        self._held.clear()
        self._opener = None
        self._held_bytes = self._sent = self._durable = 0

    @property
    def settled(self) -> bool:
        """Whether everything was handed over and is durable."""
        return self._durable == len(self._held)

    def _begins(self, index: int) -> bool:
        return self._may_begin(self._held[index])

    @staticmethod
    def _may_begin(piece: Piece) -> bool:
        return piece.opens or piece.key

    def _let_go(self) -> Piece:
        gone = self._held.popleft()
        self._held_bytes -= len(gone.data)
        self._sent = max(0, self._sent - 1)
        self._durable = max(0, self._durable - 1)
        if gone.opens:
            self._opener = gone
        return gone
