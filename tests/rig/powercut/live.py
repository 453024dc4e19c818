"""The power of a living unit is cut, again and again on one card, and each time it goes on.

    python -m tests.rig.powercut.live FOLDER CUTS SEED [--without-sync]

What the replay of a write log cannot show: the kernel's own recovery at the mount, damage that
adds up, and a custody whose card dies under it. FOLDER gets the card after each cut, `1.img` and
so on, and beside it, in `1.json`, when that was and what was told until then.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.handover import packets as p
from recorder.handover.errors import LinkLost
from tests.custody.process import command, config_text
from tests.custody.rig import Rig
from tests.rig.powercut.card import Card, LoopMount, make_ext4, run
from tests.rig.powercut.life import (
    CARD_MEBIBYTES,
    PIECE_BYTES,
    SYNC_MS,
    Callers,
    Lens,
    started,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.aftermath import Words

KEPT_SHARES = (0.1, 0.5, 0.9)
LONGEST_SECONDS = 2.5
PIECES = 12  # more than a life lasts


@contextlib.contextmanager
def power(card: Card, words: Words, dice: random.Random) -> Iterator[None]:
    """Cut at a moment by chance after this; the moment is told."""

    def cut() -> None:
        # The last instant at which the card can have taken anything in.
        words.append({"cut_ns": time.monotonic_ns()})
        card.tell(f"cut {dice.randrange(1 << 30)} {dice.choice(KEPT_SHARES)}")

    timer = threading.Timer(dice.uniform(0, LONGEST_SECONDS), cut)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def live_until_cut(card: Card, folder: Path, words: Words, seed: int) -> None:
    """Start, record, and lose power in the middle of it."""
    rig, at = Rig(card.folder, protect=True, seed=seed), folder / "s"
    changes = {"socket": f'"{at}"', "protect": "true", "sync_ms": str(SYNC_MS)}
    config = folder / "custody.toml"
    config.write_text(config_text(rig, **changes), encoding="utf-8")
    arguments = command("custody", "--config", config)
    if "--without-sync" in sys.argv:
        program = "tests.rig.powercut.custody_without_sync"
        arguments = [sys.executable, "-m", program, "--config", str(config)]

    def tell(word: object) -> None:
        assert isinstance(word, dict)
        words.append(word)

    custody = started(rig, arguments)
    callers, lens = Callers(at, tell), Lens(tell, PIECE_BYTES, seed)
    try:
        with power(card, words, random.Random(seed)):  # noqa: S311 - repeatable on purpose
            callers.conductor.send(rig.opening())
            with contextlib.suppress(LinkLost):
                callers.wait(p.Opened)
                lens.film(callers, PIECES)
    finally:
        custody.kill()
        custody.communicate()
        callers.close()


def until(cut: int, words: Words) -> Words:
    """Leave out what was filmed after the cut; answers on their way by then were given before."""
    return words[:cut] + [word for word in words[cut + 1 :] if {"kept", "record"} & word.keys()]


def kept_of(words: Words) -> Words:
    """Give what a life's custody has promised, which holds for every later one."""
    kept = max((word["kept"] for word in words if "kept" in word), default=0)
    given = [word for word in words if "given" in word][:kept]
    records = [word for word in words if "record" in word]
    return [{"lens": True}, *given, {"kept": kept}, *records]


def main(folder: Path, cuts: int, seed: int) -> None:
    """Let a unit live so often on one card."""
    folder.mkdir(exist_ok=True)
    image = folder / "card.img"
    make_ext4(image, CARD_MEBIBYTES)
    with LoopMount(image, folder / "m") as mounted:
        Rig(mounted.folder, protect=True)
    promised: Words = []
    for number in range(1, cuts + 1):
        work = folder / f"life{number}"
        words: Words = []
        work.mkdir()
        with Card(image, work) as card:
            live_until_cut(card, work, words, seed * 1000 + number)
        run("cp", "--sparse=always", image, folder / f"{number}.img")
        cut = next(i for i, word in enumerate(words) if "cut_ns" in word)
        told = {"cut_ns": words[cut]["cut_ns"], "words": promised + until(cut, words)}
        (folder / f"{number}.json").write_text(json.dumps(told), encoding="utf-8")
        promised += kept_of(words)
        if number % 2:
            # Every other time; otherwise the kernel alone replays its journal.
            run("e2fsck", "-y", image, good=(0, 1, 2))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
