"""What a finger means, drawn: `_` down, `^` up, a digit waits that many hundred milliseconds."""

from __future__ import annotations

import pytest

from recorder.capture.gestures import Gestures, GestureTimes
from recorder.capture.machine import Fact
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


def test_a_stuck_button_is_known_and_says_nothing_more() -> None:
    gestures = Gestures(GestureTimes())
    gestures.take(Edge(Button.RECORD, True, 0))
    gestures.tick(9 * 10**9)
    assert gestures.due_ns() is None
    assert not gestures.stuck(29 * 10**9)
    assert gestures.stuck(30 * 10**9)
