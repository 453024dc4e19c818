"""What a worker answers in a journey, as letters to its unit. Pure."""

from uplink.station.intake.journeys import Journey
from uplink.wire.messages import (
    SENTENCE_MAX,
    Ack,
    Grant,
    OfferedFile,
    Refusal,
    Stored,
    Wanted,
)
from uplink.wire.post import Letter, Qos
from uplink.wire.topics import Kind, Topic


def grant(
    journey: Journey, worker: str, want: tuple[Wanted, ...], have: tuple[str, ...], utc: str
) -> Letter:
    """Say what is here, what is wanted, how much may come, and what time it is here."""
    answer = Grant(journey.number, worker, journey.credit, want, have, utc)
    return _to(journey, Kind.GRANT, answer.payload())


def ack(journey: Journey) -> Letter:
    """Say how much came, and how much more may come; the next one says it again, and more."""
    answer = Ack(journey.number, journey.received, journey.credit)
    return _to(journey, Kind.ACK, answer.payload(), Qos.AT_MOST_ONCE)


def stored(journey: Journey, one: OfferedFile) -> Letter:
    """Say that all bytes of a file are here."""
    answer = Stored(journey.number, one.file, one.sha256)
    return _to(journey, Kind.STORED, answer.payload())


def refused(journey: Journey, file: str, sentence: str) -> Letter:
    """Say that a file gets no receipt as it is."""
    answer = Refusal(journey.number, file, sentence[:SENTENCE_MAX])
    return _to(journey, Kind.REFUSAL, answer.payload())


def _to(journey: Journey, kind: Kind, payload: bytes, qos: Qos = Qos.AT_LEAST_ONCE) -> Letter:
    return Letter(str(Topic(journey.agency, journey.unit, kind)), payload, qos)
