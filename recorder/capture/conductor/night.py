"""Is it night for the camera? Judged by lux, and never flickering. Pure, and told the time.

Two thresholds far apart, and a time for each: what is dark for a moment is a hand before the lens,
what is bright for a moment is a headlight. One reading on the wrong side begins the wait anew.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

_NS_PER_SECOND = 1_000_000_000
_STALE_NS = 2 * _NS_PER_SECOND


class View(enum.Enum):
    """What the camera films by."""

    DAY = "day"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class NightTimes:
    """Below `dark_lux` for so long it is night; above `bright_lux` for so long it is day again."""

    dark_lux: int = 5
    dark_seconds: int = 3
    bright_lux: int = 40
    bright_seconds: int = 10


class Night:
    """Begins by day."""

    def __init__(self, times: NightTimes) -> None:
        self._times = times
        self._since_ns: int | None = None  # since when it has been otherwise without a break
        self._heard_ns = 0
        self.view = View.DAY

    def turned(self, lux: int, now_ns: int) -> bool:
        """Take in how bright it is; whether `view` changed by it."""
        # A camera that rested says nothing of the time between.
        fresh = now_ns - self._heard_ns <= _STALE_NS
        self._heard_ns = now_ns
        if not self._otherwise(lux):
            self._since_ns = None
            return False
        if self._since_ns is None or not fresh:
            self._since_ns = now_ns
        if now_ns - self._since_ns < self._patience_ns():
            return False
        self.view = View.NIGHT if self.view is View.DAY else View.DAY
        self._since_ns = None
        return True

    def _otherwise(self, lux: int) -> bool:
        if self.view is View.DAY:
            return lux < self._times.dark_lux
        return lux > self._times.bright_lux

    def _patience_ns(self) -> int:
        by_day = self.view is View.DAY
        seconds = self._times.dark_seconds if by_day else self._times.bright_seconds
        return seconds * _NS_PER_SECOND
