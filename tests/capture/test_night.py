"""Day and night for the camera: dark for a while, bright for a longer while, and no flicker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recorder.capture.conductor.night import Night, NightTimes, View

HALF_NS = 500_000_000
TIMES = NightTimes(dark_lux=5, dark_seconds=3, bright_lux=40, bright_seconds=10)


def seen(readings: list[int], night: Night | None = None) -> list[tuple[float, View]]:
    """Give a reading each half second; the second of each turn, and what it became."""
    night = Night(TIMES) if night is None else night
    turns = []
    for number, lux in enumerate(readings):
        if night.turned(lux, number * HALF_NS):
            turns.append((number / 2, night.view))
    return turns


def dark(seconds: float) -> list[int]:
    return [1] * round(seconds * 2)


def bright(seconds: float) -> list[int]:
    return [100] * round(seconds * 2)


def test_dark_for_three_seconds_is_night_and_bright_for_ten_is_day_again() -> None:
    assert seen(bright(5) + dark(5) + bright(15)) == [(8.0, View.NIGHT), (20.0, View.DAY)]


def test_a_hand_before_the_lens_is_no_night() -> None:
    assert seen(bright(5) + dark(2.5) + bright(5)) == []


def test_a_passing_headlight_is_no_day() -> None:
    assert seen(dark(5) + bright(4) + dark(5) + bright(9) + dark(5)) == [(3.0, View.NIGHT)]


def test_brightness_around_a_threshold_turns_nothing_twice() -> None:
    assert seen([4, 6] * 60) == []
    assert seen(dark(5) + [39, 41] * 60) == [(3.0, View.NIGHT)]


def test_its_own_infrared_light_does_not_end_the_night() -> None:
    assert seen(dark(5) + [30] * 200) == [(3.0, View.NIGHT)]


def test_a_camera_that_rested_in_between_begins_the_wait_anew() -> None:
    night = Night(TIMES)
    assert not night.turned(1, 0)
    assert not night.turned(1, 60 * HALF_NS)
    assert night.view is View.DAY


@given(st.lists(st.integers(0, 200), max_size=300))
def test_whatever_comes_no_two_turns_are_closer_than_their_waits(readings: list[int]) -> None:
    turns = seen(readings)
    waits = {View.NIGHT: 3.0, View.DAY: 10.0}
    before = 0.0
    for second, view in turns:
        assert second - before >= waits[view]
        before = second
