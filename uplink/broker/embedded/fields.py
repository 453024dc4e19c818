"""The seven field types of MQTT 5 (section 1.5), read strictly and written. Pure."""

from uplink.broker.embedded.reasons import Reason

_VARINT_LIMIT = 0x0FFFFFFF


class Malformed(Exception):
    """The bytes are no MQTT 5 packet; carries the reason code to close with."""

    def __init__(self, sentence: str, reason: Reason = Reason.MALFORMED_PACKET) -> None:
        super().__init__(sentence)
        self.reason = reason


class FieldReader:
    """Reads fields in order off one packet's bytes; every shortage raises Malformed."""

    __slots__ = ("_at", "_body", "_end")

    def __init__(self, body: bytes, at: int = 0, end: int | None = None) -> None:
        self._body = body
        self._at = at
        self._end = len(body) if end is None else end

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return self._end - self._at

    def raw(self, size_bytes: int) -> bytes:
        """Read so many bytes as they are."""
        if size_bytes > self.left:
            raise Malformed(f"{size_bytes} bytes wanted where {self.left} are left")
        self._at += size_bytes
        return self._body[self._at - size_bytes : self._at]

    def rest(self) -> bytes:
        """Read all that is left."""
        return self.raw(self.left)

    def u8(self) -> int:
        """Read one byte."""
        return self.raw(1)[0]

    def u16(self) -> int:
        """Read a two byte integer."""
        return int.from_bytes(self.raw(2))

    def u32(self) -> int:
        """Read a four byte integer."""
        return int.from_bytes(self.raw(4))

    def varint(self) -> int:
        """Read a variable byte integer in its only allowed, shortest form."""
        value = 0
        for place in range(4):
            byte = self.u8()
            value |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                if byte == 0 and place:
                    raise Malformed("a variable byte integer is longer than it must be")
                return value
        raise Malformed("a variable byte integer is longer than four bytes")

    def binary(self) -> bytes:
        """Read binary data with its length before it."""
        return self.raw(self.u16())

    def text(self) -> str:
        """Read a UTF-8 string without NUL and surrogates."""
        try:
            text = self.binary().decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("a string is not UTF-8") from error
        if "\0" in text:
            raise Malformed("a string holds the forbidden character U+0000")
        return text

    def part(self, size_bytes: int) -> "FieldReader":
        """Return a reader of the next bytes, and step over them."""
        if size_bytes > self.left:
            raise Malformed(f"{size_bytes} bytes wanted where {self.left} are left")
        self._at += size_bytes
        return FieldReader(self._body, self._at - size_bytes, self._at)

    def finish(self) -> None:
        """Raise Malformed unless everything was read."""
        if self.left:
            raise Malformed(f"{self.left} bytes follow the end of the packet")


def u16(value: int) -> bytes:
    """Write a two byte integer."""
    return value.to_bytes(2)


def u32(value: int) -> bytes:
    """Write a four byte integer."""
    return value.to_bytes(4)


def varint(value: int) -> bytes:
    """Write a variable byte integer; ValueError above 268,435,455."""
    if not 0 <= value <= _VARINT_LIMIT:
        raise ValueError(f"{value} does not fit a variable byte integer")
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        if not value:
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def binary(value: bytes) -> bytes:
    """Write binary data with its length before it; ValueError above 65,535 bytes."""
    if len(value) > 0xFFFF:
        raise ValueError(f"{len(value)} bytes do not fit a field of at most 65535")
    return u16(len(value)) + value


def text(value: str) -> bytes:
    """Write a UTF-8 string."""
    return binary(value.encode("utf-8"))
