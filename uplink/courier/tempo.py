"""How fast it goes, how fast it may go, and how much of it at a time. Pure.

The line's own speed decides how much is handed to it ahead, and in pieces of what size: half a
second's worth waits, so that a cut costs little on a slow line and a fast one is never idle. What
counts is what left, not what was handed over: a queue takes the first bytes at any speed.
"""

from collections import deque
from dataclasses import dataclass, field

from uplink.courier.events import Progress
from uplink.courier.outbox import Pending
from uplink.wire.chunks import CHUNK_MIN_BYTES

_SPAN_SECONDS = 5.0
_SHORTEST_SECONDS = 0.1
"""A speed measured over less is a guess."""
_SHORTEST_WAIT_SECONDS = 0.005
_AHEAD_SECONDS = 0.5
_CHUNK_SECONDS = 0.25
AHEAD_LEAST_BYTES = 512 * 1024


@dataclass(slots=True)
class Tempo:
    """Bytes sent, and when they left; `cap` bytes a second at most, 0 for no cap."""

    cap: int = 0
    sent_bytes: int = 0
    _owed_until: float = 0.0
    _left: deque[tuple[float, int]] = field(default_factory=deque)

    def sent(self, now_seconds: float, size_bytes: int) -> None:
        """Count bytes handed to the line."""
        self.sent_bytes += size_bytes
        if self.cap:
            self._owed_until = max(self._owed_until, now_seconds) + size_bytes / self.cap

    def wait_seconds(self, now_seconds: float, unsent_bytes: int, most: int) -> float:
        """How long to wait before another piece goes, while so much waits for the line; 0 for now.

        Of what waits a quarter may go before we look again: nobody tells when the line takes it.
        """
        self._look(now_seconds, self.sent_bytes - unsent_bytes)
        if self.cap and self._owed_until > now_seconds:
            return self._owed_until - now_seconds
        if unsent_bytes <= self.ahead_bytes(now_seconds, most):
            return 0.0
        quarter_seconds = unsent_bytes / max(self._speed(now_seconds), 1.0) / 4
        return max(quarter_seconds, _SHORTEST_WAIT_SECONDS)

    def ahead_bytes(self, now_seconds: float, most: int) -> int:
        """How much may wait for the line: half a second of its speed, within bounds."""
        return int(min(max(self._speed(now_seconds) * _AHEAD_SECONDS, AHEAD_LEAST_BYTES), most))

    def chunk_bytes(self, now_seconds: float, most: int) -> int:
        """How much to send at a time: a quarter of a second's worth, a power of two in bounds."""
        worth = int(self._speed(now_seconds) * _CHUNK_SECONDS)
        return min(max(1 << worth.bit_length() >> 1, CHUNK_MIN_BYTES), most)

    def _look(self, now_seconds: float, left_bytes: int) -> None:
        while self._left and self._left[0][0] < now_seconds - _SPAN_SECONDS:
            self._left.popleft()
        if not self._left or self._left[-1][1] < left_bytes:
            self._left.append((now_seconds, left_bytes))

    def speed(self, now_seconds: float) -> int:
        """Return how fast bytes leave, in bytes a second."""
        return int(self._speed(now_seconds))

    def _speed(self, now_seconds: float) -> float:
        if not self._left:
            return 0.0
        (began_seconds, began), (_ended_seconds, ended) = self._left[0], self._left[-1]
        return (ended - began) / max(now_seconds - began_seconds, _SHORTEST_SECONDS)

    def progress(self, now_seconds: float, pending: Pending, unconfirmed_bytes: int) -> Progress:
        """Return how far it got; nothing sent lately means no guess at the time left."""
        speed = self._speed(now_seconds)
        left_seconds = pending.size_bytes / speed if speed else -1.0
        return Progress(
            self.sent_bytes,
            unconfirmed_bytes,
            pending.size_bytes,
            pending.files,
            round(speed / 1_000_000, 3),
            round(left_seconds, 1),
        )
