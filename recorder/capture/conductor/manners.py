"""What the conductor is told once: this agency's and this unit's manners, and what it acts through.

Knows nothing of what happens; both are frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.capture.conductor.gestures import GestureTimes
from recorder.capture.conductor.night import NightTimes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from recorder.capture.conductor.told import Crew
    from recorder.capture.lens_words import Order
    from recorder.capture.ports import NightSight, Signals, Speaker
    from recorder.evidence.moment import Moment


@dataclass(frozen=True, slots=True)
class SpokenNotice:
    """Which clip speaks the notice, and its words."""

    clip: str
    wording: str


@dataclass(frozen=True, slots=True)
class Manners:
    """What this agency and this unit want; times in milliseconds."""

    notice: SpokenNotice
    captions: dict[str, str] = field(default_factory=dict)
    gestures: GestureTimes = field(default_factory=GestureTimes)
    grace_ms: int = 5_000
    lens_silent_ms: int = 2_000
    lens_start_ms: int = 10_000
    resume_mark_seconds: int = 60
    remind_minutes: int = 0  # how often it says aloud that it films; 0: never
    begun_ns: int = -1_000_000_000  # when this process began to listen
    night: NightTimes = field(default_factory=NightTimes)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the conductor acts through. `lens` and `respawn` queue; they never wait.

    `bind` lets each recording that begins state these officers, and its pictures show them; it
    gives the notice that fits them.
    """

    now_ns: Callable[[], int]
    clock: Callable[[], Moment]
    due: Callable[[str], datetime | None]  # when what was sealed at this UTC must be handed in
    signals: Signals
    speaker: Speaker
    lens: Callable[[Order], None]
    respawn: Callable[[], None]
    power_off: Callable[[], None]
    bind: Callable[[Crew], SpokenNotice]
    remember: Callable[[str], None]  # the engineers' log
    night: NightSight | None = None  # none: no infrared on this unit
