"""A clock that a test or a scripted run moves by hand, in step with the devices that wait on it."""

from __future__ import annotations

import threading

_STEP_NS = 5_000_000
_PATIENCE_SECONDS = 10.0


class StuckDevice(Exception):
    """A device thread neither waits for its next instant nor has ended."""


class ManualPace:
    """Time moves only in `advance`, which returns when every device has caught up."""

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._changed = threading.Condition()
        self._waiting: dict[int, int] = {}  # thread, and the instant it waits for

    def now_ns(self) -> int:
        """CLOCK_BOOTTIME in nanoseconds, as this clock has it."""
        with self._changed:
            return self._now_ns

    def wait_until(self, boottime_ns: int, stop: threading.Event) -> bool:
        """Return True at that instant, or False as soon as `stop` is set."""
        me = threading.get_ident()
        with self._changed:
            self._waiting[me] = boottime_ns
            self._changed.notify_all()
            while self._now_ns < boottime_ns and not stop.is_set():
                self._changed.wait(0.01)  # `stop` is an event of somebody else and wakes nobody
            del self._waiting[me]
            self._changed.notify_all()
            return not stop.is_set()

    def advance(self, seconds: float, devices: int = 1) -> None:
        """Let time pass for so many device threads; StuckDevice if one does not follow."""
        with self._changed:
            end_ns = self._now_ns + round(seconds * 1e9)
            self._settle(devices)
            while self._now_ns < end_ns:
                self._now_ns = min(self._now_ns + _STEP_NS, end_ns)
                self._changed.notify_all()
                self._settle(devices)

    def jump(self, seconds: float) -> None:
        """Let time pass at once, as on a machine that was too busy to run anybody."""
        with self._changed:
            self._now_ns += round(seconds * 1e9)
            self._changed.notify_all()

    def _settle(self, devices: int) -> None:
        def settled() -> bool:
            future = [instant for instant in self._waiting.values() if instant > self._now_ns]
            return len(future) >= devices

        if not self._changed.wait_for(settled, _PATIENCE_SECONDS):
            raise StuckDevice(f"{devices} devices should wait; {len(self._waiting)} do.")
