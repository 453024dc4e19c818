"""`make torture`: ten lives cut two thousand times, and ten cards cut ten times each, live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.cuts import judge_live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crash.cuts import Recorded

LIVES, CUTS_OF_A_LIFE = 10, 200
CARDS, CUTS_OF_A_CARD = 10, 10

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("number", range(LIVES))
def test_power_cuts_by_the_thousand(
    lived: Callable[..., Recorded], work: Path, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = lived(work / "life").replayed(CUTS_OF_A_LIFE, 100 + number, work)
    with capsys.disabled():
        print(f"life {number}: {losses.check(CUTS_OF_A_LIFE)}")  # noqa: T201 - to be read


@pytest.mark.parametrize("number", range(CARDS))
def test_live_power_cuts_by_the_hundred(
    cut_live: Callable[..., Path], work: Path, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = judge_live(cut_live(CUTS_OF_A_CARD, 100 + number), CUTS_OF_A_CARD, work)
    with capsys.disabled():
        print(f"card {number}: {losses.check(CUTS_OF_A_CARD, strays=1)}")  # noqa: T201 - to be read
