"""What the courier tells whoever watches it; see `uplink.wire.events`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Docked:
    """The right station's broker is reached."""

    broker: str


@dataclass(frozen=True, slots=True)
class Undocked:
    """The line is down; the courier goes on trying."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A journey began."""

    journey: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the upload got; `seconds_left` is -1 while nothing can be said.

    Of `sent_bytes` the worker has not yet said of `unconfirmed_bytes` that they came.
    """

    sent_bytes: int
    unconfirmed_bytes: int
    pending_bytes: int
    pending_files: int
    megabytes_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class JourneyBroken:
    """A journey ended before its end; no more than these bytes travel a second time."""

    journey: str
    unconfirmed_bytes: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The station has all bytes of a file; nothing is freed on that."""

    file: str


@dataclass(frozen=True, slots=True)
class ReceiptHandedIn:
    """Custody checked and filed a receipt for these files."""

    size: int
    seq: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnchorHandedIn:
    """Custody filed a newer station head."""

    seq: int


@dataclass(frozen=True, slots=True)
class CommandHandedIn:
    """Custody obeys a command, by this record, or has done so before."""

    seq: int


@dataclass(frozen=True, slots=True)
class NotFiled:
    """Custody did not file what the station sent, or did not obey it, and why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class FileRefused:
    """The station will give no receipt for this file as it is, and why."""

    file: str
    sentence: str


@dataclass(frozen=True, slots=True)
class FileMissing:
    """The log names a file that is not in the spool."""

    file: str


@dataclass(frozen=True, slots=True)
class Home:
    """Everything has its receipt; `refused` files have none."""

    sent_bytes: int
    refused: int


Event = (
    Docked
    | Undocked
    | Offered
    | Progress
    | JourneyBroken
    | StoredFile
    | ReceiptHandedIn
    | AnchorHandedIn
    | CommandHandedIn
    | NotFiled
    | FileRefused
    | FileMissing
    | Home
)
