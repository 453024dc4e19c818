"""All that the conductor can say to custody."""

from __future__ import annotations

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
