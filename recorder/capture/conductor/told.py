"""What the conductor is told from behind the socket: by custody, and by the courier through it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Dock(enum.Enum):
    """How the way home goes, as the courier says."""

    AWAY = "away"
    UPLOADING = "uploading"
    DONE = "done"  # everything is receipted
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Journey:
    """What the courier says: unsent segments, and when the oldest was sealed (empty: unknown).

    `left_minutes` is how long they still take at the dock, -1 if nobody can say.
    """

    dock: Dock
    segments: int
    oldest_utc: str
    left_minutes: int = -1


@dataclass(frozen=True, slots=True)
class Crew:
    """Whom a command of the station binds; nobody where its note was lost."""

    number: int
    names: tuple[str, ...]
    badges: tuple[str, ...]


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
