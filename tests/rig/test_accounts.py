"""An account that does not come out shows, and an honest one does."""

from __future__ import annotations

import pytest

from tests.rig.accounts import Counted, Stated, Unaccounted, check_accounts

STEP_MS = 33


def film(drawn: str) -> list[Counted]:
    """Pictures a, b, c … as they stand in the film; the letter is the number and the instant."""
    return [Counted(ord(letter), ord(letter) * STEP_MS) for letter in drawn]


def gap(drawn: str, lost: int) -> Stated:
    """A gap from one picture to another."""
    return Stated(lost, ord(drawn[0]) * STEP_MS, ord(drawn[1]) * STEP_MS)


def test_every_picture_once_needs_no_word() -> None:
    assert check_accounts(film("abcdefgh"), []) == 0


def test_a_hole_that_the_log_states_is_accounted_for() -> None:
    assert check_accounts(film("abc  fgh".replace(" ", "")), [gap("cf", 2)]) == 2
    assert check_accounts(film("abcfgj"), [gap("cf", 2), gap("gj", 2)]) == 4


def test_the_word_that_something_began_counts_nothing() -> None:
    assert check_accounts(film("abcfgh"), [gap("cc", -1), gap("cf", 2)]) == 2


@pytest.mark.parametrize(
    ("drawn", "gaps"),
    [
        ("abcfgh", []),  # missing without a word
        ("abcfgh", [("cf", -1)]),  # without a count
        ("abcfgh", [("cf", 1)]),  # more is missing than is stated
        ("abcfgh", [("cf", 3)]),  # less
        ("abcfgh", [("ab", 2)]),  # stated elsewhere
        ("abcfgh", [("cf", 2), ("gh", 1)]),  # one gap more than there is
        ("abcfgj", [("cj", 4)]),  # one gap for two holes: the pictures between are denied
        ("abccde", []),  # twice
        ("abdcef", []),  # out of order
    ],
)
def test_an_account_that_does_not_come_out_is_refused(
    drawn: str, gaps: list[tuple[str, int]]
) -> None:
    with pytest.raises(Unaccounted):
        check_accounts(film(drawn), [gap(*stated) for stated in gaps])
