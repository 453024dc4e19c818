"""The real clock: CLOCK_BOOTTIME, and what the kernel says of UTC."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.moment import ClockSource, Moment, utc_ms, utc_text
from recorder.evidence.record import ClockStep

if TYPE_CHECKING:
    from collections.abc import Callable

_NS_IN_MS = 1_000_000
_STA_UNSYNC = 0x40
_TIMEX_BYTES = 256  # larger than any struct timex
_MODES_READ_ONLY = 0
# A clock before this instant was never set: 2024-01-01.
_NEVER_SET_BEFORE_MS = 1_704_067_200_000
# An unset error bound is no reason to call every millisecond a step.
_LEAST_STEP_MS = 1000


class _TimexStart(ctypes.Structure):
    """The first fields of struct timex; the rest is room for the kernel to write into."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_char * _TIMEX_BYTES),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What the kernel says in one instant; `max_error_us` is −1 while nobody disciplines UTC."""

    boottime_ns: int
    unix_ns: int
    max_error_us: int


class Kernel:
    """The kernel's clocks. Reads only: chrony alone sets them, and this process may not."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def read(self) -> Reading:
        """Give what they show now."""
        state = _TimexStart(modes=_MODES_READ_ONLY)
        known = self._libc.adjtimex(ctypes.byref(state)) >= 0
        disciplined = known and not state.status & _STA_UNSYNC
        return Reading(
            time.clock_gettime_ns(time.CLOCK_BOOTTIME),
            time.time_ns(),
            state.maxerror if disciplined else -1,
        )


class KernelClock:
    """Tells this machine's time, and how far to believe it."""

    def __init__(self, read: Callable[[], Reading] | None = None) -> None:
        self._read = Kernel().read if read is None else read

    def now(self) -> Moment:
        """Give this instant."""
        reading = self._read()
        unix_ms = reading.unix_ns // _NS_IN_MS
        source, error_ms = _source(unix_ms, reading.max_error_us)
        utc = "" if source is ClockSource.NONE else utc_text(unix_ms)
        return Moment(reading.boottime_ns // _NS_IN_MS, utc, source, error_ms)


def _source(unix_ms: int, max_error_us: int) -> tuple[ClockSource, int]:
    """A clock that was never set has no source, whoever says that he disciplines it."""
    if unix_ms < _NEVER_SET_BEFORE_MS:
        return ClockSource.NONE, -1
    if max_error_us < 0:
        return ClockSource.RTC, -1
    return ClockSource.NTP, max(1, -(-max_error_us // 1000))


class StepWatch:
    """Notices when UTC moves against CLOCK_BOOTTIME by more than its stated error."""

    def __init__(self, first: Moment) -> None:
        self._before = first

    def look(self, now: Moment) -> ClockStep | None:
        """Give the step since the last look, if there was one."""
        if not now.utc:
            return None  # what was known before stays what the next known instant is compared with
        before, self._before = self._before, now
        if not before.utc:
            return None
        passed_ms = now.boottime_ms - before.boottime_ms
        delta_ms = utc_ms(now.utc) - utc_ms(before.utc) - passed_ms
        if abs(delta_ms) <= max(_LEAST_STEP_MS, before.error_ms, now.error_ms):
            return None
        reason = "the clock was set" if now.source == before.source else "the clock has a source"
        return ClockStep(delta_ms, now.source, reason)
