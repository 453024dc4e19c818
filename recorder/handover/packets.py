"""The packets of docs/handover.md as frozen facts; what they look like as bytes is in `codec`.

Every text and list is bounded here, so that no caller can make custody grow.
"""

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

from recorder.evidence.errors import Malformed
from recorder.evidence.moment import ClockSource, check_utc, check_utc_or_empty
from recorder.evidence.record import (
    ClockStep,
    Ending,
    Gap,
    Mark,
    Notice,
    PictureSize,
    Refused,
    SelfCheck,
    SoundRate,
    StartCause,
    StopCause,
)
from recorder.evidence.shape import Base64Of, Between, Count, CountOrUnknown, Digest, Number
from recorder.evidence.sidecar import Fix, NoFix, Said, Words
from recorder.evidence.words import check_unit_origin

if TYPE_CHECKING:
    from recorder.handover.orders import Assign, CheckNow, Command

MAX_PACKET_BYTES = 131_072
MAX_KEEP_BODY_BYTES = 65_536
MAX_PIECE_BYTES = 8 * 1024 * 1024
MAX_OFFICERS = 16
MAX_SENTENCE_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class NoLongerThan:
    """A check that a text or list is no longer than `most`."""

    most: int

    def __call__(self, thing: str | tuple[object, ...]) -> None:
        """Raise Malformed if it is longer."""
        if len(thing) > self.most:
            raise Malformed(f"it holds {len(thing)} where at most {self.most} are allowed")


def check_stop_or_empty(cause: str) -> None:
    """Raise Malformed unless `cause` is why a recording ended, or empty."""
    if cause and cause not in set(StopCause):
        raise Malformed(f"{cause[:40]!r} is no reason for which a recording ends.")


Version = Annotated[int, Between(1, 1)]
Sentence = Annotated[str, NoLongerThan(MAX_SENTENCE_CHARACTERS)]
Word = Annotated[str, NoLongerThan(64)]
Stamp = Annotated[int, Between(0, 2**63 - 1)]
ProofHash = Annotated[str, Base64Of(32, 32)]
ProofHashes = Annotated[tuple[ProofHash, ...], NoLongerThan(64)]
ProofText = Annotated[str, NoLongerThan(98_304)]


class Role(enum.StrEnum):
    """Who may connect."""

    CONDUCTOR = "conductor"
    LENS = "lens"
    COURIER = "courier"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Hello:
    """The first packet of every connection."""

    role: Role
    v: Version = 1


@dataclass(frozen=True, slots=True)
class BoundOfficers:
    """Who films: names and numbers, in the same order."""

    names: Annotated[tuple[Word, ...], NoLongerThan(MAX_OFFICERS)]
    numbers: Annotated[tuple[Word, ...], NoLongerThan(MAX_OFFICERS)]

    def check(self) -> None:
        """Raise Malformed unless each name has its number."""
        if len(self.names) != len(self.numbers):
            raise Malformed("officers have as many names as numbers")


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a recording."""

    cause: StartCause
    continues: Count
    officers: BoundOfficers
    rules_sha256: Digest
    pre_record_ms: Count
    picture: PictureSize
    sound: SoundRate


ForTheLog: TypeAlias = Gap | Mark | Notice | SelfCheck | ClockStep | Refused
ForTheSidecar: TypeAlias = Fix | NoFix | Said | Words


@dataclass(frozen=True, slots=True)
class Note:
    """Something happened; `wording` stands beside a notice only."""

    entry: ForTheLog | ForTheSidecar
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """The segment ends at the next piece that opens a file."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the recording."""

    cause: StopCause


@dataclass(frozen=True, slots=True)
class Stamps:
    """Which pictures and how much sound a piece holds; CLOCK_BOOTTIME in nanoseconds."""

    first_ns: int
    last_ns: int
    frames: int
    samples: int


@dataclass(frozen=True, slots=True)
class Keep:
    """A part of a piece of media; `stamps`, `opens` and `key` stand on the first part only."""

    media: bytes
    last: bool
    stamps: Stamps | None = None
    opens: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """No further piece will come for this recording."""


@dataclass(frozen=True, slots=True)
class ReceiptOffer:
    """A receipt, with the proof that it extends the station head of `from_size` entries."""

    proof: ProofText
    consistency: ProofHashes
    from_size: Count


@dataclass(frozen=True, slots=True)
class AnchorOffer:
    """A newer station head, with the proof that it extends the one of `from_size` entries."""

    checkpoint: ProofText
    consistency: ProofHashes
    from_size: Count


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Write down that the files of this segment may go; `receipt` is a file's name."""

    segment_seq: Count
    receipt: Word


class Dock(enum.StrEnum):
    """How the way home goes."""

    AWAY = "away"
    UPLOADING = "uploading"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Journey:
    """What the courier says, passed on to the conductor; `oldest` is when a segment was sealed.

    `left_minutes` is how long the rest takes by the courier's guess, -1 while it has none.
    """

    dock: Dock
    segments: Count
    oldest: Annotated[str, check_utc_or_empty]
    left_minutes: CountOrUnknown = -1


@dataclass(frozen=True, slots=True)
class StationTime:
    """What the station said that its clock showed, a moment ago: a claim."""

    utc: Annotated[str, check_utc]


@dataclass(frozen=True, slots=True)
class Welcome:
    """How custody stands; `interrupted` and `open` are recordings, 0 for none.

    `last_ms` is CLOCK_BOOTTIME of the interrupted recording's last picture, 0 if there is none.
    """

    origin: Annotated[str, check_unit_origin]
    run: Number
    open: Count
    interrupted: Count
    last_ms: Count
    ended_by: Annotated[str, check_stop_or_empty]
    next: Number
    fit: bool
    because: Sentence
    minutes_left: Count
    clock: ClockSource
    v: Version = 1


@dataclass(frozen=True, slots=True)
class Opened:
    """The recording has begun and is written down."""

    recording: Number
    segment: Number


@dataclass(frozen=True, slots=True)
class Kept:
    """So many pieces of this lens connection are durable."""

    pieces: Count


@dataclass(frozen=True, slots=True)
class Sealed:
    """A segment is sealed by record `seq`; `bytes` is its encrypted length."""

    recording: Number
    segment: Number
    ending: Ending
    seq: Count
    bytes: Count


@dataclass(frozen=True, slots=True)
class Closed:
    """The recording has ended, by record `seq`."""

    recording: Number
    seq: Count


@dataclass(frozen=True, slots=True)
class Full:
    """So many minutes can still be kept; 0: nothing more."""

    minutes_left: CountOrUnknown


@dataclass(frozen=True, slots=True)
class Fault:
    """What was asked was not done, and why."""

    sentence: Sentence
    asked: Word


@dataclass(frozen=True, slots=True)
class Filed:
    """A receipt or station head was checked and filed by record `seq`; or command `size` was."""

    seq: Count
    size: Count


@dataclass(frozen=True, slots=True)
class Released:
    """Record `seq` is durable; these files may go now."""

    seq: Count
    files: Annotated[tuple[Word, ...], NoLongerThan(8)]


FromCaller: TypeAlias = (
    "Hello | Open | Note | Turn | Close | Keep | End | "
    "ReceiptOffer | AnchorOffer | ReleaseRequest | Journey | StationTime | Command"
)
FromCustody: TypeAlias = (
    "Welcome | Opened | Kept | Sealed | Closed | Full | Fault | Filed | Released | Journey | "
    "Assign | CheckNow"
)
Packet: TypeAlias = "FromCaller | FromCustody"
