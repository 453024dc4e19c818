"""The power goes at any moment: what was written and never flushed is gone, torn, or out of order.

Two kinds. *Replayed*: a unit lives once on a disk that writes down all it is asked, from the mount
on; every cut is then rebuilt from that log, as often as wanted, torn between sectors or pages.
*Live*: the disk itself forgets under a unit that is recording, again and again on one card. After
each the card is repaired as a unit's start repairs it, custody starts on it, a court's verifier
reads it, and it goes on recording. `make torture` does ten times as many.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.crash.cuts import Losses, judge_image, judge_live, laid
from tests.rig.powercut.card import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crash.cuts import Recorded

REPLAYED, LIVE = 200, 8
CONTROLS = 8
LIVE_CONTROLS = 3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_power_cut_at_any_moment_costs_at_most_the_last_second(
    life: Recorded, work: Path
) -> None:
    life.replayed(REPLAYED, 1, work).check(REPLAYED)


def test_the_same_cuts_ruin_a_custody_that_does_not_sync(
    lived: Callable[..., Recorded], work: Path
) -> None:
    recorded, ruined = lived(work / "life", "--without-sync"), 0
    for seed in range(CONTROLS):
        try:
            recorded.replayed(1, seed, work)
        except Exception:  # noqa: BLE001 - whatever it is, it must not go well
            ruined += 1
    assert ruined >= CONTROLS // 2, f"only {ruined} of {CONTROLS} cuts hurt: the rig does not bite"


def test_a_card_whose_power_is_cut_again_and_again_keeps_what_it_promised(
    cut_live: Callable[..., Path], work: Path
) -> None:
    judge_live(cut_live(LIVE, 1), LIVE, work).check(LIVE, strays=1)


@pytest.mark.parametrize(
    ("answers_ms", "losses_ms", "sentence"),
    [
        ([300] * 9, [400] * 7 + [1100], "more than 1000 ms"),  # a piece more than was promised
        ([300] * 8 + [900], [400] * 7 + [1500], "more than 1400 ms"),  # busy, and still too much
        ([1500] * 9, [1900] * 8, "called kept after 1500"),  # a custody that syncs too seldom
    ],
)
def test_a_custody_that_loses_more_or_syncs_more_seldom_fails(
    answers_ms: list[int], losses_ms: list[int], sentence: str
) -> None:
    losses = Losses(Counter({1: len(losses_ms)}), losses_ms, 0, answers_ms)
    with pytest.raises(AssertionError, match=sentence):
        losses.check(len(losses_ms))
    Losses(Counter({1: 8}), [400] * 8, 0, [300] * 9).check(8)


def test_live_cuts_ruin_a_custody_that_does_not_sync(
    cut_live: Callable[..., Path], work: Path
) -> None:
    ruined = 0
    for seed in range(LIVE_CONTROLS):
        folder = cut_live(1, seed, "--without-sync")
        try:
            judge_live(folder, 1, work)
        except Exception:  # noqa: BLE001 - whatever it is, it must not go well
            ruined += 1
    assert ruined, f"none of {LIVE_CONTROLS} cuts hurt: the rig does not bite"


def test_a_superblock_torn_in_two_comes_back_from_the_second_one(
    life: Recorded, work: Path
) -> None:
    """Its 1024 bytes are two sectors, with a checksum over both: half a write is none.

    `-p` refuses such a card, and the kernel does too. `-y` finds the backup, sees that the journal
    holds something, and replays it: so a unit needs `fsck.repair=yes`, and a card of two groups.
    """
    torn = list(life.torn_superblocks())
    assert torn
    for cut in torn:
        image = laid(cut, life.base, work)
        assert "could not be read" in run("e2fsck", "-p", image, good=(8,))
        run("mount", "-o", "loop,ro", image, work, good=(32,))
        judge_image(image, cut.words, cut.at_ns, 1, work)
