"""`make torture`: ten lives, cut two thousand times; the seed is the life's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.cuts import check_cuts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crash.cuts import Recorded

LIVES = 10
CUTS_OF_A_LIFE = 200


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("life", range(LIVES))
def test_power_cuts_by_the_thousand(
    lived: Callable[..., Recorded], work: Path, life: int, capsys: pytest.CaptureFixture[str]
) -> None:
    said = check_cuts(lived(), CUTS_OF_A_LIFE, 100 + life, work)
    with capsys.disabled():
        print(f"life {life}: {said}")  # noqa: T201 - whoever tortures wants to see it
