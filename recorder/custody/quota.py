"""How fast a lens may fill the card: faster than any camera, and still no flood.

A capture process that was taken over can send valid film as fast as the card takes it, and so end
all recording within minutes. Four times the usual rate is granted for ever, and beyond it what two
full rings hold, since a lens hands over all at once what it kept back while the card hung.
"""

from __future__ import annotations

from recorder.handover.errors import RefusedPacket

MOST_BYTES_PER_SECOND = 4_000_000
MOST_AT_ONCE_BYTES = 80 * 1024 * 1024


class Quota:
    """Counts what came, and lets it run off; kept over all lenses of a run."""

    def __init__(self) -> None:
        self._held_bytes = 0
        self._since_ms = 0

    def take(self, count: int, now_ms: int) -> None:
        """Take in `count` bytes at CLOCK_BOOTTIME `now_ms`; RefusedPacket if they are a flood."""
        run_off = (now_ms - self._since_ms) * MOST_BYTES_PER_SECOND // 1000
        self._held_bytes, self._since_ms = max(0, self._held_bytes - run_off), now_ms
        if self._held_bytes + count > MOST_AT_ONCE_BYTES:
            raise RefusedPacket(
                "keep",
                f"This film comes faster than {MOST_BYTES_PER_SECOND} bytes a second: "
                "it is none of a camera.",
            )
        self._held_bytes += count
