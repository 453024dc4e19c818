"""The room between the bench speaker and the bench microphone: what is said there can be heard."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SECOND_NS = 1_000_000_000
_REMEMBERED_NS = 10 * _SECOND_NS


class Air:
    """Carries sound with a delay and a gain; both ends may live on threads of their own."""

    def __init__(self, rate_hz: int, gain: float = 0.5, delay_ns: int = 5_000_000) -> None:
        self.rate_hz = rate_hz
        self._gain = gain
        self._delay_ns = delay_ns
        self._said: list[tuple[int, NDArray[np.int16]]] = []
        self._free_ns = 0
        self._lock = threading.Lock()

    def say(self, samples: NDArray[np.int16], now_ns: int) -> int:
        """Let these samples sound now, or once what is being said has ended; return when."""
        with self._lock:
            self._said = [
                (start_ns, clip)
                for start_ns, clip in self._said
                if start_ns + self._lasts_ns(clip) + _REMEMBERED_NS > now_ns
            ]
            start_ns = max(now_ns, self._free_ns)
            self._free_ns = start_ns + self._lasts_ns(samples)
            self._said.append((start_ns, samples))
            return start_ns

    def hush(self, now_ns: int) -> None:
        """Let what has not begun to sound go."""
        with self._lock:
            self._said = [(start_ns, clip) for start_ns, clip in self._said if start_ns <= now_ns]
            ends = (start_ns + self._lasts_ns(clip) for start_ns, clip in self._said)
            self._free_ns = max(ends, default=0)

    def heard(self, first_ns: int, count: int) -> NDArray[np.float32]:
        """Return what reaches the microphone in `count` samples from `first_ns` on."""
        sound = np.zeros(count, np.float32)
        with self._lock:
            said = list(self._said)
        for start_ns, clip in said:
            late_ns = first_ns - start_ns - self._delay_ns
            skip = round(late_ns * self.rate_hz / _SECOND_NS)
            part = clip[max(skip, 0) : max(skip + count, 0)]
            at = max(-skip, 0)
            sound[at : at + len(part)] += part * np.float32(self._gain)
        return sound

    def _lasts_ns(self, samples: NDArray[np.int16]) -> int:
        return len(samples) * _SECOND_NS // self.rate_hz
