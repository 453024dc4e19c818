"""Names of the letters: `shilu/1/{agency}/{unit}/{kind}`, parsed strictly.

`{unit}` is a unit's number, or `station` for what the station says to everybody.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from recorder.evidence.errors import Malformed
from recorder.evidence.words import check_agency, check_unit

STATION = "station"
_PREFIX = "shilu/1"
_KNOWN_MOST = 256
_WORKER = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Kind(StrEnum):
    """What a letter is about."""

    STATE = "state"
    OFFER = "offer"
    GRANT = "grant"
    CHUNK = "chunk"
    ACK = "ack"
    STORED = "stored"
    REFUSAL = "refusal"
    RECEIPT = "receipt"
    ANCHOR = "anchor"
    COMMAND = "command"


TO_UNIT = (
    *(Kind.GRANT, Kind.ACK, Kind.STORED, Kind.REFUSAL, Kind.RECEIPT, Kind.ANCHOR),
    Kind.COMMAND,
)
"""What a worker writes to a unit, and a unit may read."""
FROM_UNIT = (Kind.STATE, Kind.OFFER)
"""What a unit writes besides chunks."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Where one letter goes; `worker` only for chunks."""

    agency: str
    unit: str
    kind: Kind
    worker: str | None = None

    def __str__(self) -> str:
        tail = "" if self.worker is None else f"/{self.worker}"
        return f"{_PREFIX}/{self.agency}/{self.unit}/{self.kind}{tail}"


def check_worker(name: str) -> str:
    """Return the name of a worker, or raise Malformed."""
    if not _WORKER.fullmatch(name):
        raise Malformed(f"{name!r} is no worker's name; use 1 to 32 of a-z, 0-9 and -")
    return name


@lru_cache(maxsize=_KNOWN_MOST)
def parse_topic(text: str) -> Topic:
    """Parse a topic of this protocol. Raise Malformed for any other; the same few come again."""
    if len(text) > 200:
        raise Malformed(f"a topic of {len(text)} characters is too long")
    parts = text.split("/")
    if len(parts) not in {5, 6} or "/".join(parts[:2]) != _PREFIX:
        raise Malformed(f"{text!r} is no topic of {_PREFIX}")
    agency, unit = check_agency(parts[2]), parts[3]
    if unit != STATION:
        check_unit(unit)
    try:
        kind = Kind(parts[4])
    except ValueError:
        raise Malformed(f"{text!r} names no letter of {_PREFIX}") from None
    if (kind is Kind.CHUNK) != (len(parts) == 6) or (unit == STATION and kind is not Kind.STATE):
        raise Malformed(f"{text!r} is no topic of {_PREFIX}")
    return Topic(agency, unit, kind, check_worker(parts[5]) if len(parts) == 6 else None)


def to_unit_filters(agency: str, unit: str) -> tuple[str, ...]:
    """Return what a unit's courier listens on."""
    mine = tuple(str(Topic(agency, unit, kind)) for kind in TO_UNIT)
    return (*mine, str(Topic(agency, STATION, Kind.STATE)))


def offers_filter(agency: str) -> str:
    """Return the shared filter on which workers take offers in turn."""
    return f"$share/ingest/{_PREFIX}/{agency}/+/{Kind.OFFER}"


def inbox_filter(agency: str, worker: str) -> str:
    """Return the filter of one worker's own chunks."""
    return f"{_PREFIX}/{agency}/+/{Kind.CHUNK}/{check_worker(worker)}"
