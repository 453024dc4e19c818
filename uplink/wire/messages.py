"""The small messages of docs/protocol.md: frozen facts, canonical JSON, strict bounds.

Each class has `payload()`, which a reader accepts byte for byte, and `parse(payload)`, which
raises Malformed and nothing else.
"""

import re
from dataclasses import dataclass
from typing import Self

from recorder.evidence.canonical import Value, encode
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms
from recorder.evidence.words import check_digest, parse_file
from uplink.wire.chunks import HANDLE_MAX, OFFSET_MAX
from uplink.wire.fields import Fields, decode_message
from uplink.wire.topics import check_worker

FILES_MAX = 1000
SENTENCE_MAX = 2000
_VERSION = 1
_NAME_MAX = 120
_JOURNEY = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file of §2 of docs/format.md, or the first `length` bytes of a log that still grows."""

    file: str
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a unit would send, in the order in which it should travel."""

    journey: str
    files: tuple[OfferedFile, ...]

    def payload(self) -> bytes:
        """Return the message's bytes."""
        files: list[Value] = [
            {"file": one.file, "length": one.length, "sha256": one.sha256} for one in self.files
        ]
        return encode({"v": _VERSION, "journey": self.journey, "files": files})

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "an offer")
        offer = cls(journey_number(fields), fields.items("files", FILES_MAX, _offered))
        fields.end()
        if len({one.file for one in offer.files}) != len(offer.files):
            raise Malformed("an offer names a file twice")
        return offer


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that the worker takes under `handle`, from `offset` on."""

    handle: int
    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What the worker has and wants, how many chunk bytes this journey may send, and its time."""

    journey: str
    worker: str
    credit: int
    want: tuple[Wanted, ...]
    have: tuple[str, ...]
    utc: str

    def payload(self) -> bytes:
        """Return the message's bytes."""
        want: list[Value] = [
            {"handle": one.handle, "file": one.file, "offset": one.offset} for one in self.want
        ]
        body: dict[str, Value] = {
            "v": _VERSION,
            "journey": self.journey,
            "worker": self.worker,
            "credit": self.credit,
            "want": want,
            "have": list(self.have),
            "utc": self.utc,
        }
        return encode(body)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "a grant")
        grant = cls(
            journey_number(fields),
            check_worker(fields.text("worker", 32)),
            fields.count("credit"),
            fields.items("want", FILES_MAX, _wanted),
            fields.items("have", FILES_MAX, file_name),
            fields.text("utc", 24),
        )
        utc_ms(grant.utc)
        fields.end()
        return grant


@dataclass(frozen=True, slots=True)
class Ack:
    """Chunk bytes of this journey that arrived, and the new absolute credit."""

    journey: str
    received: int
    credit: int

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode(
            {
                "v": _VERSION,
                "journey": self.journey,
                "received": self.received,
                "credit": self.credit,
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "an ack")
        ack = cls(journey_number(fields), fields.count("received"), fields.count("credit"))
        fields.end()
        return ack


@dataclass(frozen=True, slots=True)
class Stored:
    """A file's bytes are complete at the station; nothing may be freed on this."""

    journey: str
    file: str
    sha256: str

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode(
            {"v": _VERSION, "journey": self.journey, "file": self.file, "sha256": self.sha256}
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "a stored")
        journey, file = journey_number(fields), file_name(fields.take("file"))
        stored = cls(journey, file, check_digest(fields.text("sha256", 64)))
        fields.end()
        return stored


@dataclass(frozen=True, slots=True)
class Refusal:
    """The station will give no receipt for this file as it is, and why."""

    journey: str
    file: str
    sentence: str

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode(
            {"v": _VERSION, "journey": self.journey, "file": self.file, "sentence": self.sentence}
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "a refusal")
        refusal = cls(
            journey_number(fields),
            file_name(fields.take("file")),
            fields.text("sentence", SENTENCE_MAX),
        )
        fields.end()
        return refusal


def open_fields(payload: bytes, where: str) -> Fields:
    """Decode a message of this version; `where` is its name in refusals."""
    fields = Fields.of(decode_message(payload), where)
    fields.count("v", _VERSION, _VERSION)
    return fields


def journey_number(fields: Fields) -> str:
    """Take a journey's number, or raise Malformed."""
    journey = fields.text("journey", 16)
    if not _JOURNEY.fullmatch(journey):
        raise Malformed(f"journey of {fields.where} is not 16 hexadecimal characters")
    return journey


def journey_or_none(fields: Fields) -> str:
    """Take a journey's number, or an empty text, or raise Malformed."""
    journey = fields.text("journey", 16)
    if journey and not _JOURNEY.fullmatch(journey):
        raise Malformed(f"journey of {fields.where} is neither empty nor 16 hexadecimal characters")
    return journey


def file_name(value: Value) -> str:
    """Return a file's name of docs/format.md §2, or raise Malformed."""
    if not isinstance(value, str) or len(value) > _NAME_MAX:
        raise Malformed("a file's name is not a short text")
    parse_file(value)
    return value


def _offered(value: Value) -> OfferedFile:
    fields = Fields.of(value, "an offered file")
    offered = OfferedFile(
        file_name(fields.take("file")),
        fields.count("length", 0, OFFSET_MAX),
        check_digest(fields.text("sha256", 64)),
    )
    fields.end()
    return offered


def _wanted(value: Value) -> Wanted:
    fields = Fields.of(value, "a wanted file")
    wanted = Wanted(
        fields.count("handle", 1, HANDLE_MAX),
        file_name(fields.take("file")),
        fields.count("offset", 0, OFFSET_MAX),
    )
    fields.end()
    return wanted
