"""A contact that bounces, drawn: ^ closes, v opens, one letter a millisecond."""

from __future__ import annotations

import pytest

from recorder.capture.ports import Button
from recorder.devices.debounce import Debounce

MS = 1_000_000


def edges(contact: str) -> str:
    """Give the edges that reach the machine, in the same drawing."""
    debounce = Debounce(Button.RECORD)
    closed = False
    told = ["." for _ in contact]
    for ms, letter in enumerate(contact):
        now_ns = ms * MS
        edge = None
        if letter in "^v":
            closed = letter == "^"
            edge = debounce.take(closed, now_ns)
        due_ns = debounce.due_ns()
        if edge is None and due_ns is not None and now_ns >= due_ns:
            edge = debounce.settle(closed, now_ns)
        if edge is not None:
            told[ms] = "^" if edge.pressed else "v"
    return "".join(told)


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("^" + "." * 59 + "v" + "." * 40, "^" + "." * 59 + "v" + "." * 40),
        ("^.v.^v^" + "." * 53 + "v.^.v" + "." * 40, "^" + "." * 59 + "v" + "." * 44),
        ("^........v" + "." * 40, "^" + "." * 29 + "v" + "." * 19),
        ("^" + "." * 20 + "v" + "." * 3 + "^" + "." * 40, "^" + "." * 65),
    ],
    ids=["a clean press", "a bouncing press", "a tap of 9 ms", "a loose moment"],
)
def test_the_first_change_counts_at_once_and_the_contact_is_asked_when_it_has_settled(
    contact: str, told: str
) -> None:
    assert edges(contact) == told
