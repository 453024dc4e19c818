"""A unit's power, cut at any moment, and what it makes of it at its next start."""

from __future__ import annotations

import bisect
import json
import random
import shutil
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash.aftermath import After, check_after
from tests.custody.rig import Rig
from tests.rig.powercut.card import run
from tests.rig.powercut.writelog import (
    GRAINS,
    SECTOR,
    Entry,
    Kind,
    Replay,
    by_chance,
    read_log,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.crash.aftermath import Words
    from tests.rig.powercut.writelog import Cut, Keeps

# A second is the piece of half a second in the making, and as long again until the one before is
# called kept. A busy machine answers later; then the answer it gave to other pieces is the measure,
# and the usual one must still be that of a custody that syncs at its pace.
PIECE_MS = 500
USUAL_ANSWER_MS = 900
MOST_LOST_MS = 3000  # where a live cut meets a machine that has just stopped, which nobody answers
BITES_FROM = 100  # of so many cuts some must hurt
KEPT_SHARES = (0.1, 0.5, 0.9)  # of the grains that were not flushed
SUPERBLOCK = range(1024, 2048, SECTOR)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A life: the card it began with, and everything its disk was asked, from the mount on."""

    base: Path
    log: list[Entry]

    def replayed(self, count: int, seed: int, work: Path) -> Losses:
        """Cut at so many places by chance, and check each."""
        dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        return judge_cuts(self.base, self.cuts(count, dice), work)

    @classmethod
    def of(cls, folder: Path) -> Recorded:
        """Read what `tests.rig.powercut.life` left."""
        return cls(folder / "base.img", read_log(folder / "log"))

    def cuts(self, count: int, dice: random.Random) -> Iterator[Cut]:
        """Cut at so many places of the log by chance: most of them lie within a sync."""
        replay = Replay(self.log)
        for index in sorted(dice.randrange(1, len(self.log) + 1) for _ in range(count)):
            replay.go_to(index)
            yield replay.cut(_by_chance(dice))

    def cuts_in_time(self, count: int, dice: random.Random) -> Iterator[Cut]:
        """Cut at so many moments of the clock by chance, as a battery fails."""
        replay, times = Replay(self.log), [entry.at_ns for entry in self.log]
        for moment_ns in sorted(dice.randrange(times[0], times[-1]) for _ in range(count)):
            replay.go_to(bisect.bisect_right(times, moment_ns))
            yield replay.cut(_by_chance(dice), moment_ns)

    def torn_superblocks(self) -> Iterator[Cut]:
        """Cut within each write of the superblock that changes both of its sectors."""
        replay = Replay(self.log)
        for index, entry in enumerate(self.log):
            if entry.kind is not Kind.WRITE or entry.offset:
                continue
            replay.go_to(index)
            changes = [entry.data[at : at + SECTOR] != replay.durable(at) for at in SUPERBLOCK]
            replay.go_to(index + 1)
            if all(changes):
                for half in SUPERBLOCK:
                    yield replay.cut(_only(half, len(replay.pending) - 1, others=False))
                    yield replay.cut(_only(half, len(replay.pending) - 1, others=True))


@dataclass
class Losses:
    """What so many cuts cost: how often how many pieces, and how many milliseconds of film each."""

    pieces: Counter[int] = field(default_factory=Counter)
    loss_ms: list[int] = field(default_factory=list)
    late_ms: int = 0
    answers_ms: list[int] = field(default_factory=list)

    def take(self, after: After) -> None:
        """Take in one cut."""
        self.pieces[after.missing] += 1
        self.answers_ms.extend(after.answers_ms)
        if after.loss_ms is not None:
            self.loss_ms.append(after.loss_ms)
            self.late_ms = max(self.late_ms, after.late_ms)

    def check(self, count: int, strays: int = 0) -> str:
        """Check what must hold of all together, `strays` cuts left out; give it in a sentence."""
        usual_ms, slowest_ms = statistics.median(self.answers_ms), max(self.answers_ms)
        bound_ms = PIECE_MS + max(PIECE_MS, slowest_ms) + self.late_ms
        said = (
            f"{count} cuts, half seconds missing: {dict(sorted(self.pieces.items()))}; film lost "
            f"in {len(self.loss_ms)} cuts while filming: median {statistics.median(self.loss_ms)}, "
            f"worst {max(self.loss_ms)} ms; a piece is called kept after {usual_ms} ms, the "
            f"slowest after {slowest_ms}; the rig itself was {self.late_ms} ms late"
        )
        assert self.pieces.total() == count
        beyond = [loss_ms for loss_ms in self.loss_ms if loss_ms > bound_ms]
        assert len(beyond) <= strays, f"more than {bound_ms} ms: {beyond}; {said}"
        assert max(self.loss_ms) <= MOST_LOST_MS + self.late_ms, said
        assert usual_ms <= USUAL_ANSWER_MS + self.late_ms, said
        bites = count < BITES_FROM or self.pieces[0] < count
        assert bites, f"nothing was ever missing, so the rig does not cut: {said}"
        return said


def _only(sector: int, newest: int, *, others: bool) -> Keeps:
    """Of the newest write keep this sector alone, and of the others all or nothing."""
    return lambda write, at: at == sector if write == newest else others


def _by_chance(dice: random.Random) -> Keeps:
    return by_chance(dice.choice(KEPT_SHARES), dice.choice(GRAINS), dice)


def judge_image(image: Path, words: Words, cut_ns: int, seed: int, work: Path) -> After:
    """Repair a card as a unit's start does, start a unit on it, and check what must be."""
    unit = work / "unit"
    shutil.rmtree(unit, ignore_errors=True)
    unit.mkdir()
    # What `fsck.repair=yes` does; `-f` besides, so that a card that says it is clean is looked at.
    run("e2fsck", "-fy", image, good=(0, 1, 2))
    run("debugfs", "-R", f"rdump / {unit}", image)
    rig = Rig.found_again(unit, seed=seed)
    rig.clock.utc_ms = time.time_ns() // 1_000_000 + 60_000
    try:
        return check_after(rig, words, cut_ns)
    finally:
        rig.clear_away()


def laid(cut: Cut, base: Path, work: Path) -> Path:
    """Give the card that a cut leaves."""
    image = work / "card.img"
    run("cp", "--sparse=always", base, image)
    cut.write_over(image)
    return image


def judge_live(folder: Path, count: int, work: Path) -> Losses:
    """Check each card that `tests.rig.powercut.live` left."""
    losses = Losses()
    for number in range(1, count + 1):
        told = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
        try:
            after = judge_image(
                folder / f"{number}.img", told["words"], told["cut_ns"], number, work
            )
        except BaseException as error:
            error.add_note(f"live cut {number}")
            raise
        losses.take(after)
    return losses


def judge_cuts(base: Path, cuts: Iterable[Cut], work: Path) -> Losses:
    """Check the card of each cut."""
    losses = Losses()
    for number, cut in enumerate(cuts, 1):
        image = laid(cut, base, work)
        try:
            after = judge_image(image, cut.words, cut.at_ns, 1000 + cut.index, work)
        except BaseException as error:
            error.add_note(f"cut {number}, before entry {cut.index} of the life's log")
            raise
        losses.take(after)
    return losses
