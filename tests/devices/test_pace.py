"""The real clock of a bench unit."""

from __future__ import annotations

import threading
import time

from recorder.devices.pace import BoottimePace


def test_an_instant_that_is_past_is_not_waited_for() -> None:
    pace = BoottimePace()
    assert pace.wait_until(pace.now_ns() - 1_000_000_000, threading.Event())


def test_an_instant_to_come_is_waited_for() -> None:
    pace = BoottimePace()
    due_ns = pace.now_ns() + 20_000_000
    assert pace.wait_until(due_ns, threading.Event())
    assert pace.now_ns() >= due_ns - 1_000_000


def test_a_stop_ends_the_waiting() -> None:
    pace = BoottimePace()
    stop = threading.Event()
    stop.set()
    assert not pace.wait_until(pace.now_ns() + 3600 * 1_000_000_000, stop)


def test_it_is_the_clock_that_runs_on_while_the_machine_sleeps() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before <= BoottimePace().now_ns() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)
