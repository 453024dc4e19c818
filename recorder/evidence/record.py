"""Records: one line of the log each, read and written in exactly one way (§3)."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from recorder.evidence import canonical
from recorder.evidence.canonical import Value
from recorder.evidence.causes import (
    CheckVerdict,
    Ending,
    GapSource,
    InterruptCause,
    KeyStore,
    MarkKind,
    Ordered,
    StartCause,
    StopCause,
    Suite,
    UnitKind,
)
from recorder.evidence.errors import Malformed
from recorder.evidence.events import (
    Anchor,
    ClockStep,
    CommandTaken,
    EpochBegins,
    Gap,
    Mark,
    Notice,
    Orphan,
    PictureSize,
    ReceiptFiled,
    Refused,
    Release,
    ReleasedFile,
    RunBegins,
    Segment,
    SelfCheck,
    SelfCheckItem,
    Shutdown,
    SoundRate,
    Start,
    Stop,
    Torn,
)
from recorder.evidence.moment import Moment
from recorder.evidence.sealed import Clear, Fragments, SealedFile, SealedMedia, Span, Tail
from recorder.evidence.shape import Count, Digest, Number, Salt, Shape
from recorder.evidence.words import check_unit_origin

__all__ = [
    "MAX_LINE_BYTES",
    "Anchor",
    "Body",
    "CheckVerdict",
    "Clear",
    "ClockStep",
    "CommandTaken",
    "Ending",
    "EpochBegins",
    "Fragments",
    "Gap",
    "GapSource",
    "InterruptCause",
    "KeyStore",
    "Mark",
    "MarkKind",
    "Notice",
    "Ordered",
    "Orphan",
    "PictureSize",
    "ReceiptFiled",
    "Record",
    "Refused",
    "Release",
    "ReleasedFile",
    "RunBegins",
    "SealedFile",
    "SealedMedia",
    "Segment",
    "SelfCheck",
    "SelfCheckItem",
    "Shutdown",
    "SoundRate",
    "Span",
    "Start",
    "StartCause",
    "Stop",
    "StopCause",
    "Suite",
    "Tail",
    "Torn",
    "UnitKind",
    "body_of",
    "body_value",
    "encode_record",
    "parse_record",
]

VERSION = 1
MAX_LINE_BYTES = 65_536

Body: TypeAlias = (
    EpochBegins
    | RunBegins
    | Shutdown
    | Anchor
    | SelfCheck
    | Start
    | Notice
    | Mark
    | Gap
    | ClockStep
    | Segment
    | Stop
    | ReceiptFiled
    | Release
    | CommandTaken
    | Refused
    | Orphan
)


@dataclass(frozen=True, slots=True)
class Record:
    """One event with its place in the unit's life; `prev` is the digest of the line before."""

    seq: int
    run: int
    epoch: int
    prev: str
    salt: str
    at: Moment
    origin: str
    body: Body


@dataclass(frozen=True, slots=True)
class _Place:
    """The fields that all records share, besides `v` and `type`."""

    seq: Count
    run: Number
    epoch: Number
    prev: Digest
    salt: Salt
    at: Moment
    origin: Annotated[str, check_unit_origin]


_PLACE = Shape(_Place)
# One shape for each body; a dict of shapes of different things has no narrower type.
_BODIES: dict[str, Shape[Any]] = {
    kind.TYPE: Shape(kind)
    for kind in (
        *(EpochBegins, RunBegins, Shutdown, Anchor, SelfCheck, Start, Notice, Mark, Gap),
        *(ClockStep, Segment, Stop, ReceiptFiled, Release, CommandTaken, Refused, Orphan),
    )
}


def body_value(body: Body) -> dict[str, Value]:
    """Give the body's own fields as a JSON object; raise Malformed if a reader would refuse it."""
    return _BODIES[body.TYPE].value(body, body.TYPE)


def body_of(type_: str, value: Value) -> Body:
    """Read a body of the type named `type_` from its own fields."""
    shape = _BODIES.get(type_)
    if shape is None:
        raise Malformed(f"There is no record of type {type_[:40]!r}.")
    body: Body = shape.of(value, type_)
    return body


def encode_record(record: Record) -> bytes:
    """Write a record as its line, with the line feed.

    Raises Malformed if `parse_record` would not give back the same record.
    """
    r = record
    place = _PLACE.value(_Place(r.seq, r.run, r.epoch, r.prev, r.salt, r.at, r.origin), "record")
    line = canonical.line({"v": VERSION, "type": r.body.TYPE, **place, **body_value(r.body)})
    if len(line) > MAX_LINE_BYTES:
        raise Malformed(f"The record has {len(line)} bytes; at most {MAX_LINE_BYTES} are allowed.")
    return line


def parse_record(line: bytes) -> Record:
    """Read a record from its line, with the line feed; raise Malformed for anything else."""
    if len(line) > MAX_LINE_BYTES or not line.endswith(b"\n"):
        raise Malformed(f"A record is one line of at most {MAX_LINE_BYTES} bytes.")
    fields = canonical.decode(line[:-1])
    if not isinstance(fields, dict):
        raise Malformed("A record is a JSON object.")
    version, type_ = fields.pop("v", 0), fields.pop("type", "")
    if version is True or version != VERSION or not isinstance(type_, str):
        raise Malformed("The record is not of version 1, or has no type.")
    place = {key: fields.pop(key) for key in _PLACE.keys & fields.keys()}
    p = _PLACE.of(place, "record")
    body = body_of(type_, fields)
    return Record(p.seq, p.run, p.epoch, p.prev, p.salt, p.at, p.origin, body)
