"""What was written to a disk, in order, and the card that a power cut at any moment leaves.

A state is everything before the last flush, and of what came after it each page of 4096 bytes
with a chance: so writes are lost, torn, and kept in another order than they were made in.
"""

from __future__ import annotations

import enum
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SECTOR = 512
PAGE = 4096  # what a card writes whole: ext4 does not survive half of its superblock
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
    """A card after a power cut before entry `index`, and the marks that were made until then."""

    index: int
    image: bytes
    words: list[dict[str, Any]]


class Replay:
    """The disk again, as far as the log was read: what is durable, and what is only written."""

    def __init__(self, base: bytes) -> None:
        self._durable = bytearray(base)
        self._pending: list[Entry] = []
        self._words: list[dict[str, Any]] = []

    def take(self, entry: Entry) -> None:
        """Do what the disk was asked."""
        match entry.kind:
            case Kind.MARK:
                self._words.append(entry.word())
            case Kind.WRITE if not entry.durably:
                self._pending.append(entry)
            case Kind.WRITE:
                _put(self._durable, entry.offset, entry.data)
            case Kind.FLUSH:
                for kept in self._pending:
                    _put(self._durable, kept.offset, kept.data)
                self._pending = []

    def cut(self, index: int, share: float, dice: random.Random) -> Cut:
        """Cut the power: each page that was not flushed is kept with this chance."""
        image = bytearray(self._durable)
        for entry in self._pending:
            for at in range(0, len(entry.data), PAGE):
                if dice.random() < share:
                    _put(image, entry.offset + at, entry.data[at : at + PAGE])
        return Cut(index, bytes(image), list(self._words))


def _put(image: bytearray, at: int, data: bytes) -> None:
    image[at : at + len(data)] = data


def cuts(
    base: bytes, log: list[Entry], moments: Iterable[int], share: float, dice: random.Random
) -> Iterator[Cut]:
    """Give the card after a cut at each of these moments, which ascend."""
    replay, at = Replay(base), 0
    for moment in moments:
        for entry in log[at:moment]:
            replay.take(entry)
        at = moment
        yield replay.cut(moment, share, dice)
