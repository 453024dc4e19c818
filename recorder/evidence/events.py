"""What can happen to a unit: the types of record and their own fields (§3.2)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

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
from recorder.evidence.moment import ClockSource
from recorder.evidence.sealed import SealedFile, SealedMedia, Span, check_files
from recorder.evidence.shape import (
    Base64Of,
    Between,
    Count,
    CountOrUnknown,
    Digest,
    Integer,
    Number,
    PublicKeyText,
)
from recorder.evidence.words import FileKind, parse_file


def check_receipt_name(file: str) -> None:
    """Raise Malformed unless `file` names a receipt."""
    if parse_file(file).kind is not FileKind.RECEIPT:
        raise Malformed(f"{file!r} does not name a receipt.")


@dataclass(frozen=True, slots=True)
class EpochBegins:
    """A signing key takes over (§5)."""

    TYPE: ClassVar[str] = "epoch"
    public_key: PublicKeyText
    next_sha256: Digest
    suite: Suite
    key_store: KeyStore
    identity_signature: Annotated[str, Base64Of(8, 72)]
    previous_signature: Annotated[str, Base64Of(0, 64)]

    def check(self) -> None:
        """Raise Malformed if the signature of the epoch before is cut."""
        if self.previous_signature:
            Base64Of(64, 64)(self.previous_signature)


@dataclass(frozen=True, slots=True)
class Torn:
    """Lengths and digests of what the run before left unsigned (§4.3)."""

    log_bytes: Count
    log_sha256: Digest
    heads_bytes: Count
    heads_sha256: Digest


@dataclass(frozen=True, slots=True)
class RunBegins:
    """Custody started."""

    TYPE: ClassVar[str] = "run"
    kernel_boot_id: str
    unit_kind: UnitKind
    software: str
    software_sha256: Digest
    config_sha256: Digest
    protection: tuple[str, ...]
    clean: bool
    torn: Torn


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Custody ends on purpose."""

    TYPE: ClassVar[str] = "shutdown"
    reason: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The unit learnt a newer cosigned station head; the checkpoint is verbatim."""

    TYPE: ClassVar[str] = "anchor"
    checkpoint: str


@dataclass(frozen=True, slots=True)
class SelfCheckItem:
    """One thing that was checked; `value` is in `unit`."""

    item: str
    verdict: CheckVerdict
    value: Integer
    unit: str


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The officer pressed for a self-check, and this is what it found."""

    TYPE: ClassVar[str] = "selfcheck"
    verdict: CheckVerdict
    items: tuple[SelfCheckItem, ...]

    @property
    def whole(self) -> bool:
        """Whether everything was looked at; an item that got worse stands alone, without `key`."""
        return any(one.item == "key" for one in self.items)


@dataclass(frozen=True, slots=True)
class PictureSize:
    """The picture in pixels, and pictures per second."""

    width: Number
    height: Number
    rate_hz: Number


@dataclass(frozen=True, slots=True)
class SoundRate:
    """Samples per second."""

    rate_hz: Number


@dataclass(frozen=True, slots=True)
class Start:
    """A recording begins; `continues` is the recording it takes up again, or 0."""

    TYPE: ClassVar[str] = "start"
    recording: Number
    cause: StartCause
    continues: Count
    officers: Count
    rules_sha256: Digest
    pre_record_ms: Count
    picture: PictureSize
    sound: SoundRate


@dataclass(frozen=True, slots=True)
class Notice:
    """The spoken notice was looked for in the microphone's sound."""

    TYPE: ClassVar[str] = "notice"
    recording: Number
    clip_sha256: Digest
    heard: bool
    score_permille: Annotated[int, Between(0, 1000)]


@dataclass(frozen=True, slots=True)
class Mark:
    """The officer marked this instant, or asked for a photo; or the unit a span, for the reason."""

    TYPE: ClassVar[str] = "mark"
    recording: Number
    media_ms: Count
    kind: MarkKind | None = None
    until_ms: Count | None = None

    def check(self) -> None:
        """Raise Malformed if the span ends before it begins."""
        if self.until_ms is not None and self.until_ms < self.media_ms:
            raise Malformed("A marked span ends before it begins.")


@dataclass(frozen=True, slots=True)
class Gap:
    """Material is missing between two instants; `lost` frames or samples, −1 unknown."""

    TYPE: ClassVar[str] = "gap"
    recording: Count
    source: GapSource
    from_ms: Count
    to_ms: Count
    lost: CountOrUnknown
    cause: str


@dataclass(frozen=True, slots=True)
class ClockStep:
    """UTC moved against CLOCK_BOOTTIME by more than its stated error."""

    TYPE: ClassVar[str] = "clock_step"
    delta_ms: Integer
    source: ClockSource
    reason: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment is sealed (§7)."""

    TYPE: ClassVar[str] = "segment"
    recording: Number
    segment: Number
    ending: Ending
    cause: InterruptCause
    media: SealedMedia
    side: SealedFile
    span: Span
    standing: str | None = None

    def check(self) -> None:
        """Raise Malformed if the parts of the seal contradict each other."""
        check_files(self.recording, self.segment, self.media, self.side)
        if self.media.blocks_sha256 is None:
            raise Malformed("A sealed segment states the digest of its blocks.")
        if (self.ending == Ending.INTERRUPTED) == (self.cause == InterruptCause.NONE):
            raise Malformed("A cause is stated exactly if the segment was interrupted.")


@dataclass(frozen=True, slots=True)
class Stop:
    """A recording ends."""

    TYPE: ClassVar[str] = "stop"
    recording: Number
    cause: StopCause
    segments: Count
    frames: Count


@dataclass(frozen=True, slots=True)
class ReceiptFiled:
    """A receipt was checked and filed; sizes are of the unit's and of the station's log."""

    TYPE: ClassVar[str] = "receipt"
    file: Annotated[str, check_receipt_name]
    sha256: Digest
    size: Number
    station_size: Number


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """A file that is about to be removed."""

    file: Annotated[str, parse_file]
    sha256: Digest


@dataclass(frozen=True, slots=True)
class Release:
    """Files are about to be removed, on the strength of a filed receipt."""

    TYPE: ClassVar[str] = "release"
    segment_seq: Count
    files: tuple[ReleasedFile, ...]
    receipt: Annotated[str, check_receipt_name]


@dataclass(frozen=True, slots=True)
class CommandTaken:
    """A command of the station was checked and is obeyed; `sha256` is of its note (§12)."""

    TYPE: ClassVar[str] = "command"
    number: Number
    what: Ordered
    sha256: Digest


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody asked for what this unit does not do."""

    TYPE: ClassVar[str] = "refused"
    asked: str
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """A file was found that no record names."""

    TYPE: ClassVar[str] = "orphan"
    file: str
    length: Count
    sha256: Digest
