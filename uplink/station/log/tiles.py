"""C2SP tlog-tiles: which tile files a log of some size has, and what stands in them. Pure.

Levels of 256 hashes; entry bundles are entries behind their 16-bit lengths.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from recorder.evidence.tree import Tree

WIDTH = 256
ENTRY_MAX_BYTES = 65_535
_LENGTH = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes of `level` (or entries at level -1) from `index` * 256 on."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """The tile's name below the log's folder."""
        level = "entries" if self.level < 0 else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_number(self.index)}{partial}"


def _number(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def new_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """Yield the tiles that a log of `new_size` entries has and one of `old_size` had not."""
    level, old, new = 0, old_size, new_size
    while new:
        for index in range(old // WIDTH, -(-new // WIDTH)):
            width = min(WIDTH, new - index * WIDTH)
            if level == 0:
                yield Tile(-1, index, width)
            yield Tile(level, index, width)
        level, old, new = level + 1, old // WIDTH, new // WIDTH
        if old == new:
            return


@dataclass(slots=True)
class Levels:
    """The hashes of all levels, as tiles need them; level k+1 holds roots over 256 of level k."""

    _levels: list[list[bytes]] = field(default_factory=lambda: [[]])

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash at the right."""
        self._levels[0].append(leaf)
        level = 0
        while len(self._levels[level]) % WIDTH == 0:
            subtree = Tree()
            for node in self._levels[level][-WIDTH:]:
                subtree.append(node)
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(subtree.root())

    def tile_bytes(self, tile: Tile) -> bytes:
        """Return the bytes of a hash tile, 32 for each hash."""
        first = tile.index * WIDTH
        return b"".join(self._levels[tile.level][first : first + tile.width])


def entry_bytes(entry: bytes) -> bytes:
    """Return an entry as it stands in a bundle: its length in 16 bits, then itself."""
    if len(entry) > ENTRY_MAX_BYTES:
        raise ValueError(f"an entry of {len(entry)} bytes is longer than {ENTRY_MAX_BYTES}")
    return _LENGTH.pack(len(entry)) + entry


def split_entries(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """Return the whole entries at the beginning of a journal, and how many bytes they take."""
    entries: list[bytes] = []
    at = 0
    while at + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        end = at + _LENGTH.size + length
        if end > len(data):
            break
        entries.append(data[at + _LENGTH.size : end])
        at = end
    return tuple(entries), at
