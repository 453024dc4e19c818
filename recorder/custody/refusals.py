"""How many refusals are written down: enough to see an attack, too few to fill the log."""

from __future__ import annotations

from recorder.evidence.record import Refused

REFUSALS_OF_A_MINUTE = 20
_MINUTE_MS = 60_000


class Refusals:
    """Lets 20 a minute through and counts the rest; the next that goes through says how many."""

    def __init__(self) -> None:
        self._at_ms: list[int] = []
        self._unwritten = 0

    def record(self, asked: str, by: str, because: str, now_ms: int) -> Refused | None:
        """Give the record to write, or None if there were too many."""
        self._at_ms = [ms for ms in self._at_ms if now_ms - ms < _MINUTE_MS]
        if len(self._at_ms) >= REFUSALS_OF_A_MINUTE:
            self._unwritten += 1
            return None
        self._at_ms.append(now_ms)
        if self._unwritten:
            because = f"{because} ({self._unwritten} more before it were not written.)"
            self._unwritten = 0
        return Refused(asked, by, because)
