"""How far a unit's clock is believed, and that each step of it is stated."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from recorder.custody.clock import Kernel, KernelClock, Reading, StepWatch
from recorder.evidence.moment import ClockSource, Moment, utc_ms
from recorder.evidence.record import ClockStep

NOON_MS = utc_ms("2026-11-21T04:00:00.000Z")
HOUR_MS = 3_600_000


@dataclass
class PaperKernel:
    """Clocks that a test turns."""

    boottime_ms: int = 5_000
    unix_ms: int = NOON_MS
    max_error_us: int = -1

    def read(self) -> Reading:
        return Reading(self.boottime_ms * 1_000_000, self.unix_ms * 1_000_000, self.max_error_us)

    def pass_ms(self, ms: int, *, stepped_ms: int = 0) -> None:
        self.boottime_ms += ms
        self.unix_ms += ms + stepped_ms


@pytest.fixture
def kernel() -> PaperKernel:
    return PaperKernel()


@pytest.mark.parametrize(
    ("unix_ms", "max_error_us", "source", "error_ms"),
    [
        (NOON_MS, 1_200, ClockSource.NTP, 2),
        (NOON_MS, 0, ClockSource.NTP, 1),
        (NOON_MS, 16_000_000, ClockSource.NTP, 16_000),
        (NOON_MS, -1, ClockSource.RTC, -1),
        (5_000, -1, ClockSource.NONE, -1),
        (5_000, 1_200, ClockSource.NONE, -1),
    ],
)
def test_the_source_and_the_error_are_what_the_kernel_says(
    kernel: PaperKernel, unix_ms: int, max_error_us: int, source: ClockSource, error_ms: int
) -> None:
    kernel.unix_ms, kernel.max_error_us = unix_ms, max_error_us
    now = KernelClock(kernel.read).now()
    assert (now.source, now.error_ms, now.boottime_ms) == (source, error_ms, 5_000)
    assert bool(now.utc) is (source is not ClockSource.NONE)


def test_the_real_kernel_is_read_and_never_set() -> None:
    before = Kernel().read()
    after = Kernel().read()
    assert after.boottime_ns >= before.boottime_ns
    assert abs(after.unix_ns - before.unix_ns) < 60 * 10**9


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS, 1_001, -1_001])
def test_a_clock_that_steps_is_stated_with_how_far(kernel: PaperKernel, step_ms: int) -> None:
    clock = KernelClock(kernel.read)
    watch = StepWatch(clock.now())
    kernel.pass_ms(1_000)
    assert watch.look(clock.now()) is None
    kernel.pass_ms(1_000, stepped_ms=step_ms)
    assert watch.look(clock.now()) == ClockStep(step_ms, ClockSource.RTC, "the clock was set")
    kernel.pass_ms(1_000)
    assert watch.look(clock.now()) is None


def test_a_step_with_a_new_source_says_so(kernel: PaperKernel) -> None:
    clock = KernelClock(kernel.read)
    watch = StepWatch(clock.now())
    kernel.max_error_us = 5_000
    kernel.pass_ms(1_000, stepped_ms=-HOUR_MS)
    assert watch.look(clock.now()) == ClockStep(-HOUR_MS, ClockSource.NTP, "the clock has a source")


def test_what_lies_within_the_stated_error_is_no_step(kernel: PaperKernel) -> None:
    kernel.max_error_us = 5_000_000
    clock = KernelClock(kernel.read)
    watch = StepWatch(clock.now())
    kernel.pass_ms(1_000, stepped_ms=4_900)
    assert watch.look(clock.now()) is None
    kernel.pass_ms(1_000, stepped_ms=5_100)
    assert watch.look(clock.now()) is not None


def test_a_step_hidden_behind_a_time_without_any_clock_is_stated_too(kernel: PaperKernel) -> None:
    """Setting the clock to 1970 and then to another hour is two steps, and not none."""
    clock = KernelClock(kernel.read)
    watch = StepWatch(clock.now())
    kernel.boottime_ms += 1_000
    kernel.unix_ms = 0
    assert watch.look(clock.now()) is None
    kernel.boottime_ms += 1_000
    kernel.unix_ms = NOON_MS + 2_000 + HOUR_MS
    assert watch.look(clock.now()) == ClockStep(HOUR_MS, ClockSource.RTC, "the clock was set")


def test_a_clock_that_is_found_for_the_first_time_has_not_stepped(kernel: PaperKernel) -> None:
    kernel.unix_ms = 0
    clock = KernelClock(kernel.read)
    watch = StepWatch(clock.now())
    kernel.pass_ms(1_000, stepped_ms=NOON_MS)
    found: Moment = clock.now()
    assert found.utc
    assert watch.look(found) is None
