"""Read back: an encrypted file read from its medium once, digested and opened in the same pass.

It may still grow meanwhile. What is read was synced and dropped from memory before, so these are
the medium's bytes. It keeps no clear text, and knows nothing of the record that the facts must fit.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from recorder.evidence.age import Decryptor, Identity
from recorder.evidence.fragments import FragmentHasher

BLOCK_BYTES = 262_144
_READ_BYTES = 4 * BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Facts:
    """What a whole film is: as it lies, its blocks, its clear text, and its fragments."""

    length: int
    sha256: str
    blocks: tuple[str, ...]
    clear_length: int
    clear_sha256: str
    fragments: int
    root: str


@dataclass(slots=True)
class CipherDigests:
    """Digests of a file as it lies, piece by piece; each piece but the last is whole blocks."""

    length: int = 0
    blocks: list[str] = field(default_factory=list)
    _whole: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """The digest of all that was taken."""
        return self._whole.hexdigest()

    def take(self, piece: bytes | memoryview) -> None:
        """Take the next piece."""
        self._whole.update(piece)
        self.length += len(piece)
        view = memoryview(piece)
        self.blocks.extend(
            hashlib.sha256(view[start : start + BLOCK_BYTES]).hexdigest()
            for start in range(0, len(view), BLOCK_BYTES)
        )


class Reading:
    """Reads behind the open file `hand`, which stays the caller's to close."""

    def __init__(self, hand: int, identities: Sequence[Identity]) -> None:
        self._hand = hand
        self._decryptor = Decryptor(identities)
        self._cipher = CipherDigests()
        self._clear = hashlib.sha256()
        self._clear_length = 0
        self._fragments = FragmentHasher()

    @property
    def offset(self) -> int:
        """How many bytes were read back."""
        return self._cipher.length

    def go_on(self, until: int) -> None:
        """Read on, up to byte `until` of what was written: a multiple of BLOCK_BYTES, or its end.

        Raise OSError, or EvidenceError where it does not open or is no film.
        """
        start = self.offset
        os.fdatasync(self._hand)
        os.posix_fadvise(self._hand, start, until - start, os.POSIX_FADV_DONTNEED)
        buffer = bytearray(min(_READ_BYTES, until - start))
        while self.offset < until:
            room = memoryview(buffer)[: until - self.offset]
            taken = os.preadv(self._hand, [room], self.offset)
            if taken < len(room):
                raise OSError(f"a file of {until} bytes gives back {self.offset + taken}")
            self._cipher.take(room)
            for clear in self._decryptor.chunks(room):
                self._take_clear(clear)

    def finish(self) -> Facts:
        """Tell what the whole file is. Raise EvidenceError where it does not end as one."""
        self._take_clear(self._decryptor.finish())
        count, root = self._fragments.finish()
        return Facts(
            self._cipher.length,
            self._cipher.sha256,
            tuple(self._cipher.blocks),
            self._clear_length,
            self._clear.hexdigest(),
            count,
            root.hex(),
        )

    def _take_clear(self, clear: bytes) -> None:
        self._clear.update(clear)
        self._clear_length += len(clear)
        self._fragments.feed(clear)
