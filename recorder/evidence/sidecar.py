"""Sidecars: positions, names and words of a segment, as canonical JSON lines (§7.3)."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeAlias

from recorder.evidence import canonical
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import check_utc_or_empty
from recorder.evidence.shape import Between, Count, Number, Shape
from recorder.evidence.words import check_unit_origin

VERSION = 1


@dataclass(frozen=True, slots=True)
class SideHeader:
    """The first line: whose sidecar this is."""

    TYPE: ClassVar[str] = "side"
    origin: Annotated[str, check_unit_origin]
    recording: Number
    segment: Number


@dataclass(frozen=True, slots=True)
class Officers:
    """Who was bound to the recording."""

    TYPE: ClassVar[str] = "officers"
    names: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeWording:
    """The words of the spoken notice."""

    TYPE: ClassVar[str] = "notice"
    wording: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A position: degrees times ten million; `hdop_e2` is the dilution times a hundred."""

    TYPE: ClassVar[str] = "fix"
    utc: Annotated[str, check_utc_or_empty]
    lat_e7: Annotated[int, Between(-900_000_000, 900_000_000)]
    lon_e7: Annotated[int, Between(-1_800_000_000, 1_800_000_000)]
    satellites: Count
    hdop_e2: Count


@dataclass(frozen=True, slots=True)
class NoFix:
    """There was no position, and why."""

    TYPE: ClassVar[str] = "no_fix"
    cause: str


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt that the unit spoke: the clip's name and its words."""

    TYPE: ClassVar[str] = "said"
    clip: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A reason given, as words."""

    TYPE: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True, slots=True)
class CommandNote:
    """The signed command that ordered these officers, as it came (§12)."""

    TYPE: ClassVar[str] = "command"
    note: str


SideEntry: TypeAlias = Officers | NoticeWording | Fix | NoFix | Said | Words | CommandNote


@dataclass(frozen=True, slots=True)
class _At:
    boottime_ms: Count


_AT = Shape(_At)
_HEADER = Shape(SideHeader)
# One shape for each entry; a dict of shapes of different things has no narrower type.
_ENTRIES: dict[str, Shape[Any]] = {
    kind.TYPE: Shape(kind)
    for kind in (Officers, NoticeWording, Fix, NoFix, Said, Words, CommandNote)
}


def side_header_line(header: SideHeader) -> bytes:
    """Write the first line of a sidecar."""
    fields = _HEADER.value(header, header.TYPE)
    return canonical.line({"v": VERSION, "type": header.TYPE, **fields})


def side_line(entry: SideEntry, boottime_ms: int) -> bytes:
    """Write one further line: what was known at `boottime_ms` of CLOCK_BOOTTIME."""
    at = _AT.value(_At(boottime_ms), entry.TYPE)
    fields = _ENTRIES[entry.TYPE].value(entry, entry.TYPE)
    return canonical.line({"type": entry.TYPE, **at, **fields})


def parse_side(data: bytes) -> tuple[SideHeader, tuple[tuple[int, SideEntry], ...]]:
    """Read a whole sidecar: its header, and each entry with its CLOCK_BOOTTIME (ms)."""
    if not data.endswith(b"\n"):
        raise Malformed("A sidecar is whole lines, the first of them its header.")
    first, *rest = data[:-1].split(b"\n")
    return _parse_header(first), tuple(_parse_entry(line) for line in rest)


def _parse_header(line: bytes) -> SideHeader:
    fields = canonical.decode(line)
    if not isinstance(fields, dict):
        raise Malformed("The first line of a sidecar is a JSON object.")
    version, type_ = fields.pop("v", 0), fields.pop("type", "")
    if version is True or version != VERSION or type_ != SideHeader.TYPE:
        raise Malformed("The first line of a sidecar is not its header of version 1.")
    return _HEADER.of(fields, SideHeader.TYPE)


def _parse_entry(line: bytes) -> tuple[int, SideEntry]:
    fields = canonical.decode(line)
    if not isinstance(fields, dict):
        raise Malformed("A line of a sidecar is a JSON object.")
    type_ = fields.pop("type", "")
    shape = _ENTRIES.get(type_) if isinstance(type_, str) else None
    if shape is None or not isinstance(type_, str):
        raise Malformed(f"There is no sidecar entry of type {type_!r}.")
    at = _AT.of({key: fields.pop(key) for key in _AT.keys & fields.keys()}, type_)
    entry: SideEntry = shape.of(fields, type_)
    return at.boottime_ms, entry
