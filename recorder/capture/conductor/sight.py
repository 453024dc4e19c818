"""How long nothing was seen: from the last picture before a loss to the first one after it.

Pure. What was lost becomes one gap, stated when its end is known; a second loss before that
belongs to the first. Instants are CLOCK_BOOTTIME in milliseconds.
"""

from __future__ import annotations

from dataclasses import replace

from recorder.capture.conductor.pen import GapSeen


class Sight:
    """Where the pictures stand. Each method that ends a gap gives it, once."""

    def __init__(self) -> None:
        self._last_picture_ms = 0
        self._blind: GapSeen | None = None

    def lost(self, source: str, cause: str, now_ms: int) -> None:
        """Nothing is seen from the last picture on; from now on, if there was none."""
        self.lost_since(source, cause, self._last_picture_ms or now_ms)

    def lost_since(self, source: str, cause: str, since_ms: int) -> None:
        """Nothing is seen from `since_ms` on."""
        self._blind = self._blind or GapSeen(source, since_ms, since_ms, -1, cause)

    def saw(self, first_ms: int, last_ms: int) -> GapSeen | None:
        """Pictures from `first_ms` to `last_ms` are there (0: none): the gap that they end."""
        if not last_ms:
            return None
        self._last_picture_ms = last_ms
        if self._blind is None or first_ms <= self._blind.from_ms:
            return None
        return self._ended(first_ms)

    def settled(self, now_ms: int) -> GapSeen | None:
        """A recording ends before the picture came back: the gap ends with it."""
        return None if self._blind is None else self._ended(max(now_ms, self._blind.from_ms))

    def _ended(self, at_ms: int) -> GapSeen | None:
        gap, self._blind = self._blind, None
        return None if gap is None else replace(gap, to_ms=at_ms)
