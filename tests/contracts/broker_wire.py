"""A bare MQTT line for the broker suites: it can do what a good client never does."""

import socket
import struct
from types import TracebackType
from typing import Self

from uplink.broker.embedded import codec
from uplink.broker.embedded.packets import Connack, Connect, Filter, Packet, Suback, Subscribe
from uplink.broker.tls import client_context
from uplink.wire.post import Address, TlsFiles

_LIMIT_SECONDS = 10.0


class RawLine:
    def __init__(self, address: Address, tls: TlsFiles | None) -> None:
        line = socket.create_connection((address.host, address.port), _LIMIT_SECONDS)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            line = client_context(tls).wrap_socket(line, server_hostname=address.host)
        self.socket = line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, packet: Packet) -> None:
        self.socket.sendall(codec.write(packet))

    def receive(self) -> Packet:
        first_byte = self._exactly(1)[0]
        size_bytes, place = 0, 0
        while True:
            byte = self._exactly(1)[0]
            size_bytes |= (byte & 0x7F) << place
            place += 7
            if byte < 0x80:
                return codec.read(first_byte, self._exactly(size_bytes))

    def enter(self, asked: Connect) -> Connack:
        self.send(asked)
        answer = self.receive()
        assert isinstance(answer, Connack)
        return answer

    def listen(self, *filters: Filter) -> Suback:
        self.send(Subscribe(1, filters))
        answer = self.receive()
        assert isinstance(answer, Suback)
        return answer

    def kill(self) -> None:
        """Break the line as a power cut does: no goodbye of any layer."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _exactly(self, size_bytes: int) -> bytes:
        out = bytearray()
        while len(out) < size_bytes:
            some = self.socket.recv(size_bytes - len(out))
            if not some:
                raise EOFError(f"the broker closed the line after {len(out)} bytes")
            out += some
        return bytes(out)
