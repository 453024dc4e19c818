"""The real clock: CLOCK_BOOTTIME, and what the kernel says of UTC."""

from __future__ import annotations

import ctypes
import time

from recorder.evidence.moment import ClockSource, Moment, utc_ms, utc_text
from recorder.evidence.record import ClockStep

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


class KernelClock:
    """Tells this machine's time, and how far to believe it."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def now(self) -> Moment:
        """Give this instant."""
        boottime_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _NS_IN_MS
        unix_ms = time.time_ns() // _NS_IN_MS
        source, error_ms = self._source(unix_ms)
        utc = "" if source is ClockSource.NONE else utc_text(unix_ms)
        return Moment(boottime_ms, utc, source, error_ms)

    def _source(self, unix_ms: int) -> tuple[ClockSource, int]:
        state = _TimexStart(modes=_MODES_READ_ONLY)
        known = self._libc.adjtimex(ctypes.byref(state)) >= 0
        if known and not state.status & _STA_UNSYNC:
            return ClockSource.NTP, max(1, state.maxerror // 1000)
        if unix_ms >= _NEVER_SET_BEFORE_MS:
            return ClockSource.RTC, -1
        return ClockSource.NONE, -1


class StepWatch:
    """Notices when UTC moves against CLOCK_BOOTTIME by more than its stated error."""

    def __init__(self, first: Moment) -> None:
        self._before = first

    def look(self, now: Moment) -> ClockStep | None:
        """Give the step since the last look, if there was one."""
        before, self._before = self._before, now
        if not before.utc or not now.utc:
            return None
        passed_ms = now.boottime_ms - before.boottime_ms
        delta_ms = utc_ms(now.utc) - utc_ms(before.utc) - passed_ms
        if abs(delta_ms) <= max(_LEAST_STEP_MS, before.error_ms, now.error_ms):
            return None
        reason = "the clock was set" if now.source == before.source else "the clock has a source"
        return ClockStep(delta_ms, now.source, reason)
