"""A recorded life, cut at any moment, and what the unit makes of it at its next start."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.crash.aftermath import check_after
from tests.custody.rig import Rig
from tests.rig.powercut.card import run
from tests.rig.powercut.life import PIECE_SECONDS
from tests.rig.powercut.writelog import Cut, Entry, Kind, cuts

if TYPE_CHECKING:
    from pathlib import Path

KEPT_SHARE = 0.5  # of the pages that were not flushed
MOST_LOST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A life: the card it began with, and everything its disk was asked."""

    base: bytes
    log: list[Entry]

    def moments(self, count: int, dice: random.Random) -> list[int]:
        """Choose moments after the callers came."""
        first = next(i for i, entry in enumerate(self.log) if entry.kind is Kind.MARK)
        return sorted(dice.randrange(first, len(self.log) + 1) for _ in range(count))


def lost_pieces(cut: Cut, work: Path) -> int:
    """Start a unit on what a cut left; AssertionError for whatever must not be."""
    image, unit = work / "card.img", work / "unit"
    image.write_bytes(cut.image)
    shutil.rmtree(unit, ignore_errors=True)
    unit.mkdir()
    # As a unit's start does with `fsck.repair=yes`.
    run("e2fsck", "-fy", image, good=(0, 1, 2))
    run("debugfs", "-R", f"rdump / {unit}", image)
    rig = Rig.found_again(unit, seed=1000 + cut.index)
    rig.clock.utc_ms = time.time_ns() // 1_000_000 + 60_000
    try:
        return check_after(rig, cut.words)
    finally:
        rig.clear_away()


def judge_cuts(recorded: Recorded, count: int, seed: int, work: Path) -> Counter[int]:
    """Cut so often; give how often how many pieces of half a second were missing."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    moments = recorded.moments(count, dice)
    missing: Counter[int] = Counter()
    for cut in cuts(recorded.base, recorded.log, moments, KEPT_SHARE, dice):
        try:
            missing[lost_pieces(cut, work)] += 1
        except BaseException as error:
            error.add_note(f"cut before entry {cut.index} of {len(recorded.log)}, seed {seed}")
            raise
    return missing


def check_cuts(recorded: Recorded, count: int, seed: int, work: Path) -> str:
    """Cut so often, and check what must hold of all together; give it in a sentence."""
    missing = judge_cuts(recorded, count, seed, work)
    said = f"{count} cuts; half seconds missing: {dict(sorted(missing.items()))}"
    assert missing.total() == count
    assert max(missing) * PIECE_SECONDS <= MOST_LOST_SECONDS, said
    assert missing[0] < count, f"nothing was ever missing, so the rig does not cut: {said}"
    return said
