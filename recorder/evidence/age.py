"""age v1 files, written and read in one pass (§6): stock `age` opens them.

Promises constant memory, and that no clear byte is given out that does not authenticate. Chunks
are 64 KiB of ChaCha20-Poly1305; a chunk is only written when it is known not to be the last.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from recorder.evidence.age_header import (
    MAX_HEADER_BYTES,
    Header,
    check_mac,
    derived,
    find_header,
    header_bytes,
)
from recorder.evidence.age_keys import FILE_KEY_BYTES, Identity, Recipient
from recorder.evidence.errors import DamagedChunk, Malformed, NotForUs, Truncated

__all__ = [
    "CHUNK",
    "SEALED_CHUNK",
    "Cut",
    "DamagedChunk",
    "Decryptor",
    "Encryptor",
    "Identity",
    "Positions",
    "Recipient",
    "Truncated",
    "decrypt",
    "encrypt",
]

Bytes: TypeAlias = bytes | bytearray | memoryview

CHUNK = 65_536
TAG_BYTES = 16
SEALED_CHUNK = CHUNK + TAG_BYTES
NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Positions:
    """Where clear bytes lie in an encrypted file whose chunks begin at `header_bytes`."""

    header_bytes: int

    def clear_at(self, cipher_offset: int) -> int:
        """Give the clear offset of an encrypted byte; of a tag, where its chunk ends."""
        chunk, within = divmod(max(cipher_offset - self.header_bytes, 0), SEALED_CHUNK)
        return chunk * CHUNK + min(within, CHUNK)

    def cipher_at(self, clear_offset: int) -> int:
        """Give the encrypted offset of a clear byte."""
        chunk, within = divmod(clear_offset, CHUNK)
        return self.header_bytes + chunk * SEALED_CHUNK + within


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of a file that was cut off: its last clear bytes, and how many bytes were dropped."""

    clear: bytes
    dropped_bytes: int


class Encryptor:
    """Writes one age file: send `header`, then what `update` gives, then what `finish` gives."""

    __slots__ = ("_cipher", "_finished", "_header", "_index", "_pending")

    def __init__(self, recipients: Sequence[Recipient], random: Callable[[int], bytes]) -> None:
        if not recipients:
            raise Malformed("An encrypted file needs at least one recipient.")
        file_key = _drawn(random, FILE_KEY_BYTES)
        stanzas = tuple(r.stanza(file_key, _drawn(random, 32)) for r in recipients)
        nonce = _drawn(random, NONCE_BYTES)
        self._header = header_bytes(stanzas, file_key) + nonce
        self._cipher = ChaCha20Poly1305(derived(file_key, nonce, "payload"))
        self._pending = bytearray()
        self._index = 0
        self._finished = False

    @property
    def header(self) -> bytes:
        """What the file begins with, up to its first chunk."""
        return self._header

    @property
    def offset(self) -> int:
        """How many clear bytes are in chunks that were given out."""
        return self._index * CHUNK

    def pending(self) -> bytes:
        """Give the clear bytes that are not yet in a chunk; at most 64 KiB."""
        return bytes(self._pending)

    def update(self, clear: Bytes) -> bytes:
        """Take clear bytes; give the whole chunks that are certainly not the last."""
        self._check_open()
        view = memoryview(clear)
        sealed = []
        if self._pending:
            room = CHUNK - len(self._pending)
            self._pending += view[:room]
            view = view[room:]
            if not view:
                return b""
            sealed.append(self._seal(self._pending, last=False))
            self._pending.clear()
        start = 0
        while len(view) - start > CHUNK:
            sealed.append(self._seal(view[start : start + CHUNK], last=False))
            start += CHUNK
        self._pending += view[start:]
        return b"".join(sealed)

    def finish(self) -> bytes:
        """Give the final chunk; nothing may follow."""
        self._check_open()
        self._finished = True
        return self._seal(self._pending, last=True)

    def _seal(self, clear: Bytes, *, last: bool) -> bytes:
        nonce = _nonce(self._index, last=last)
        self._index += not last
        return self._cipher.encrypt(nonce, clear, None)

    def _check_open(self) -> None:
        if self._finished:
            raise Malformed("This encrypted file is finished; begin a new one.")


class Decryptor:
    """Reads one age file as it comes, with any of `identities`."""

    __slots__ = ("_buffer", "_cipher", "_identities", "_index", "_positions")

    def __init__(self, identities: Sequence[Identity]) -> None:
        self._identities = tuple(identities)
        self._buffer = bytearray()
        self._cipher: ChaCha20Poly1305 | None = None
        self._positions = Positions(0)
        self._index = 0

    def positions(self) -> Positions:
        """Give where clear bytes lie; raise Truncated if the header was not whole yet."""
        self._opened()
        return self._positions

    def clear_at(self, cipher_offset: int) -> int:
        """Give the clear offset of an encrypted byte."""
        return self.positions().clear_at(cipher_offset)

    def feed(self, sealed: Bytes) -> bytes:
        """Take encrypted bytes; give the clear bytes of chunks that are certainly not the last.

        Raises Malformed, NotForUs, or DamagedChunk with the chunk's place.
        """
        return b"".join(self.chunks(sealed))

    def chunks(self, sealed: Bytes) -> Iterator[bytes]:
        """Do the same chunk by chunk, without a copy of all; to be read to its end."""
        view = memoryview(sealed)
        if self._cipher is None:
            room = MAX_HEADER_BYTES + NONCE_BYTES - len(self._buffer)
            self._buffer += view[:room]
            view = view[room:]
            self._open_header()
        if self._cipher is not None:
            yield from self._open_whole(view)

    def finish(self) -> bytes:
        """Give the clear bytes of the final chunk; raise Truncated if it is not there."""
        cipher = self._opened()
        if len(self._buffer) < TAG_BYTES:
            raise Truncated(f"The encrypted file ends before chunk {self._index}, its last.")
        try:
            clear = cipher.decrypt(_nonce(self._index, last=True), self._buffer, None)
        except InvalidTag:
            if self._opens(self._buffer, last=False):
                raise Truncated(f"The encrypted file ends behind chunk {self._index}.") from None
            raise self._damage("does not authenticate: it was changed or cut off") from None
        if self._index and not clear:
            raise Malformed("The encrypted file ends with an empty chunk.")
        return clear

    def finish_cut(self) -> Cut:
        """End a file whose final chunk was never written: give what whole chunk is left."""
        whole = self._cipher is not None and len(self._buffer) == SEALED_CHUNK
        if not whole:
            return Cut(b"", len(self._buffer))
        clear = self._open(self._buffer)
        self._buffer.clear()
        return Cut(clear, 0)

    def _opened(self) -> ChaCha20Poly1305:
        if self._cipher is None:
            raise Truncated("The encrypted file ends within its header.")
        return self._cipher

    def _open_header(self) -> None:
        """Open the header once it is whole; what follows it stays in the buffer."""
        header = find_header(self._buffer)
        if header is None or len(self._buffer) < header.length + NONCE_BYTES:
            return
        file_key = self._file_key(header)
        self._positions = Positions(header.length + NONCE_BYTES)
        nonce = bytes(self._buffer[header.length : self._positions.header_bytes])
        self._cipher = ChaCha20Poly1305(derived(file_key, nonce, "payload"))
        del self._buffer[: self._positions.header_bytes]

    def _file_key(self, header: Header) -> bytes:
        for stanza in header.stanzas:
            for identity in self._identities:
                file_key = identity.unwrap(stanza)
                if file_key is not None:
                    check_mac(header, file_key)
                    return file_key
        raise NotForUs("None of the keys given opens this file; ask whom it was encrypted to.")

    def _open_whole(self, view: memoryview) -> Iterator[bytes]:
        if self._buffer:
            room = SEALED_CHUNK - len(self._buffer)
            self._buffer += view[:room]
            view = view[room:]
            if not view:
                return
            yield self._open(self._buffer)
            self._buffer.clear()
        start = 0
        while len(view) - start > SEALED_CHUNK:
            yield self._open(view[start : start + SEALED_CHUNK])
            start += SEALED_CHUNK
        self._buffer += view[start:]

    def _open(self, sealed: bytearray | memoryview) -> bytes:
        cipher = self._opened()
        try:
            clear = cipher.decrypt(_nonce(self._index, last=False), sealed, None)
        except InvalidTag:
            if self._opens(sealed, last=True):
                raise self._damage("is the last, and yet bytes follow it") from None
            raise self._damage("does not authenticate: it was changed") from None
        self._index += 1
        return clear

    def _opens(self, sealed: bytearray | memoryview, *, last: bool) -> bool:
        try:
            self._opened().decrypt(_nonce(self._index, last=last), sealed, None)
        except InvalidTag:
            return False
        return True

    def _damage(self, what: str) -> DamagedChunk:
        clear_offset = self._index * CHUNK
        cipher_offset = self._positions.cipher_at(clear_offset)
        sentence = f"Chunk {self._index} of the encrypted file, from byte {cipher_offset}, {what}."
        return DamagedChunk(sentence, self._index, cipher_offset, clear_offset)


def encrypt(clear: Bytes, recipients: Sequence[Recipient], random: Callable[[int], bytes]) -> bytes:
    """Write a whole age file."""
    encryptor = Encryptor(recipients, random)
    return encryptor.header + encryptor.update(clear) + encryptor.finish()


def decrypt(data: Bytes, identities: Sequence[Identity]) -> bytes:
    """Read a whole age file."""
    decryptor = Decryptor(identities)
    return decryptor.feed(data) + decryptor.finish()


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _drawn(random: Callable[[int], bytes], count: int) -> bytes:
    drawn = random(count)
    if len(drawn) != count:
        raise Malformed(f"The random source gave {len(drawn)} bytes where {count} were asked for.")
    return drawn
