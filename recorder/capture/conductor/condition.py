"""How the unit is: everything that it knows of itself, and what follows from that. Pure.

A value that is not known is −1 and never counts as good or bad; it is stated as unknown.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture.ports import NO_THERMOMETER, Lamp
from recorder.evidence.moment import ClockSource

if TYPE_CHECKING:
    from datetime import datetime

    from recorder.capture.conductor.told import Journey
    from recorder.capture.ports import Supply
    from recorder.evidence.moment import Moment

UNKNOWN = -1
LOW_MINUTES = 60
ENDING_MINUTES = 30
END_MINUTES = 3
LOW_PERCENT = 20
ENDING_PERCENT = 10
END_PERCENT = 3
HOT_DEGREES = 80
COOL_DEGREES = 75
GPS_DIFFERS_MS = 10_000
"""A receiver states its second up to a second late; ten seconds are a clock that is wrong."""
_TRUSTED = {ClockSource.GPS, ClockSource.STATION, ClockSource.NTP}


class Doubt(enum.Enum):
    """Why a unit that can record is not simply ready."""

    TIME = "the time is not trusted"
    GPS = "there is no position"
    OVERDUE = "recordings should have been handed in"
    BUTTON = "the record button is stuck"
    POWER = "the supply is too weak"
    HEAT = "the unit is hot"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is known now; `due` is when the oldest unsent recording must be handed in."""

    storage_minutes: int = UNKNOWN
    supply: Supply | None = None
    clock: Moment | None = None
    has_fix: bool = False
    gps_differs_ms: int = 0
    journey: Journey | None = None
    due: datetime | None = None
    overdue: bool = False
    camera: bool = True  # gives pictures, as far as anybody can tell
    microphone: bool = True
    button_stuck: bool = False

    @property
    def battery_minutes(self) -> int:
        """How long the battery lasts, −1 if that is not known or the unit hangs on mains."""
        if self.supply is None or self.supply.on_mains:
            return UNKNOWN
        return self.supply.minutes

    @property
    def battery_percent(self) -> int:
        """How full the battery is, −1 if that is not known or the unit hangs on mains."""
        if self.supply is None or self.supply.on_mains:
            return UNKNOWN
        return self.supply.percent

    @property
    def minutes_left(self) -> int:
        """How long recording can go on, by whatever ends first; −1 if nothing is known."""
        known = [m for m in (self.storage_minutes, self.battery_minutes) if m != UNKNOWN]
        return min(known, default=UNKNOWN)

    @property
    def time_trusted(self) -> bool:
        """Whether somebody better than a crystal has set the clock, and no satellite objects."""
        agrees = abs(self.gps_differs_ms) <= GPS_DIFFERS_MS
        return self.clock is not None and self.clock.source in _TRUSTED and agrees

    @property
    def hot(self) -> bool:
        """Whether the chip is so hot that it slows down, or soon will."""
        supply = self.supply
        return supply is not None and (
            supply.throttled or NO_THERMOMETER < HOT_DEGREES <= supply.degrees
        )

    @property
    def at_its_end(self) -> bool:
        """Whether the battery has just enough left to seal what is open."""
        return _below(self.battery_minutes, END_MINUTES, self.battery_percent, END_PERCENT)

    @property
    def urgency(self) -> Lamp | None:
        """The light of a battery or card that ends soon, None if neither does."""
        storage, minutes, percent = (
            self.storage_minutes, self.battery_minutes, self.battery_percent
        )  # fmt: skip
        if _below(storage, ENDING_MINUTES) or _below(
            minutes, ENDING_MINUTES, percent, ENDING_PERCENT
        ):
            return Lamp.ENDING
        if _below(storage, LOW_MINUTES) or _below(minutes, LOW_MINUTES, percent, LOW_PERCENT):
            return Lamp.LOW
        return None

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why it is not simply ready."""
        weak = self.supply is not None and self.supply.under_voltage
        found = {
            Doubt.TIME: not self.time_trusted,
            Doubt.GPS: not self.has_fix,
            Doubt.OVERDUE: self.overdue,
            Doubt.BUTTON: self.button_stuck,
            Doubt.POWER: weak,
            Doubt.HEAT: self.hot,
        }
        return tuple(doubt for doubt, there in found.items() if there)


def _below(minutes: int, least: int, percent: int = UNKNOWN, least_percent: int = 0) -> bool:
    """Whether the minutes, or where they are unknown the percent, are less than wanted."""
    if minutes != UNKNOWN:
        return minutes < least
    return percent != UNKNOWN and percent < least_percent
