"""What a written package holds, read back from its folder for the pages that go with it.

The pages are for people. Nothing here is verified; the verdict is `shilu verify`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from recorder.evidence.head import split_heads
from recorder.evidence.moment import Moment, utc_ms, utc_text
from recorder.evidence.package import (
    MANIFEST,
    PACKAGE_JSON,
    STAMPS,
    UNIT,
    parse_manifest,
    parse_package,
)
from recorder.evidence.record import RunBegins, Segment, parse_record
from recorder.evidence.words import CHAIN_FILE, heads_file, log_file, parse_file, parse_origin


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """One segment: its record, and its first and last picture as the unit's clock claimed them.

    `first` and `last` are empty where there was no clock or no picture.
    """

    seal: Segment
    at: Moment
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """A package as its pages describe it."""

    agency: str
    unit: str
    made: str
    recordings: tuple[int, ...]
    runs: tuple[tuple[int, int], ...]  # (run, committed records)
    segments: tuple[SegmentFacts, ...]
    software: str
    digests: dict[str, str]  # payload file → SHA-256
    lengths: dict[str, int]
    manifest_sha256: str
    stamps: tuple[str, ...] = ()  # tokens of time-stamps

    @property
    def records(self) -> int:
        """How many records the log has."""
        return sum(records for _, records in self.runs)

    @property
    def length_ms(self) -> int:
        """How long the films are together."""
        spans = (one.seal.span for one in self.segments)
        return sum(span.last_ms - span.first_ms for span in spans)

    @property
    def first(self) -> str:
        """When the first picture was taken, as claimed."""
        return min((one.first for one in self.segments if one.first), default="")

    @property
    def last(self) -> str:
        """When the last picture was taken, as claimed."""
        return max((one.last for one in self.segments if one.last), default="")


def read_facts(package: Path) -> PackageFacts:
    """Read a package; raise Malformed if it is none, OSError if the disk does not give it."""
    manifest = (package / MANIFEST).read_bytes()
    digests = dict(parse_manifest(manifest, MANIFEST))
    statement = parse_package((package / PACKAGE_JSON).read_bytes())
    agency, unit = parse_origin(statement.origin)
    runs, segments, software = [], [], ""
    for run in _runs(digests):
        lines = committed(package, run)
        runs.append((run, len(lines)))
        for record in map(parse_record, lines):
            if isinstance(record.body, RunBegins):
                software = record.body.software
            if isinstance(record.body, Segment) and record.body.recording in statement.recordings:
                segments.append(_segment(record.body, record.at))
    return PackageFacts(
        agency=agency,
        unit=unit,
        made=statement.made,
        recordings=statement.recordings,
        runs=tuple(runs),
        segments=tuple(segments),
        software=software,
        digests=digests,
        lengths={name: (package / name).stat().st_size for name in digests},
        manifest_sha256=sha256(manifest).hexdigest(),
        stamps=tuple(sorted(path.name for path in (package / STAMPS).glob("*.tsr"))),
    )


def committed(package: Path, run: int) -> list[bytes]:
    """Give the lines of a run that have a head; what lies behind them never counted."""
    heads, _ = split_heads((package / UNIT / heads_file(run)).read_bytes())
    lines = (package / UNIT / log_file(run)).read_bytes().splitlines(keepends=True)
    return lines[: len(heads)]


def chain_of(package: Path) -> bytes:
    """Give the unit's certificate chain, PEM."""
    return (package / UNIT / CHAIN_FILE).read_bytes()


def _runs(digests: dict[str, str]) -> Iterator[int]:
    for name in sorted(digests):
        if name.startswith(UNIT + "log/") and name.endswith(".jsonl"):
            yield parse_file(name.removeprefix(UNIT)).run


def _segment(seal: Segment, at: Moment) -> SegmentFacts:
    def claimed(boottime_ms: int) -> str:
        if not at.utc or not seal.span.frames:
            return ""
        return utc_text(utc_ms(at.utc) - (at.boottime_ms - boottime_ms))

    return SegmentFacts(seal, at, claimed(seal.span.first_ms), claimed(seal.span.last_ms))
