"""Every deed in the tamper matrix is answered as it is drawn: evidence-crypto's 54 and our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.evidence.verdict import Exit
from tests.tamper import films, lawyer, lawyer_papers, logs, logs_own, orders, papers
from tests.tamper.table import Case, Table, cases_of, drawn, honest_package

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.verify.conftest import Scene

CASES = sorted(
    cases_of(films, lawyer, lawyer_papers, logs, logs_own, orders, papers),
    key=lambda each: each.number,
)
# Told by tests of their own: a witness refuses (52), an edited excerpt (54).
ELSEWHERE = {"52", "54"}
HONEST = {"33", "50", "A43", "B07", "B23", "B27", "B30", "B33", "B36", "C01", "C13", "C14", "C15"}


@pytest.fixture(scope="module")
def honest() -> tuple[Scene, Mapping[str, bytes]]:
    return honest_package()


@pytest.mark.parametrize("each", CASES, ids=Case.sentence)
def test_the_deed_is_answered_as_drawn(
    each: Case, honest: tuple[Scene, Mapping[str, bytes]]
) -> None:
    verdict = each.deed(Table(honest))
    assert drawn(verdict) == each.expected
    assert (verdict.exit is Exit.PROVEN) is (each.number in HONEST)


def test_the_package_that_they_change_is_proven(
    honest: tuple[Scene, Mapping[str, bytes]],
) -> None:
    table = Table(honest)
    assert drawn(table.hand_over(key=True)) == "+++++"


def test_no_number_of_the_matrix_is_left_out() -> None:
    numbers = [each.number for each in CASES]
    assert len(numbers) == len(set(numbers))
    assert {each for each in numbers if each.isdigit()} | ELSEWHERE == {
        f"{number:02d}" for number in range(1, 55)
    }
    assert len([each for each in numbers if each.startswith("A")]) >= 40
