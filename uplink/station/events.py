"""What a station tells whoever watches it; see `uplink.wire.events`."""

from collections.abc import Iterable
from dataclasses import dataclass

from recorder.evidence.events import SelfCheckItem
from uplink.wire.standing import State


@dataclass(frozen=True, slots=True)
class Serving:
    """A worker listens."""

    worker: str
    broker: str


@dataclass(frozen=True, slots=True)
class LineDown:
    """The line to the broker is down; the worker goes on trying."""

    sentence: str


@dataclass(frozen=True, slots=True)
class UnitSeen:
    """A unit's state came: docked, or gone."""

    unit: str
    up: bool
    pending_files: int
    pending_bytes: int
    oldest: str = ""
    utc: str = ""
    software: str = ""
    bytes_per_second: int = 0


@dataclass(frozen=True, slots=True)
class Arriving:
    """How much of a file is there."""

    unit: str
    file: str
    percent: int


@dataclass(frozen=True, slots=True)
class LogFollowed:
    """A unit's log is verified up to `size` records."""

    unit: str
    size: int


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that a unit checked of itself: `value` in `measure`, -1 where it is unknown."""

    item: str
    verdict: str
    value: int
    measure: str


@dataclass(frozen=True, slots=True)
class SelfChecked:
    """How a unit found itself, as its verified log states it; `utc` is of the newest word."""

    unit: str
    items: tuple[Checked, ...]
    utc: str


@dataclass(frozen=True, slots=True)
class HoldsChanged:
    """So many recordings of a unit are on hold now."""

    unit: str
    recordings: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A segment is what its record says, decrypted and all."""

    unit: str
    recording: int
    segment: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Archived:
    """A segment's files are in the archive, read back."""

    unit: str
    recording: int
    segment: int


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry is in the station's log, its head cosigned by so many witnesses' quorum."""

    unit: str
    station_size: int
    quorum: int


@dataclass(frozen=True, slots=True)
class ReceiptSent:
    """A receipt left for a unit; it covers the first `size` records of its log."""

    unit: str
    size: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeclaredNotRecorded:
    """Somebody declared why an activity has no recording; `unit` is empty where none is named."""

    unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file was refused and kept in `quarantine` (empty: nothing had arrived to keep)."""

    unit: str
    file: str
    sentence: str
    quarantine: str


@dataclass(frozen=True, slots=True)
class ReceiptWithheld:
    """What came is archived, and no receipt leaves yet; the sentence says why."""

    unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A chunk came that does not go on where its file ends; its bytes are asked for again."""

    unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A worker ends on something that it cannot answer, such as a broken disk."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """A unit went away, or its line did, while files were on their way."""

    unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ArchiveFull:
    """Nothing is taken from a unit, which keeps everything, until there is room again."""

    unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A worker beside the first one was killed; another takes its place."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Hangs:
    """A thread of a worker has work, and stands still; the worker is started anew."""

    sentence: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Somebody knocked at the broker with a certificate that it does not accept."""

    sentence: str


@dataclass(frozen=True, slots=True)
class OrderSent:
    """An order went to its unit; only the unit's verified log says whether it obeys."""

    unit: str
    number: int


@dataclass(frozen=True, slots=True)
class LetterIgnored:
    """A letter broke the protocol."""

    topic: str
    sentence: str


Event = (
    Serving
    | LineDown
    | UnitSeen
    | Arriving
    | LogFollowed
    | SelfChecked
    | HoldsChanged
    | Verified
    | Archived
    | Logged
    | ReceiptSent
    | RefusedFile
    | ReceiptWithheld
    | Misplaced
    | Stopped
    | WorkerLost
    | Hangs
    | TurnedAway
    | Pulled
    | DeclaredNotRecorded
    | ArchiveFull
    | OrderSent
    | LetterIgnored
)


def self_checked(unit: str, items: Iterable[SelfCheckItem], utc: str) -> SelfChecked:
    """Say how a unit found itself."""
    found = (Checked(one.item, one.verdict.value, one.value, one.unit) for one in items)
    return SelfChecked(unit, tuple(found), utc)


def unit_seen(unit: str, state: State) -> UnitSeen:
    """Say how a unit says that it stands."""
    counts = (state.pending_files, state.pending_bytes)
    words = (state.oldest_utc, state.utc, state.software)
    return UnitSeen(unit, state.up, *counts, *words, state.bytes_per_second)


def pulled(unit: str, files: int) -> Pulled:
    """Say that a unit left in the middle."""
    return Pulled(
        unit,
        f"{unit} left the dock with {files} files on their way; it goes on where it was when it "
        "docks again",
    )


def hangs(what: str, patience_seconds: float) -> Hangs:
    """Say that a worker hangs: `what` it has in hand."""
    return Hangs(
        f"{what} has not got on for {patience_seconds:g} s: this worker gives no sign of life any "
        "more, so that it is started anew; look after its disk. No unit loses anything"
    )


def archive_full(unit: str) -> ArchiveFull:
    """Say that a unit waits for room."""
    return ArchiveFull(
        unit,
        f"the archive is full: nothing is taken from {unit}, which keeps everything and comes "
        "again by itself; make room on the station's disk",
    )
