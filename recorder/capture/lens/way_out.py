"""The way from the lens to custody: pieces are held until custody calls them durable.

What one custody did not call durable is handed over again to the next; nothing here ever waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recorder.capture.lens.ring import Dropped, Ring
    from recorder.capture.ports import Piece


class CustodyGone(Exception):
    """Custody's socket closed or refuses; the sentence says what is known."""


class CustodyLink(Protocol):
    """The lens's connection to custody; it never blocks."""

    def hand_over(self, piece: Piece) -> None:
        """Queue one piece; CustodyGone if the connection is over."""
        ...

    def end(self) -> None:
        """Queue the word that nothing more will come."""
        ...

    def settle(self) -> int:
        """Move bytes; how many pieces became durable since the last call."""
        ...

    @property
    def busy(self) -> bool:
        """Whether queued bytes still wait for room in the socket."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class WayOut:
    """A ring of pieces, and the connection that empties it."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._link: CustodyLink | None = None
        self._ending = False
        self._ended = False

    def hold(self, pieces: Sequence[Piece]) -> list[Dropped]:
        """Take pieces; what had to go for them, because custody stays away too long."""
        return [gone for piece in pieces if (gone := self._ring.add(piece)) is not None]

    def open(self, link: CustodyLink) -> None:
        """Hand over to this custody, from the newest piece on that a file may begin with."""
        self.let_go()
        self._link = link
        self._ring.begin_again()

    def end(self) -> None:
        """Nothing more will be held: say so to custody once all of it went."""
        self._ending = True

    def let_go(self) -> None:
        """Custody is gone: hold everything for the next one."""
        if self._link is not None:
            self._link.close()
        self._link = None
        self._ended = False

    def forget(self) -> None:
        """Let everything go: it was no recording, or a new one begins."""
        self._ring.forget()
        self._ending = self._ended = False

    def move(self) -> bool:
        """Hand over what there is room for; True, once, when the end was said."""
        link = self._link
        if link is None:
            return False
        while not link.busy and (piece := self._ring.unsent()) is not None:
            link.hand_over(piece)
            self._ring.handed_over()
        if self._ending and not self._ended and self._ring.unsent() is None and not link.busy:
            link.end()
            self._ended = True
        self._ring.durable(link.settle())
        if not self._ended or link.busy:
            return False
        self._ending = self._ended = False
        return True
