"""How fast it goes, how fast it may go, and how much may wait for the line. Pure.

The line's own speed decides how much is handed to it ahead: half a second's worth, so that a cut
costs little on a slow line and a fast one is never idle.
"""

from collections import deque
from dataclasses import dataclass, field

from uplink.courier.events import Progress

_SPAN_SECONDS = 5.0
_AHEAD_SECONDS = 0.5
AHEAD_LEAST_BYTES = 512 * 1024


@dataclass(slots=True)
class Tempo:
    """Bytes sent, and when; `cap` bytes a second at most, 0 for no cap."""

    cap: int = 0
    sent_bytes: int = 0
    _owed_until: float = 0.0
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def sent(self, now_seconds: float, size_bytes: int) -> None:
        """Count bytes handed to the line."""
        self.sent_bytes += size_bytes
        if self.cap:
            self._owed_until = max(self._owed_until, now_seconds) + size_bytes / self.cap
        self._recent.append((now_seconds, size_bytes))
        while self._recent[0][0] < now_seconds - _SPAN_SECONDS:
            self._recent.popleft()

    def may_send(self, now_seconds: float) -> bool:
        """Whether the cap lets another piece go now."""
        return not self.cap or self._owed_until <= now_seconds

    def ahead_bytes(self, now_seconds: float, most: int) -> int:
        """How much may wait for the line: half a second of its speed, within bounds."""
        return int(min(max(self._speed(now_seconds) * _AHEAD_SECONDS, AHEAD_LEAST_BYTES), most))

    def _speed(self, now_seconds: float) -> float:
        recent = [(at, size) for at, size in self._recent if at >= now_seconds - _SPAN_SECONDS]
        if not recent:
            return 0.0
        return sum(size for _at, size in recent) / max(now_seconds - recent[0][0], 0.001)

    def progress(self, now_seconds: float, pending_bytes: int, pending_files: int) -> Progress:
        """Return how far it got; nothing sent lately means no guess at the time left."""
        speed = self._speed(now_seconds)
        left_seconds = pending_bytes / speed if speed else -1.0
        return Progress(
            self.sent_bytes,
            pending_bytes,
            pending_files,
            round(speed / 1_000_000, 3),
            round(left_seconds, 1),
        )
