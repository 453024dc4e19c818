"""Keeps the unit's condition, from what devices, custody and the courier say. No device, no disk.

Looks once a second at what changes by itself: the clock, silent sensors, a deadline that passes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from recorder.capture.conductor.condition import Condition
from recorder.capture.conductor.senses import Senses
from recorder.capture.ports import Fix
from recorder.evidence.moment import utc_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.conductor.told import Journey
    from recorder.capture.ports import NoFix, Supply
    from recorder.evidence.moment import Moment

_NS_PER_MS = 1_000_000
LOOK_MS = 1_000


class Upkeep:
    """`now` is the condition; each method takes one fact into it."""

    def __init__(self, clock: Callable[[], Moment], due: Callable[[str], datetime | None]) -> None:
        self._clock = clock
        self._due = due
        self._look_ns = 0
        self.senses = Senses()
        self.now = Condition(clock=clock())

    def supply(self, supply: Supply) -> None:
        """Battery, mains and heat."""
        self.now = replace(self.now, supply=supply)

    def storage(self, minutes: int) -> None:
        """How long the card lasts; custody says so."""
        self.now = replace(self.now, storage_minutes=minutes)

    def button(self, *, stuck: bool) -> None:
        """Whether the record button is stuck."""
        self.now = replace(self.now, button_stuck=stuck)

    def journey(self, journey: Journey) -> None:
        """What is still to be handed in; the courier says so."""
        due = self._due(journey.oldest_utc) if journey.segments and journey.oldest_utc else None
        self.now = replace(self.now, journey=journey, due=due)
        self._judge_due()

    def fix(self, fix: Fix | NoFix) -> None:
        """A position, or none; its time is a claim that is compared, and never sets the clock."""
        differs_ms = self.now.gps_differs_ms
        if isinstance(fix, Fix) and fix.utc and self.now.clock is not None and self.now.clock.utc:
            clock = self._clock()
            then_ms = utc_ms(clock.utc) - clock.boottime_ms + fix.boottime_ns // _NS_PER_MS
            differs_ms = then_ms - utc_ms(fix.utc)
        self.now = replace(self.now, has_fix=isinstance(fix, Fix), gps_differs_ms=differs_ms)

    def look(self, now_ns: int, *, filming: bool) -> bool:
        """Let time pass; whether it was time to look."""
        if now_ns < self._look_ns:
            return False
        self._look_ns = now_ns + LOOK_MS * _NS_PER_MS
        if filming:
            self.senses.tick(now_ns)
        else:
            self.senses.rest()
        self.now = replace(
            self.now,
            clock=self._clock(),
            camera=self.senses.camera,
            microphone=self.senses.microphone,
        )
        self._judge_due()
        return True

    def due_ns(self) -> int:
        """When `look` will look again."""
        return self._look_ns

    def today(self) -> datetime | None:
        """This instant where the deadline is counted; None without clock or deadline."""
        clock, due = self.now.clock, self.now.due
        if clock is None or not clock.utc or due is None:
            return None
        return datetime.fromisoformat(clock.utc).astimezone(due.tzinfo)

    def _judge_due(self) -> None:
        today, due = self.today(), self.now.due
        overdue = today is not None and due is not None and today >= due
        self.now = replace(self.now, overdue=overdue)
