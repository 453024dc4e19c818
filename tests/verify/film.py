"""A synthetic film: fragmented MP4 whose boxes are real and whose pictures are noise."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FRAGMENT_MS = 500
TICKS = 1000


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def opening() -> bytes:
    """Leaf 0: `ftyp`, and a `moov` with one track of a thousand ticks a second."""
    tkhd = box(b"tkhd", struct.pack(">5I", 0, 0, 0, 1, 0), bytes(64))
    mdhd = box(b"mdhd", struct.pack(">5I", 0, 0, 0, TICKS, 0), bytes(4))
    return box(b"ftyp", b"iso5\0\0\2\0iso5") + box(b"moov", box(b"trak", tkhd, box(b"mdia", mdhd)))


def fragment(number: int, noise: bytes) -> bytes:
    """Half a second: `moof` with its decode time, and `mdat`."""
    tfhd = box(b"tfhd", struct.pack(">2I", 0x020000, 1))
    tfdt = box(b"tfdt", struct.pack(">IQ", 1 << 24, number * FRAGMENT_MS))
    mfhd = box(b"mfhd", struct.pack(">2I", 0, number + 1))
    return box(b"moof", mfhd, box(b"traf", tfhd, tfdt)) + box(b"mdat", noise)


def film(seconds: float, fragment_bytes: int, random: Callable[[int], bytes]) -> list[bytes]:
    """Give the leaves of a film: its opening, then a fragment for each half second."""
    count = int(seconds * 1000) // FRAGMENT_MS
    return [opening(), *(fragment(n, random(fragment_bytes)) for n in range(count))]
