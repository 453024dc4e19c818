"""What somebody with the package in hand can do; `handed_over` writes the bag's lists anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.canonical import decode, line
from recorder.evidence.head import split_heads
from recorder.evidence.package import PACKAGE_JSON, UNIT
from recorder.evidence.words import heads_file, log_file, media_file, side_file
from tests.verify.station import bagged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from recorder.evidence.canonical import Value

FILM = UNIT + media_file(1, 1)
NEXT_FILM = UNIT + media_file(1, 2)
SIDECAR = UNIT + side_file(1, 1)
LOG = UNIT + log_file(1)
HEADS = UNIT + heads_file(1)


class Forger:
    """Holds a copy of a package and changes it."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)

    def handed_over(self) -> dict[str, bytes]:
        return bagged(self.files)

    def flip(self, name: str, byte: int) -> None:
        data = bytearray(self.files[name])
        data[byte] ^= 1
        self.files[name] = bytes(data)

    def cut(self, name: str, length: int) -> None:
        self.files[name] = self.files[name][:length]

    def swap(self, one: str, other: str) -> None:
        self.files[one], self.files[other] = self.files[other], self.files[one]

    def drop(self, *names: str) -> None:
        for name in names:
            del self.files[name]

    def drop_receipts(self) -> None:
        self.drop(*[name for name in self.files if name.endswith(".tlog-proof")])

    def lines(self, change: Callable[[list[bytes]], list[bytes]], name: str = LOG) -> None:
        self.files[name] = b"".join(change(self.files[name].splitlines(keepends=True)))

    def heads(self, change: Callable[[list[bytes]], list[bytes]], name: str = HEADS) -> None:
        whole, rest = split_heads(self.files[name])
        self.files[name] = b"".join(change(list(whole))) + rest

    def rewrite(self, seq: int, **fields: Value) -> None:
        """Change fields of a record of the first run and leave all else."""

        def change(lines: list[bytes]) -> list[bytes]:
            value = decode(lines[seq][:-1])
            assert isinstance(value, dict)
            return [*lines[:seq], line({**value, **fields}), *lines[seq + 1 :]]

        self.lines(change)

    def replace_line(self, seq: int, old: bytes, new: bytes) -> None:
        self.lines(lambda ls: [*ls[:seq], ls[seq].replace(old, new, 1), *ls[seq + 1 :]])

    def cut_log(self, size: int) -> None:
        """Cut the log of one run to `size` records, heads with them."""
        self.lines(lambda lines: lines[:size])
        self.heads(lambda heads: heads[:size])

    def restate(self, **fields: Value) -> None:
        value = decode(self.files[PACKAGE_JSON][:-1])
        assert isinstance(value, dict)
        self.files[PACKAGE_JSON] = line({**value, **fields})
