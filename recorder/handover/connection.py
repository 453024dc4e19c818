"""The custody socket: SOCK_SEQPACKET, one packet a message, never blocking.

For use with `selectors`: a link has a `fileno`, `send` never waits, `receive` gives what is there.
"""

from __future__ import annotations

import errno
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.handover.codec import decode, encode
from recorder.handover.errors import LinkFull, LinkLost, RefusedPacket
from recorder.handover.packets import MAX_PACKET_BYTES

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from recorder.handover.packets import Packet

SOCKET_BUFFER_BYTES = 1024 * 1024
BACKLOG = 8
_PEER = struct.Struct("3i")


class SocketInUse(Exception):
    """Somebody else listens on the socket already."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end, as the kernel says."""

    pid: int
    uid: int
    gid: int


class Link:
    """One end of a connection to custody."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        # A larger buffer lets a lens go on while custody waits for the card.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        self._socket = connected

    @classmethod
    def connect(cls, path: Path) -> Self:
        """Connect to custody; LinkLost if nobody listens there."""
        end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            end.connect(str(path))
        except OSError as error:
            end.close()
            raise LinkLost(f"Custody does not answer at {path} ({error.strerror}).") from error
        return cls(end)

    def fileno(self) -> int:
        """Give the descriptor to select on."""
        return self._socket.fileno()

    def send(self, packet: Packet) -> None:
        """Hand over one packet whole; LinkFull if it must wait, LinkLost if nobody is there."""
        data = encode(packet)
        try:
            self._socket.send(data, socket.MSG_NOSIGNAL)
        except (BlockingIOError, InterruptedError):
            raise LinkFull("The other end does not read; try again when it does.") from None
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                raise LinkFull("The kernel has no buffer left; try again.") from None
            raise LinkLost(f"The other end is gone ({error.strerror}).") from error

    def receive(self) -> Packet | None:
        """Give the next packet, or None if none is there.

        LinkLost if the other end is gone; RefusedPacket for bytes that are no packet.
        """
        try:
            data, _, flags, _ = self._socket.recvmsg(MAX_PACKET_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise LinkLost(f"The other end is gone ({error.strerror}).") from error
        if flags & socket.MSG_TRUNC:
            raise RefusedPacket("packet", f"A packet is longer than {MAX_PACKET_BYTES} bytes.")
        if not data:
            raise LinkLost("The other end closed the connection.")
        return decode(data)

    def peer(self) -> Peer:
        """Say who is at the other end (SO_PEERCRED)."""
        packed = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        return Peer(*_PEER.unpack(packed))

    def close(self) -> None:
        """Let the other end go; harmless when done already."""
        self._socket.close()


def listen(path: Path, mode: int = 0o660) -> socket.socket:
    """Listen at `path`; SocketInUse if somebody does already.

    A socket that a killed process left behind is taken away first: it is no file of the spool.
    """
    if path.is_socket():
        try:
            Link.connect(path).close()
        except LinkLost:
            path.unlink()
        else:
            raise SocketInUse(f"Another custody listens at {path}; stop that one first.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        listener.bind(str(path))
        path.chmod(mode)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SocketInUse(
            f"Custody cannot listen at {path} ({error.strerror}); choose another path."
        ) from error
    listener.setblocking(False)
    return listener


def accept(listener: socket.socket) -> Link | None:
    """Take the next caller, if one is there."""
    try:
        connected, _ = listener.accept()
    except (BlockingIOError, InterruptedError, ConnectionAbortedError):
        return None
    return Link(connected)
