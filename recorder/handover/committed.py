"""What of a run's two log files counts, and which files a seal names. Pure.

A record counts once its head is there (docs/format.md §4.3). This looks at no signature: it is
for those who wrote these files, or carry them; the verdict is the verifier's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.head import parse_signed_head, split_heads
from recorder.evidence.words import blocks_of

if TYPE_CHECKING:
    from recorder.evidence.head import Head
    from recorder.evidence.record import Segment


@dataclass(frozen=True, slots=True)
class Committed:
    """Lines (with their line feeds), their heads with the length of each, and what is torn."""

    lines: tuple[bytes, ...]
    heads: tuple[Head, ...]
    head_bytes: tuple[int, ...]
    torn_log: bytes
    torn_heads: bytes


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file and the digest that a record gives it."""

    file: str
    sha256: str


def committed(log: bytes, heads: bytes) -> Committed:
    """Part a run's files into what counts and what is torn.

    Raises Malformed if a whole head cannot be read, or has no line.
    """
    whole, torn_heads = split_heads(heads)
    lines = tuple(line + b"\n" for line in log.split(b"\n", len(whole))[: len(whole)])
    used = sum(map(len, lines))
    if used > len(log):
        raise Malformed(f"The log has fewer whole records than its {len(whole)} heads.")
    heads_read = tuple(parse_signed_head(head).head for head in whole)
    return Committed(lines, heads_read, tuple(map(len, whole)), log[used:], torn_heads)


def files_of(segment: Segment) -> tuple[NamedFile, ...]:
    """Give every file that a seal names, with its digest; media first."""
    media, side = segment.media, segment.side
    named = [
        NamedFile(media.file, media.sha256),
        NamedFile(blocks_of(media.file), media.blocks_sha256 or ""),
        NamedFile(side.file, side.sha256),
    ]
    tails = (tail for tail in (media.tail, side.tail) if tail is not None)
    return (*named, *(NamedFile(tail.file, tail.sha256) for tail in tails))
