"""The power goes at any moment: what was written and never flushed is gone, torn, or out of order.

A unit lives once on a disk that writes down all it is asked; every cut is then rebuilt from that
log, as often as wanted. Each card is repaired as a unit's start repairs it, custody starts on it,
a court's verifier reads it, and it goes on recording. `make torture` does ten times as many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.cuts import check_cuts, judge_cuts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crash.cuts import Recorded

CUTS = 220
CONTROLS = 8

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_power_cut_at_any_moment_costs_at_most_the_last_second(
    lived: Callable[..., Recorded], work: Path
) -> None:
    check_cuts(lived(), CUTS, seed=1, work=work)


def test_the_same_cuts_ruin_a_custody_that_does_not_sync(
    lived: Callable[..., Recorded], work: Path
) -> None:
    recorded, ruined = lived("--without-sync"), 0
    for seed in range(CONTROLS):
        try:
            judge_cuts(recorded, 1, seed, work)
        except Exception:  # noqa: BLE001 - whatever it is, it must not go well
            ruined += 1
    assert ruined >= CONTROLS // 2, f"only {ruined} of {CONTROLS} cuts hurt: the rig does not bite"
