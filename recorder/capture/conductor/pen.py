"""The conductor's whole view of custody: what it can say, and what it is told when it arrives."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from recorder.capture.conductor.selfcheck import SelfCheckReport
from recorder.capture.ports import Fix, NoFix


class Pen(Protocol):
    """The conductor's whole view of custody (docs/handover.md). Each call queues one packet."""

    def open(self, cause: str, continues: int, pre_record_ms: int) -> None:
        """Open a recording, so much of which lies before the press."""
        ...

    def note(self, entry: Entry) -> None:
        """Something for the log or the sidecar."""
        ...

    def close(self, cause: str) -> None:
        """End the recording."""
        ...


@dataclass(frozen=True, slots=True)
class GapSeen:
    """Material missing between two instants, CLOCK_BOOTTIME milliseconds; `lost` −1 unknown."""

    source: str
    from_ms: int
    to_ms: int
    lost: int
    cause: str


@dataclass(frozen=True, slots=True)
class MarkMade:
    """The officer marked this instant, or took a photo; or the unit a span, for a reason."""

    media_ms: int
    photo: bool = False
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class NoticeHeard:
    """Whether the notice was found in the sound."""

    clip_sha256: str
    heard: bool
    score_permille: int
    wording: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A prompt that the unit spoke."""

    clip: str
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Words for whoever watches the recording, such as what its picture text cannot show."""

    text: str


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """Somebody asked for what the unit does not do, or not now."""

    asked: str
    by: str
    because: str


Entry = (
    GapSeen | MarkMade | NoticeHeard | Spoken | Remark | RefusedAct | Fix | NoFix | SelfCheckReport
)


class Dock(enum.Enum):
    """How the way home goes, as the courier says."""

    AWAY = "away"
    UPLOADING = "uploading"
    DONE = "done"  # everything is receipted
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Journey:
    """What the courier says: unsent segments, and when the oldest was sealed (empty: unknown)."""

    dock: Dock
    segments: int
    oldest_utc: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """What custody says of itself when it answers (docs/handover.md)."""

    interrupted: int = 0  # the newest recording that nobody ended
    last_ms: int = 0  # CLOCK_BOOTTIME of its last picture
    ended_by: str = ""  # why it ended, as its `stop` says
    fit: bool = False
    because: str = ""
    minutes_left: int = 0
    clock: str = "none"
