"""An excerpt: some seconds of a film, proven to belong to a seal, the rest stays closed (§10.1).

Promises that what is shown is, byte for byte and without a hole, a run of the fragments that the
unit sealed. Where it was cut, and why, is not its matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.canonical import decode, line
from recorder.evidence.errors import BadProof, Malformed
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.head import split_heads
from recorder.evidence.package import UNIT, read_whole
from recorder.evidence.record import Segment, parse_record
from recorder.evidence.tree import check_inclusion
from recorder.evidence.words import FileKind, check_unit_origin, heads_file, parse_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recorder.evidence.canonical import Value
    from recorder.evidence.package import PackageFiles

_KEYS = {"origin", "parts", "type", "v"}
_PART_KEYS = {"film", "first", "proofs", "seq"}
_MOST_HASHES = 64


@dataclass(frozen=True, slots=True)
class Part:
    """A run of fragments of one segment: its record, the film's opening, then `first` onwards.

    `proofs` has the opening's path first, then one for each fragment.
    """

    seq: int
    film: str
    first: int
    proofs: tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What `excerpt.json` says."""

    origin: str
    parts: tuple[Part, ...]

    def line(self) -> bytes:
        """Write it as one canonical line."""
        parts: list[Value] = [
            {
                "film": part.film,
                "first": part.first,
                "proofs": [[node.hex() for node in path] for path in part.proofs],
                "seq": part.seq,
            }
            for part in self.parts
        ]
        return line({"origin": self.origin, "parts": parts, "type": "excerpt", "v": 1})


def parse_excerpt(data: bytes) -> Excerpt:
    """Read `excerpt.json`; raise Malformed if it is anything else."""
    if not data.endswith(b"\n"):
        raise Malformed("The excerpt's statement does not end with a line feed.")
    value = _object(decode(data[:-1]), _KEYS)
    origin, parts = value["origin"], value["parts"]
    if value["type"] != "excerpt" or type(value["v"]) is not int or value["v"] != 1:
        raise Malformed("The excerpt's statement is not an excerpt of version 1.")
    if not isinstance(origin, str) or not isinstance(parts, list) or not parts:
        raise Malformed("The excerpt's statement names no log or no part.")
    return Excerpt(check_unit_origin(origin), tuple(_part(part) for part in parts))


def _object(value: Value, keys: set[str]) -> dict[str, Value]:
    if not isinstance(value, dict) or set(value) != keys:
        raise Malformed(f"The excerpt's statement must have the keys {', '.join(sorted(keys))}.")
    return value


def _part(stated: Value) -> Part:
    value = _object(stated, _PART_KEYS)
    film, proofs = value["film"], value["proofs"]
    if not isinstance(film, str) or not film.endswith(".mp4"):
        raise Malformed("A part of the excerpt names no film.")
    parse_file(f"media/{film}.age")  # refuses whatever is no name of a film
    if not isinstance(proofs, list) or len(proofs) < 2:
        raise Malformed("A part of the excerpt proves no fragment.")
    paths = tuple(_path(path) for path in proofs)
    return Part(_count(value["seq"], 0), film, _count(value["first"], 1), paths)


def _count(value: Value, least: int) -> int:
    if type(value) is not int or value < least:
        raise Malformed(f"The excerpt's statement has {value!r} where a count must stand.")
    return value


def _path(value: Value) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > _MOST_HASHES:
        raise Malformed("A path of the excerpt is no list of at most 64 hashes.")
    return tuple(_node(each) for each in value)


def _node(value: Value) -> bytes:
    if not isinstance(value, str) or len(value) != 64 or value.strip("0123456789abcdef"):
        raise Malformed("A path of the excerpt holds something that is no hash.")
    return bytes.fromhex(value)


def segment_of(files: PackageFiles, seq: int) -> Segment:
    """Give the segment that record `seq` of a package's log seals; raise BadProof if none does.

    Only records with a head count; that they are genuine is the verdict's matter.
    """
    logs = sorted(
        parse_file(name.removeprefix(UNIT)).run for name in files.names() if _is_log(name)
    )
    before = 0
    for run in logs:
        heads, _ = split_heads(read_whole(files, UNIT + heads_file(run)))
        if seq < before + len(heads):
            log = read_whole(files, UNIT + heads_file(run).replace(".heads", ".jsonl"))
            lines = log.splitlines(keepends=True)
            if seq - before < len(lines):
                record = parse_record(lines[seq - before])
                if record.seq == seq and isinstance(record.body, Segment):
                    return record.body
            break
        before += len(heads)
    raise BadProof(f"Record {seq} of the log seals no segment; the excerpt is of nothing here.")


def _is_log(name: str) -> bool:
    try:
        return parse_file(name.removeprefix(UNIT)).kind is FileKind.LOG
    except Malformed:
        return False


def check_part(part: Part, film: Iterable[bytes], segment: Segment) -> None:
    """Raise BadProof unless `film` is the opening and the stated run of what `segment` seals."""
    if segment.media.file != f"media/{part.film}.age":
        raise BadProof(f"The record seals {segment.media.file}, not {part.film}.")
    hasher = FragmentHasher()
    try:
        for block in film:
            hasher.feed(block)
        hasher.finish_cut()
    except Malformed as error:
        raise BadProof(f"{part.film} is no film: {error}") from error
    leaves = hasher.leaves
    if len(leaves) != len(part.proofs):
        raise BadProof(
            f"{part.film} has {len(leaves)} fragments with its opening, and "
            f"{len(part.proofs)} are proven."
        )
    count, root = segment.media.fragments.count, bytes.fromhex(segment.media.fragments.root)
    for number, (leaf, path) in enumerate(zip(leaves, part.proofs, strict=True)):
        index = part.first + number - 1 if number else 0
        try:
            check_inclusion(leaf.leaf, index, count, path, root)
        except BadProof as error:
            raise BadProof(
                f"Fragment {number} of {part.film}, from byte {leaf.start} to {leaf.end}, is not "
                f"what was sealed: {error}"
            ) from error
