"""What a finger means, drawn: `_` down, `^` up, a digit waits that many hundred milliseconds."""

from __future__ import annotations

import pytest

from recorder.capture.conductor.gestures import Gestures, GestureTimes
from recorder.capture.conductor.machine import Fact
from recorder.capture.ports import Button, Edge

D, P, PP, S, OFF, NO = (
    Fact.DOWN,
    Fact.PRESS,
    Fact.DOUBLE_PRESS,
    Fact.HELD_STOP,
    Fact.HELD_OFF,
    Fact.NO_GESTURE,
)


def meaning(drawing: str) -> list[Fact]:
    """Play the drawing, ticking exactly when the recogniser asks for it."""
    gestures, now_ns = Gestures(GestureTimes()), 10**12
    facts: list[Fact] = []
    for sign in [*drawing, "50"]:  # five seconds more, so that everything due comes out
        if sign in "_^":
            facts += gestures.take(Edge(Button.RECORD, sign == "_", now_ns))
            continue
        until_ns = now_ns + int(sign) * 100_000_000
        while (due_ns := gestures.due_ns()) is not None and due_ns <= until_ns:
            now_ns = due_ns
            facts += gestures.tick(now_ns)
        now_ns = until_ns
    return facts


@pytest.mark.parametrize(
    ("drawing", "means"),
    [
        ("_1^", [D, P]),
        ("_1^2_1^", [D, PP]),
        ("_1^5_1^", [D, P, D, P]),
        ("_9991^", [D, S, NO]),
        ("_99999999999^", [D, S, OFF]),
        ("_1^1_1^1_1^", [D, PP, D, P]),
        ("_1__^^1", [D, P]),  # bounces
        ("^1_1^", [D, P]),
        ("_1^2_9999^", [D, S, NO]),  # a second press that became a hold
    ],
)
def test_a_finger_is_understood(drawing: str, means: list[Fact]) -> None:
    assert meaning(drawing) == means


def test_the_button_is_felt_before_its_meaning_is_known() -> None:
    gestures = Gestures(GestureTimes())
    assert gestures.take(Edge(Button.RECORD, True, 0)) == (D,)


def test_a_late_second_press_first_says_what_the_first_was() -> None:
    gestures = Gestures(GestureTimes(double_ms=400))
    gestures.take(Edge(Button.RECORD, True, 0))
    gestures.take(Edge(Button.RECORD, False, 100_000_000))
    assert gestures.take(Edge(Button.RECORD, True, 900_000_000)) == (P, D)


def test_a_button_that_is_down_longer_than_any_gesture_is_stuck_and_told_once() -> None:
    gestures = Gestures(GestureTimes())
    gestures.take(Edge(Button.RECORD, True, 0))
    assert gestures.tick(9 * 10**9) == (Fact.HELD_STOP, Fact.HELD_OFF)
    assert gestures.due_ns() == 10 * 10**9
    assert gestures.tick(10 * 10**9) == (Fact.STUCK,)
    assert gestures.due_ns() is None
    assert gestures.tick(60 * 10**9) == ()
    assert gestures.is_down


def test_a_button_is_never_stuck_before_the_longest_gesture_is_over() -> None:
    gestures = Gestures(GestureTimes(off_ms=15_000))
    gestures.take(Edge(Button.RECORD, True, 0))
    assert Fact.STUCK not in gestures.tick(16_999 * 10**6)
    assert Fact.STUCK in gestures.tick(17 * 10**9)


def test_a_button_that_is_down_when_the_unit_starts_was_not_pressed() -> None:
    """Or a button that is stuck would switch a unit off each time it was switched on."""
    gestures = Gestures(GestureTimes(), begun_ns=10**9)
    assert gestures.take(Edge(Button.RECORD, True, 1_100_000_000)) == ()
    assert gestures.due_ns() == 11_100_000_000
    assert gestures.tick(11_100_000_000) == (Fact.STUCK,)
    assert gestures.take(Edge(Button.RECORD, False, 12 * 10**9)) == ()
    assert gestures.take(Edge(Button.RECORD, True, 13 * 10**9)) == (D,)
