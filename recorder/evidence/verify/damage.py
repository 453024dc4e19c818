"""Where a changed film differs: the block, and the second that was on the picture then."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.package import UNIT, read_whole
from recorder.evidence.verdict import Place, Wording
from recorder.evidence.verify.codes import Code, clock_text, found
from recorder.evidence.words import blocks_of, check_digest, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recorder.evidence.package import PackageFiles
    from recorder.evidence.record import Segment
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.reading import Seen

BLOCK_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Block:
    """A line of a `.blocks` file; `first_ms` is CLOCK_BOOTTIME, −1 before the first picture."""

    first_ms: int
    sha256: str


def parse_blocks(data: bytes) -> tuple[Block, ...]:
    """Read a `.blocks` file; raise Malformed for any other line."""
    blocks = []
    for line in data.splitlines():
        first, _, sha256 = line.decode("ascii", "replace").partition(" ")
        if not first.removeprefix("-").isdecimal() or len(first) > 17:
            raise Malformed(f"{first[:20]!r} is not the time of a block.")
        blocks.append(Block(int(first), check_digest(sha256)))
    return tuple(blocks)


@dataclass(frozen=True, slots=True)
class Film:
    """A film that differs: its record, its sealed blocks if those are intact, the first picture."""

    segment: Segment
    blocks: tuple[Block, ...]
    recording_first_ms: int

    def second_ms(self, byte: int) -> int | None:
        """Give the milliseconds from the first picture at which the block of `byte` begins."""
        span = self.segment.span
        if not span.frames:
            return None
        index = byte // BLOCK_BYTES
        first_ms = span.first_ms
        if index < len(self.blocks):
            first_ms = max(self.blocks[index].first_ms, first_ms)
        elif self.blocks:
            first_ms = span.last_ms
        return first_ms - self.recording_first_ms

    def until_ms(self, byte: int) -> int | None:
        """Give the milliseconds from the first picture up to which bytes before `byte` reach."""
        span = self.segment.span
        if not span.frames:
            return None
        index = -(-byte // BLOCK_BYTES)
        if index < len(self.blocks):
            return max(self.blocks[index].first_ms, span.first_ms) - self.recording_first_ms
        return span.last_ms - self.recording_first_ms


def read_film(files: PackageFiles, segment: Segment, recording_first_ms: int) -> Film:
    """Read the sealed blocks of a segment; blocks that were changed themselves tell nothing."""
    try:
        data = read_whole(files, UNIT + blocks_of(segment.media.file))
        blocks = parse_blocks(data) if digest(data) == segment.media.blocks_sha256 else ()
    except Malformed:
        blocks = ()
    return Film(segment, blocks, recording_first_ms)


def locate(files: PackageFiles, film: Film, seen: Seen) -> Iterator[Finding]:
    """Say in which bytes and seconds the film `seen` differs from what was sealed."""
    length = film.segment.media.length
    known = min(seen.size, length)
    if film.blocks:
        ranges = list(_ranges(_differing(files.read(seen.name), film.blocks, known, length)))
    elif seen.size == length:
        ranges = [(0, length)]
    else:
        ranges = []
    for since, until in ranges:
        yield found(
            Code.FILE_CHANGED,
            Place(
                file=seen.name,
                from_byte=since,
                to_byte=min(until, known),
                second_ms=film.second_ms(since),
            ),
            until=Wording(*clock_text(film.until_ms(until))),
        )
    if seen.size < length:
        place = Place(
            file=seen.name,
            from_byte=seen.size,
            to_byte=length,
            second_ms=film.second_ms(seen.size),
        )
        yield found(Code.FILE_TRUNCATED, place)
    elif seen.size > length:
        yield found(Code.FILE_LONGER, Place(file=seen.name, from_byte=length, to_byte=seen.size))


def _differing(
    read: Iterable[bytes], blocks: tuple[Block, ...], known: int, length: int
) -> Iterator[int]:
    """Give the numbers of the blocks that differ; one that is cut short is not compared."""
    rest, index, position = b"", 0, 0
    for piece in read:
        rest += piece[: known - position]
        position = min(position + len(piece), known)
        while len(rest) >= BLOCK_BYTES or (rest and position == known):
            block, rest = rest[:BLOCK_BYTES], rest[BLOCK_BYTES:]
            start = index * BLOCK_BYTES
            whole = len(block) == min(BLOCK_BYTES, length - start)
            due = blocks[index].sha256 if index < len(blocks) else ""
            if whole and hashlib.sha256(block).hexdigest() != due:
                yield index
            index += 1


def _ranges(indices: Iterable[int]) -> Iterator[tuple[int, int]]:
    since = until = -1
    for index in indices:
        if index != until:
            if until > 0:
                yield since * BLOCK_BYTES, until * BLOCK_BYTES
            since = index
        until = index + 1
    if until > 0:
        yield since * BLOCK_BYTES, until * BLOCK_BYTES
