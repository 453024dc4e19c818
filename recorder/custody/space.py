"""How long recording can go on, in minutes; says so in time, and refuses in time.

Nothing is ever freed here. Footage without a receipt is not touched, whatever asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.errors import RefusedRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.evidence.moment import Moment

# Kept back for the records, seals and tails of the last recording.
RESERVE_BYTES = 16 * 1024 * 1024
# 8 Mbit/s, until there is a rate to measure.
USUAL_BYTES_PER_SECOND = 1_000_000
LEAST_BYTES_PER_SECOND = 10_000
THRESHOLDS_MINUTES = (120, 60, 30, 20, 10, 5, 2, 1, 0)
TOLD_AGAIN_MS = 60_000
_MEASURE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is left: bytes beyond the reserve, and minutes at the rate of now."""

    usable_bytes: int
    minutes_left: int


class Space:
    """Watches what is left of the card."""

    def __init__(self, free_bytes: Callable[[], int], floor_minutes: int) -> None:
        self._free_bytes = free_bytes
        self._floor_minutes = floor_minutes
        self._rate = float(USUAL_BYTES_PER_SECOND)
        self._since_ms: int | None = None
        self._written = 0
        self._threshold: int | None = None
        self._told: int | None = None
        self._told_ms = 0

    def wrote(self, count: int, now: Moment) -> None:
        """Learn the rate from what was written; averaged over some tens of seconds."""
        if self._since_ms is None:
            self._since_ms = now.boottime_ms
        self._written += count
        passed_ms = now.boottime_ms - self._since_ms
        if passed_ms >= _MEASURE_MS:
            newest = self._written * 1000 / passed_ms
            self._rate = max((self._rate + newest) / 2, LEAST_BYTES_PER_SECOND)
            self._since_ms, self._written = now.boottime_ms, 0

    def rest(self) -> None:
        """Nothing is being written; time without recording is no measure of the rate."""
        self._since_ms, self._written = None, 0

    def forecast(self) -> Forecast:
        """Ask the card and reckon."""
        usable = max(0, self._free_bytes() - RESERVE_BYTES)
        return Forecast(usable, int(usable / self._rate / 60))

    def news(self, now: Moment) -> int | None:
        """Give the minutes left, 0 for nothing more, at once at each threshold on the way down.

        Else once a minute where they changed, so that whoever was warned hears of room again.
        """
        forecast = self.forecast()
        minutes = max(1, forecast.minutes_left) if forecast.usable_bytes else 0
        passed = [t for t in THRESHOLDS_MINUTES if forecast.minutes_left <= t]
        before, self._threshold = self._threshold, passed[-1] if passed else None
        lower = self._threshold is not None and (before is None or self._threshold < before)
        if self._told is None and not lower:
            self._told, self._told_ms = minutes, now.boottime_ms  # the welcome has said it
        due = now.boottime_ms - self._told_ms >= TOLD_AGAIN_MS
        if not lower and not (due and minutes != self._told):
            return None
        self._told, self._told_ms = minutes, now.boottime_ms
        return minutes

    def check_room(self) -> None:
        """Raise RefusedRequest below the floor: no new recording may begin."""
        minutes = self.forecast().minutes_left
        if minutes < self._floor_minutes:
            raise RefusedRequest(
                f"The card has room for {minutes} minutes and {self._floor_minutes} are needed: "
                "dock the unit so that receipts free space."
            )
