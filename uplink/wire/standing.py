"""How units and stations stand, retained for whoever looks: `state` of docs/protocol.md.

It is for people at the dock, and proves nothing.
"""

from dataclasses import dataclass
from typing import Self

from recorder.evidence.canonical import encode
from recorder.evidence.moment import utc_ms
from uplink.wire.messages import journey_or_none, open_fields
from uplink.wire.topics import check_worker

_VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """How a unit stands; with `up` false its will.

    `oldest_utc` is when the oldest segment without a receipt was sealed, empty where none waits
    or the unit had no clock: the hand-in deadline counts from it. `journey` is the one under way,
    empty where none is; `bytes_per_second` is its speed on the line.
    """

    up: bool
    sequence: int
    software: str
    pending_bytes: int
    pending_files: int
    utc: str
    oldest_utc: str = ""
    journey: str = ""
    bytes_per_second: int = 0

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode(
            {
                "v": _VERSION,
                "up": self.up,
                "sequence": self.sequence,
                "software": self.software,
                "pending_bytes": self.pending_bytes,
                "pending_files": self.pending_files,
                "utc": self.utc,
                "oldest_utc": self.oldest_utc,
                "journey": self.journey,
                "bytes_per_second": self.bytes_per_second,
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "a state")
        state = cls(
            fields.flag("up"),
            fields.count("sequence"),
            fields.text("software", 100),
            fields.count("pending_bytes"),
            fields.count("pending_files"),
            fields.text("utc", 24),
            fields.text("oldest_utc", 24),
            journey_or_none(fields),
            fields.count("bytes_per_second"),
        )
        for utc in (state.utc, state.oldest_utc):
            if utc:
                utc_ms(utc)
        fields.end()
        return state


@dataclass(frozen=True, slots=True)
class StationState:
    """How a station's worker stands; with `up` false its will."""

    up: bool
    worker: str

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode({"v": _VERSION, "up": self.up, "worker": self.worker})

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "a station's state")
        state = cls(fields.flag("up"), check_worker(fields.text("worker", 32)))
        fields.end()
        return state
