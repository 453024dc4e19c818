"""A log file as lines, streamed; what is behind the last committed line is only measured."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from recorder.evidence.record import MAX_LINE_BYTES, Torn
from recorder.evidence.words import EMPTY_DIGEST, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def lines_of(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Give each line with its line feed; what is no line comes last, or in pieces, without one."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line + b"\n"
        while len(rest) > MAX_LINE_BYTES:
            yield rest[:MAX_LINE_BYTES]
            rest = rest[MAX_LINE_BYTES:]
    if rest:
        yield rest


class TornMeter:
    """Measures the bytes behind the last committed record."""

    __slots__ = ("_hash", "size")

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, data: bytes) -> None:
        """Take bytes that no head commits."""
        self._hash.update(data)
        self.size += len(data)

    def torn(self, heads_rest: bytes) -> Torn:
        """Give what the next run must state."""
        return Torn(
            log_bytes=self.size,
            log_sha256=self._hash.hexdigest(),
            heads_bytes=len(heads_rest),
            heads_sha256=digest(heads_rest),
        )


NOTHING_TORN = Torn(0, EMPTY_DIGEST, 0, EMPTY_DIGEST)
