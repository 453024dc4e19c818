"""Cut some seconds out of a package, with proofs, so that the rest can stay closed.

The excerpt is a folder: `excerpt.json`, the films `*.mp4` that any player opens, and `package/`,
the unit's whole log with its receipts and no media at all.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.age import Identity
from recorder.evidence.canonical import line
from recorder.evidence.excerpt import Excerpt, Part
from recorder.evidence.fragments import FragmentHasher, FragmentSpan, Timescales, decode_seconds
from recorder.evidence.package import (
    BAG_INFO,
    BAGIT,
    MANIFEST,
    PACKAGE_JSON,
    TAG_MANIFEST,
    UNIT,
    parse_package,
)
from recorder.evidence.record import Segment, parse_record
from recorder.evidence.tree import FullTree
from uplink.station.admission.segment_check import Opened, SegmentRefused, clear_film
from uplink.station.package.facts import committed, read_facts

STATEMENT = "excerpt.json"
_LOG_FOLDERS = ("log", "receipts", "identity")


class NoExcerpt(Exception):
    """There is nothing to show there; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which seconds: counted from the first picture of the recording, `to_ms` is behind them."""

    recording: int
    from_ms: int
    to_ms: int


def write_excerpt(package: Path, keys: tuple[Identity, ...], cut: Cut, out: Path) -> Excerpt:
    """Write the excerpt into an empty or new folder.

    Raise NoExcerpt; Malformed or OSError if the package cannot be read.
    """
    if out.exists() and any(out.iterdir()):
        raise NoExcerpt(f"{out} is not empty; choose a new folder")
    statement = parse_package((package / PACKAGE_JSON).read_bytes())
    out.mkdir(parents=True, exist_ok=True)
    parts = tuple(_parts(package, keys, cut, out))
    if not parts:
        raise NoExcerpt(
            f"recording {cut.recording} has no pictures from {cut.from_ms} to {cut.to_ms} ms in "
            "this package"
        )
    excerpt = Excerpt(statement.origin, parts)
    (out / STATEMENT).write_bytes(excerpt.line())
    _write_log(package, out / "package")
    return excerpt


def _parts(package: Path, keys: tuple[Identity, ...], cut: Cut, out: Path) -> Iterator[Part]:
    sealed = [one for one in _sealed(package) if one[1].recording == cut.recording]
    began = next((seal.span.first_ms for _, seal in sealed if seal.span.frames), 0)
    for seq, seal in sealed:
        from_ms = cut.from_ms + began - seal.span.first_ms
        to_ms = cut.to_ms + began - seal.span.first_ms
        if not seal.span.frames or to_ms <= 0 or began + cut.from_ms > seal.span.last_ms:
            continue
        film, leaves = _opened(package, seal, keys)
        shown = _shown(film, leaves, max(from_ms, 0), to_ms)
        if not shown:
            continue
        tree = FullTree(leaf.leaf for leaf in leaves)
        name = Path(seal.media.file).name.removesuffix(".age")
        pieces = [leaves[0], *shown]
        (out / name).write_bytes(b"".join(film[leaf.start : leaf.end] for leaf in pieces))
        proofs = tuple(tree.inclusion(leaf.index, len(leaves)) for leaf in pieces)
        yield Part(seq, name, shown[0].index, proofs)


def _sealed(package: Path) -> Iterator[tuple[int, Segment]]:
    for run, _ in read_facts(package).runs:
        for each in map(parse_record, committed(package, run)):
            if isinstance(each.body, Segment):
                yield each.seq, each.body


def _opened(
    package: Path, seal: Segment, keys: tuple[Identity, ...]
) -> tuple[bytes, tuple[FragmentSpan, ...]]:
    hasher, film = FragmentHasher(), bytearray()
    opened = Opened(lambda file: package / UNIT / file, keys)
    try:
        for clear in clear_film(seal, opened):
            hasher.feed(clear)
            film += clear
    except SegmentRefused as error:
        raise NoExcerpt(f"{seal.media.file} does not open: {error}") from error
    hasher.finish_cut()
    return bytes(film), hasher.leaves


def _shown(
    film: bytes, leaves: tuple[FragmentSpan, ...], from_ms: int, to_ms: int
) -> list[FragmentSpan]:
    """Give the fragments of a span; it begins at the whole second before, with a key frame."""
    scales = Timescales.parse(film[: leaves[0].end])
    starts = [
        round(1000 * decode_seconds(film[leaf.start : leaf.end], scales)) for leaf in leaves[1:]
    ]
    begin_ms = from_ms // 1000 * 1000
    return [
        leaf
        for leaf, start_ms in zip(leaves[1:], starts, strict=True)
        if begin_ms <= start_ms < to_ms
    ]


def _write_log(package: Path, out: Path) -> None:
    """Write a package of the log alone: no recording, no media."""
    for folder in _LOG_FOLDERS:
        if (package / UNIT / folder).is_dir():
            shutil.copytree(package / UNIT / folder, out / UNIT / folder)
    statement = parse_package((package / PACKAGE_JSON).read_bytes())
    (out / PACKAGE_JSON).write_bytes(
        line(
            {
                "made": statement.made,
                "origin": statement.origin,
                "recordings": [],
                "size": statement.size,
                "station": statement.station,
                "type": "package",
                "v": 1,
            }
        )
    )
    payload = [path for path in (out / "data").rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in payload)
    shutil.copy(package / BAGIT, out)
    (out / BAG_INFO).write_text(f"Payload-Oxum: {total}.{len(payload)}\n", encoding="utf-8")
    _list(out, MANIFEST, payload)
    _list(out, TAG_MANIFEST, [out / name for name in (BAGIT, BAG_INFO, MANIFEST)])


def _list(out: Path, name: str, paths: list[Path]) -> None:
    found = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }
    text = "".join(f"{found[file]}  {file}\n" for file in sorted(found))
    (out / name).write_text(text, encoding="utf-8")
