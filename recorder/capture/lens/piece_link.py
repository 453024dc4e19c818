"""The lens's connection to custody: pieces go, and how many of them are durable comes back.

It queues and never blocks; `settle` moves what the socket takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.lens.way_out import CustodyGone
from recorder.handover import packets
from recorder.handover.codec import keep_packets
from recorder.handover.connection import Link
from recorder.handover.errors import LinkLost, RefusedPacket
from recorder.handover.queue import PacketQueue

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.capture.ports import Piece


class PieceLink:
    """The lens's connection: pieces go, and how many of them are durable comes back."""

    def __init__(self, socket_path: Path) -> None:
        try:
            self._link = Link.connect(socket_path)
        except LinkLost as lost:
            raise CustodyGone(str(lost)) from lost
        self._queue = PacketQueue(self._link)
        self._queue.put(packets.Hello(packets.Role.LENS))
        self._told_durable = 0

    @property
    def busy(self) -> bool:
        """Whether queued bytes still wait for room in the socket."""
        return self._queue.busy

    def hand_over(self, piece: Piece) -> None:
        """Queue one piece."""
        stamps = packets.Stamps(piece.first_ns, piece.last_ns, piece.frames, piece.samples)
        for packet in keep_packets(piece.data, stamps, opens=piece.opens, key=piece.key):
            self._queue.put(packet)

    def end(self) -> None:
        """Queue the word that nothing more will come."""
        self._queue.put(packets.End())

    def settle(self) -> int:
        """Move bytes; how many pieces became durable since the last call."""
        durable = self._told_durable
        try:
            self._queue.flush()
            while (packet := self._link.receive()) is not None:
                if isinstance(packet, packets.Kept):
                    durable = packet.pieces
                elif isinstance(packet, packets.Fault):
                    raise CustodyGone(f"Custody refuses what the lens gives: {packet.sentence}")
        except (LinkLost, RefusedPacket) as lost:
            raise CustodyGone(str(lost)) from lost
        new, self._told_durable = durable - self._told_durable, durable
        return new

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()
