"""What the station said the time was: written beside our own, believed by nobody here.

It comes through the courier and is signed by no one, so it sets no clock. Beside the instant at
which it was heard it tells a reader years later how far apart the two clocks were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.causes import CheckVerdict
from recorder.evidence.moment import utc_ms
from recorder.evidence.record import SelfCheck, SelfCheckItem

if TYPE_CHECKING:
    from recorder.evidence.moment import Clock

APART_MS = 10_000
EVERY_MS = 3_600_000


class StationClock:
    """Has something to state when the station tells its time, at most once an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stated_ms: int | None = None

    def statement(self, utc: str) -> SelfCheck | None:
        """Give the record to write, if there is one, when `utc` is heard now."""
        now = self._clock.now()
        lately = self._stated_ms is not None and now.boottime_ms - self._stated_ms < EVERY_MS
        if lately:
            return None
        self._stated_ms = now.boottime_ms
        theirs_ms = utc_ms(utc)
        agree = bool(now.utc) and abs(utc_ms(now.utc) - theirs_ms) < APART_MS
        verdict = CheckVerdict.PASS if agree else CheckVerdict.WARN
        item = SelfCheckItem("station clock", verdict, theirs_ms, "ms since 1970")
        return SelfCheck(verdict, (item,))
