"""What was written to a disk, in order, and the card that a power cut at any moment leaves.

A state is everything before the last flush, and of what came after it each grain with a chance: so
writes are lost, torn, and kept in another order than they were made in. A grain is a sector of 512
bytes, which is all that any card promises to write whole, or a page of 4096, as most do.
"""

from __future__ import annotations

import enum
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

SECTOR = 512
GRAINS = (512, 4096)
_LEAD = struct.Struct(">BBQQI")


class Kind(enum.IntEnum):
    """What an entry of the log is."""

    WRITE = 0
    FLUSH = 1
    MARK = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One command to the disk, or a word of whoever used it."""

    kind: Kind
    at_ns: int
    durably: bool = False
    offset: int = 0
    data: bytes = b""

    def packed(self) -> bytes:
        lead = (self.kind, self.durably, self.at_ns, self.offset, len(self.data))
        return _LEAD.pack(*lead) + self.data

    def word(self) -> dict[str, Any]:
        """Give a mark as the JSON that it is."""
        found: dict[str, Any] = json.loads(self.data)
        return found


def sectors(offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a write into its sectors."""
    for at in range(0, len(data), SECTOR):
        yield offset + at, data[at : at + SECTOR]


def read_log(path: Path) -> list[Entry]:
    """Read a whole log."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        kind, durably, at_ns, offset, length = _LEAD.unpack_from(data, at)
        at += _LEAD.size
        found.append(Entry(Kind(kind), at_ns, bool(durably), offset, data[at : at + length]))
        at += length
    return found


@dataclass(frozen=True, slots=True)
class Cut:
    """A card after a power cut before entry `index`, and the marks that were made until then.

    `changed` is each sector that differs, or may, from the card that the life began with.
    """

    index: int
    at_ns: int
    changed: Mapping[int, bytes]
    words: list[dict[str, Any]]

    def write_over(self, image: Path) -> None:
        """Make this card of a copy of the first one."""
        with image.open("r+b") as file:
            for at, sector in sorted(self.changed.items()):
                file.seek(at)
                file.write(sector)


Keeps: TypeAlias = "Callable[[int, int], bool]"


def by_chance(share: float, grain_bytes: int, dice: random.Random) -> Keeps:
    """Keep each grain of each pending write with this chance."""
    kept: dict[tuple[int, int], bool] = {}

    def keeps(write: int, sector: int) -> bool:
        return kept.setdefault((write, sector // grain_bytes), dice.random() < share)

    return keeps


class Replay:
    """The disk again, as far as the log was read: what is durable, and what is only written."""

    def __init__(self, log: list[Entry]) -> None:
        self._log = log
        self._at = 0
        self._durable: dict[int, bytes] = {}
        self._words: list[dict[str, Any]] = []
        self.pending: list[Entry] = []

    def go_to(self, index: int) -> None:
        """Do what the disk was asked before entry `index`; only forward."""
        for entry in self._log[self._at : index]:
            self._take(entry)
        self._at = index

    def durable(self, sector: int) -> bytes | None:
        """Give a sector as it surely is; None if it was not written since the life began."""
        return self._durable.get(sector)

    def cut(self, keeps: Keeps, at_ns: int | None = None) -> Cut:
        """Cut the power here, and then: at once, unless told.

        `keeps` says of each pending write, by number, which sectors stay.
        """
        changed = dict(self._durable)
        for number, entry in enumerate(self.pending):
            written = sectors(entry.offset, entry.data)
            changed.update((at, sector) for at, sector in written if keeps(number, at))
        if at_ns is None:
            at_ns = self._log[min(self._at, len(self._log) - 1)].at_ns
        return Cut(self._at, at_ns, changed, list(self._words))

    def _take(self, entry: Entry) -> None:
        match entry.kind:
            case Kind.MARK:
                self._words.append(entry.word())
            case Kind.WRITE if not entry.durably:
                self.pending.append(entry)
            case Kind.WRITE:
                self._durable.update(sectors(entry.offset, entry.data))
            case Kind.FLUSH:
                for kept in self.pending:
                    self._durable.update(sectors(kept.offset, kept.data))
                self.pending = []
