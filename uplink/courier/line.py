"""The courier's end of the line: what comes in, what goes out, and how it likes to work."""

import queue
from dataclasses import dataclass
from typing import Protocol

from uplink.wire.post import Letter


@dataclass(frozen=True, slots=True)
class Up:
    """The line is up."""


@dataclass(frozen=True, slots=True)
class Down:
    """The line broke, or did not come up; the sentence says why."""

    sentence: str


Inbox = queue.SimpleQueue[Letter | Up | Down]


class Line(Protocol):
    """What the courier needs of a Post."""

    def publish(self, letter: Letter) -> int:
        """Take a letter; raise NotConnected or PostFull."""

    @property
    def unsent_bytes(self) -> int:
        """Bytes not yet on the line."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the courier works; times in seconds, sizes in bytes, `cap` in bytes a second (0: none).

    `unsent_bytes` bounds what may wait for the line at its fastest, `chunk_bytes` one piece of it.
    """

    agency: str
    unit: str
    software: str
    broker: str
    chunk_bytes: int = 1024 * 1024
    unsent_bytes: int = 8 * 1024 * 1024
    cap: int = 0
    patience_seconds: float = 5.0
    survey_seconds: float = 1.0
    retry_seconds: float = 60.0
    idle_seconds: float = 0.25
