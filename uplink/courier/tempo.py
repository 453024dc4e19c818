"""How fast it goes: a running average over the last seconds. Pure."""

from collections import deque
from dataclasses import dataclass, field

from uplink.courier.events import Progress

_SPAN_SECONDS = 5.0


@dataclass(slots=True)
class Tempo:
    """Bytes sent, and when."""

    sent_bytes: int = 0
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def sent(self, now_seconds: float, size_bytes: int) -> None:
        """Count bytes handed to the line."""
        self.sent_bytes += size_bytes
        self._recent.append((now_seconds, size_bytes))
        while self._recent[0][0] < now_seconds - _SPAN_SECONDS:
            self._recent.popleft()

    def progress(self, now_seconds: float, pending_bytes: int, pending_files: int) -> Progress:
        """Return how far it got; nothing sent lately means no guess at the time left."""
        recent = [(at, size) for at, size in self._recent if at >= now_seconds - _SPAN_SECONDS]
        speed = 0.0
        if recent:
            span_seconds = max(now_seconds - recent[0][0], 0.001)
            speed = sum(size for _at, size in recent) / span_seconds
        left_seconds = pending_bytes / speed if speed else -1.0
        return Progress(
            self.sent_bytes,
            pending_bytes,
            pending_files,
            round(speed / 1_000_000, 3),
            round(left_seconds, 1),
        )
