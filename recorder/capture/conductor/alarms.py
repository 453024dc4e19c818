"""What the unit says of itself without being asked, and what of it goes into the log. Pure.

Each thing is said when it gets worse, not while it stays so; a value that goes up and down by a
little is not said twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture.conductor import selfcheck, sentences
from recorder.capture.conductor.condition import COOL_DEGREES, UNKNOWN, Condition
from recorder.capture.conductor.selfcheck import SelfCheckItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.capture.conductor.sentences import Clips

TOLD_MINUTES = (60, 30, 20, 10, 5, 2)
TOLD_PERCENT = (20, 10, 5)
_AGAIN_BY = 5
"""A value must rise by this beyond a threshold before that threshold is told again."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A sentence, and what goes into the log with it."""

    clips: Clips
    item: SelfCheckItem | None = None


class Countdown:
    """A value that runs out: told at each threshold, once on the way down."""

    def __init__(self, thresholds: tuple[int, ...]) -> None:
        self._thresholds = thresholds
        self._told: int | None = None

    def passed(self, value: int) -> bool:
        """Whether a further threshold was passed; a value that is not known passes none."""
        if value == UNKNOWN:
            return False
        if self._told is not None and value > self._told + _AGAIN_BY:
            higher = [t for t in self._thresholds if value <= t]
            self._told = min(higher, default=None)
        reached = [t for t in self._thresholds if value < t]
        if not reached or (self._told is not None and reached[-1] >= self._told):
            return False
        self._told = reached[-1]
        return True


class Alarms:
    """Looks at each new condition."""

    def __init__(self) -> None:
        self._storage = Countdown(TOLD_MINUTES)
        self._minutes = Countdown(TOLD_MINUTES)
        self._percent = Countdown(TOLD_PERCENT)
        self._hot = self._weak = False
        self._had_fix = False
        self._was_trusted = True

    def look(self, now: Condition, *, filming: bool) -> tuple[Alarm, ...]:
        """Return what is to be said now; good news is kept for when nothing is filmed."""
        return (
            *self._storage_alarm(now),
            *self._battery_alarm(now),
            *self._supply_alarm(now),
            *self._good_news(now, filming=filming),
        )

    def _storage_alarm(self, now: Condition) -> Iterator[Alarm]:
        minutes = now.storage_minutes
        if self._storage.passed(minutes) and minutes:  # at 0 the machine shouts by itself
            item = SelfCheckItem("storage", "warn", minutes, "min")
            yield Alarm(sentences.low("store.low", minutes), item)

    def _battery_alarm(self, now: Condition) -> Iterator[Alarm]:
        minutes, percent = now.battery_minutes, now.battery_percent
        if minutes != UNKNOWN:
            passed = self._minutes.passed(minutes)
        else:
            passed = self._percent.passed(percent)
        if passed:
            (item,) = selfcheck.battery(now)
            yield Alarm(sentences.low("batt.low", minutes), item)

    def _supply_alarm(self, now: Condition) -> Iterator[Alarm]:
        if now.supply is None:
            return
        weak, heat = selfcheck.supply(now)
        if now.supply.under_voltage and not self._weak:
            yield Alarm((), weak)
        self._weak = now.supply.under_voltage
        if now.hot and not self._hot:
            self._hot = True
            yield Alarm(("hot",), heat)
        elif not now.supply.throttled and now.supply.degrees < COOL_DEGREES:
            self._hot = False

    def _good_news(self, now: Condition, *, filming: bool) -> Iterator[Alarm]:
        """A position, and a time that can be trusted: said once each, at rest."""
        if filming:
            return
        if now.has_fix and not self._had_fix:
            self._had_fix = True
            yield Alarm(("gps.ok",))
        if now.time_trusted and not self._was_trusted and now.clock is not None:
            yield Alarm(("time.ok",))
        self._was_trusted = now.time_trusted
