"""The clock that paces stand-ins; a real one for the process, so that tests can bring their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading


class Pace(Protocol):
    """Tells CLOCK_BOOTTIME and waits for an instant of it."""

    def now_ns(self) -> int:
        """CLOCK_BOOTTIME in nanoseconds."""
        ...

    def wait_until(self, boottime_ns: int, stop: threading.Event) -> bool:
        """Return True at that instant, or False as soon as `stop` is set."""
        ...


class BoottimePace:
    """Real time."""

    def now_ns(self) -> int:
        """CLOCK_BOOTTIME in nanoseconds."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def wait_until(self, boottime_ns: int, stop: threading.Event) -> bool:
        """Return True at that instant, or False as soon as `stop` is set."""
        seconds = (boottime_ns - self.now_ns()) / 1e9
        return not stop.wait(max(seconds, 0.0))
