"""Pieces of a film as they come from the lens: put together from packets, and looked at.

A piece is appended whole or not at all, so a lens that dies or lies in the middle of one leaves
nothing of it. Its pictures are not looked at: that would be media code in this process.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.handover.errors import RefusedPacket
from recorder.handover.packets import MAX_PIECE_BYTES, Stamps

if TYPE_CHECKING:
    from recorder.handover.packets import Keep

_BOX = struct.Struct(">I4s")
_NS_IN_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of whole boxes: ftyp+moov if it `opens` a file, otherwise moof with its mdat."""

    media: bytes
    stamps: Stamps
    opens: bool
    key: bool

    @property
    def first_ms(self) -> int:
        """CLOCK_BOOTTIME of its first picture."""
        return self.stamps.first_ns // _NS_IN_MS

    @property
    def last_ms(self) -> int:
        """CLOCK_BOOTTIME of its last picture."""
        return self.stamps.last_ns // _NS_IN_MS


class Assembly:
    """Puts the packets of one lens connection together; holds at most one piece."""

    def __init__(self) -> None:
        self._stamps = Stamps(0, 0, 0, 0)
        self._opens = self._key = False
        self._parts: list[bytes] = []
        self._bytes = 0

    def take(self, keep: Keep) -> Piece | None:
        """Give the piece that this packet completes; RefusedPacket if it fits nowhere."""
        if keep.stamps is not None:
            if self._parts:
                raise RefusedPacket("keep", "A piece begins before the one before it has ended.")
            self._stamps, self._opens, self._key = keep.stamps, keep.opens, keep.key
        elif not self._parts:
            raise RefusedPacket("keep", "A piece begins with its first packet, and this is none.")
        self._parts.append(keep.media)
        self._bytes += len(keep.media)
        if self._bytes > MAX_PIECE_BYTES:
            raise RefusedPacket("keep", f"A piece is larger than {MAX_PIECE_BYTES} bytes.")
        if not keep.last:
            return None
        media = b"".join(self._parts)
        self._parts, self._bytes = [], 0
        check_boxes(media, opens=self._opens)
        return Piece(media, self._stamps, self._opens, self._key)


def check_boxes(media: bytes, *, opens: bool) -> None:
    """Raise RefusedPacket unless `media` is whole boxes that may follow each other so.

    An opening piece begins with ftyp and holds no moof; any other is moof, mdat, moof, mdat, …
    """
    names = _box_names(media)
    if not names:
        raise RefusedPacket("keep", "A piece holds no media.")
    if opens:
        if names[0] != b"ftyp" or b"moov" not in names or {b"moof", b"mdat"} & set(names):
            raise RefusedPacket("keep", "A piece that opens a file is ftyp and moov.")
        return
    pairs = zip(names[::2], names[1::2], strict=False)
    if len(names) % 2 or any(pair != (b"moof", b"mdat") for pair in pairs):
        raise RefusedPacket("keep", "A piece is a moof box with its mdat box.")


def _box_names(media: bytes) -> list[bytes]:
    names, at = [], 0
    while at < len(media):
        if len(media) - at < _BOX.size:
            raise RefusedPacket("keep", f"A piece ends within the head of a box, at byte {at}.")
        size, name = _BOX.unpack_from(media, at)
        if not _BOX.size <= size <= len(media) - at:
            raise RefusedPacket("keep", f"The box at byte {at} of a piece has no possible size.")
        names.append(name)
        at += size
    return names
