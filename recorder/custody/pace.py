"""How long the card takes to make film durable: measured at every sync, stated when it is bad.

A card that grows slow is about to fail, or was never good enough; somebody should know before the
ring of ten seconds is full.
"""

from __future__ import annotations

from recorder.evidence.causes import CheckVerdict
from recorder.evidence.record import SelfCheck, SelfCheckItem

SLOW_MS = 1000
FAILING_MS = 10_000
_STATE_EVERY_MS = 60_000


class Pace:
    """Takes in each sync; has something to state when one was slow, at most once a minute."""

    def __init__(self) -> None:
        self._syncs = self._total_ms = self._slowest_ms = 0
        self._stated_ms: int | None = None

    def took(self, duration_ms: int) -> None:
        """Take in one sync."""
        self._syncs += 1
        self._total_ms += duration_ms
        self._slowest_ms = max(self._slowest_ms, duration_ms)

    def statement(self, now_ms: int) -> SelfCheck | None:
        """Give the record to write at CLOCK_BOOTTIME `now_ms`, if there is one."""
        lately = self._stated_ms is not None and now_ms - self._stated_ms < _STATE_EVERY_MS
        if self._slowest_ms < SLOW_MS or lately:
            return None
        usual_ms = self._total_ms // self._syncs
        verdict = CheckVerdict.FAIL if self._slowest_ms >= FAILING_MS else CheckVerdict.WARN
        stated = SelfCheck(
            verdict,
            (
                SelfCheckItem("slowest sync of the card", verdict, self._slowest_ms, "ms"),
                SelfCheckItem("usual sync of the card", CheckVerdict.PASS, usual_ms, "ms"),
            ),
        )
        self._stated_ms = now_ms
        self._syncs = self._total_ms = self._slowest_ms = 0
        return stated
