"""One open segment: two age files written in one pass, with everything that its seal will say.

Appends to a file of its own and never reads back: clear text exists here only on its way through.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.effects import Effect
from recorder.custody.spool import SEALED_MODE
from recorder.evidence.age import Encryptor, encrypt
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.record import Clear, Fragments, SealedFile, SealedMedia, Span, Tail
from recorder.evidence.standing import Standing
from recorder.evidence.words import digest, media_file, side_file, tail_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recorder.custody.durable import AppendOnly
    from recorder.custody.piece import Piece
    from recorder.custody.spool import Spool
    from recorder.evidence.age import Recipient

BLOCK_BYTES = 262_144
NO_PICTURE_MS = -1


@dataclass(frozen=True, slots=True)
class Encryption:
    """To whom everything is encrypted, and where chance comes from."""

    recipients: Sequence[Recipient]
    random: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Stood:
    """A standing with what it needs beside it: tails as encrypted files, and times of blocks."""

    standing: Standing
    media_tail: bytes
    side_tail: bytes
    block_ms: tuple[int, ...]
    newest_ms: int  # what a block that begins next would state


class BlockDigests:
    """Digest and time of each 256 KiB of the encrypted film."""

    def __init__(self) -> None:
        self.block_ms: list[int] = []
        self._digests: list[str] = []
        self._open = hashlib.sha256()
        self._open_bytes = 0

    def take(self, cipher: bytes | memoryview, newest_ms: int) -> None:
        """Take encrypted bytes of a piece whose first picture has CLOCK_BOOTTIME `newest_ms`."""
        view = memoryview(cipher)
        while view:
            if not self._open_bytes:
                self.block_ms.append(newest_ms)
            part = view[: BLOCK_BYTES - self._open_bytes]
            self._open.update(part)
            self._open_bytes += len(part)
            view = view[len(part) :]
            if self._open_bytes == BLOCK_BYTES:
                self._end_block()

    def content(self) -> bytes:
        """Give the whole `.blocks` file; nothing may be taken after."""
        if self._open_bytes:
            self._end_block()
        lines = zip(self.block_ms, self._digests, strict=True)
        return "".join(f"{ms} {block}\n" for ms, block in lines).encode()

    def _end_block(self) -> None:
        self._digests.append(self._open.hexdigest())
        self._open, self._open_bytes = hashlib.sha256(), 0


class _Stream:
    """One encrypted file on its way: clear bytes in, cipher text appended, both digested."""

    def __init__(self, file: AppendOnly, encryption: Encryption) -> None:
        self.file = file
        self.clear_bytes = 0
        self.complete = False
        self._tail_at = 0
        self._tail: tuple[Tail | None, bytes] = (None, b"")
        self._encryption = encryption
        self._encryptor = Encryptor(encryption.recipients, encryption.random)
        self._clear = hashlib.sha256()
        self._cipher = hashlib.sha256()

    def begin(self) -> bytes:
        return self._append(self._encryptor.header)

    def write(self, clear: bytes) -> bytes:
        """Append; give the cipher text that went out."""
        self._clear.update(clear)
        self.clear_bytes += len(clear)
        return self._append(self._encryptor.update(clear))

    def finish(self) -> bytes:
        cipher = self._append(self._encryptor.finish())
        self.complete = True
        return cipher

    def clear(self) -> Clear:
        return Clear(self.clear_bytes, self._clear.hexdigest())

    def cipher_sha256(self) -> str:
        return self._cipher.hexdigest()

    def tail(self) -> tuple[Tail | None, bytes]:
        """Give the newest incomplete chunk as an encrypted file of its own, and its name.

        A sidecar changes less often than it is synced, so the tail is kept until it does.
        """
        if self._tail_at != self.clear_bytes:
            self._tail_at = self.clear_bytes
            pending = self._encryptor.pending()
            kept = encrypt(pending, self._encryption.recipients, self._encryption.random)
            name = tail_of(self.file.name)
            self._tail = (Tail(name, len(kept), digest(kept), self._encryptor.offset), kept)
        return self._tail

    def _append(self, cipher: bytes) -> bytes:
        self.file.append(cipher)
        self._cipher.update(cipher)
        return cipher


class OpenSegment:
    """A segment that grows; StorageLost from any method means it never grows again."""

    def __init__(
        self, recording: int, segment: int, spool: Spool, encryption: Encryption, header: bytes
    ) -> None:
        self.recording, self.segment = recording, segment
        names = media_file(recording, segment), side_file(recording, segment)
        media = spool.create(names[0], (Effect.APPEND_MEDIA, Effect.SYNC_MEDIA), SEALED_MODE)
        side = spool.create(names[1], (Effect.APPEND_SIDE, Effect.SYNC_SIDE), SEALED_MODE)
        spool.sync_folder(names[0])
        self._media, self._side = _Stream(media, encryption), _Stream(side, encryption)
        self._fragments = FragmentHasher()
        self._blocks = BlockDigests()
        self._span = Span(0, 0, 0, 0)
        self._newest_ms = NO_PICTURE_MS
        # The header has no time of its own: its block takes that of the first piece.
        self._header = self._media.begin()
        self._side.begin()
        self._side.write(header)

    def keep(self, piece: Piece) -> None:
        """Append a piece of film."""
        self._newest_ms = piece.first_ms
        self._count_header()
        if piece.stamps.frames:
            before = self._span
            first_ms = before.first_ms if before.frames else piece.first_ms
            self._span = Span(
                first_ms, piece.last_ms, before.frames + piece.stamps.frames, before.samples
            )
        if piece.stamps.samples:
            s = self._span
            self._span = Span(s.first_ms, s.last_ms, s.frames, s.samples + piece.stamps.samples)
        self._fragments.feed(piece.media)
        self._blocks.take(self._media.write(piece.media), self._newest_ms)

    def note(self, line: bytes) -> None:
        """Append a line to the sidecar."""
        self._side.write(line)

    def stand(self) -> Stood:
        """Make both files durable and say how the segment stands."""
        self._media.file.sync()
        self._side.file.sync()
        (media_tail, media_kept), (side_tail, side_kept) = self._media.tail(), self._side.tail()
        media = self._sealed_media(blocks_sha256=None, tail=media_tail)
        side = self._sealed_side(side_tail)
        standing = Standing(self.recording, self.segment, media, side, self._span)
        block_ms = tuple(self._blocks.block_ms)
        return Stood(standing, media_kept, side_kept, block_ms, self._newest_ms)

    def finish(self, spool: Spool) -> tuple[SealedMedia, SealedFile, Span]:
        """Write the final chunks and the block digests, durably; say what was sealed."""
        self._count_header()
        self._blocks.take(self._media.finish(), self._newest_ms)
        self._side.finish()
        self._media.file.sync()
        self._side.file.sync()
        content = self._blocks.content()
        spool.complete(f"{self._media.file.name}.blocks", content)
        media = self._sealed_media(blocks_sha256=digest(content), tail=None)
        return media, self._sealed_side(None), self._span

    def close(self) -> None:
        """Let go of both files."""
        self._media.file.close()
        self._side.file.close()

    def _count_header(self) -> None:
        self._blocks.take(self._header, self._newest_ms)
        self._header = b""

    def _sealed_media(self, *, blocks_sha256: str | None, tail: Tail | None) -> SealedMedia:
        count, root = self._fragments.so_far()
        stream = self._media
        return SealedMedia(
            file=stream.file.name,
            length=stream.file.length,
            sha256=stream.cipher_sha256(),
            blocks_sha256=blocks_sha256,
            complete=stream.complete,
            clear=stream.clear(),
            fragments=Fragments(count, root.hex()),
            tail=tail,
        )

    def _sealed_side(self, tail: Tail | None) -> SealedFile:
        stream = self._side
        return SealedFile(
            file=stream.file.name,
            length=stream.file.length,
            sha256=stream.cipher_sha256(),
            complete=stream.complete,
            clear=stream.clear(),
            tail=tail,
        )
