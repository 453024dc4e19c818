"""Packets that wait for room in the custody socket: putting one never blocks."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from recorder.handover.errors import LinkFull

if TYPE_CHECKING:
    from recorder.handover.connection import Link
    from recorder.handover.packets import Packet


class PacketQueue:
    """Packets that wait for room in the socket."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: deque[Packet] = deque()

    def put(self, packet: Packet) -> None:
        """Let `packet` wait behind those before it."""
        self._waiting.append(packet)

    def flush(self) -> None:
        """Send what there is room for; LinkLost if nobody is there."""
        while self._waiting:
            try:
                self._link.send(self._waiting[0])
            except LinkFull:
                return
            self._waiting.popleft()

    @property
    def busy(self) -> bool:
        """Whether any packet waits."""
        return bool(self._waiting)
