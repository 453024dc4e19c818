"""How much film a power cut costs: from the last picture that survives to the moment of the cut.

A real custody records on a disk that forgets what was not flushed, synced as a unit is configured.
Its power is cut at moments of the clock by chance; those while a lens films count. Each card is
repaired, custody starts on it, a verifier reads it, and the newest picture in any sealed film
counts. The piece of half a second that the lens is still making is part of the loss; the delay of a
real encoder is not, since none runs here. Needs root, like the tests whose rig this is.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.crash.cuts import Recorded, judge_cuts
from tests.rig.powercut.card import ROOT

CUTS, BUDGET_MS = 120, 1000


def run() -> list[dict[str, object]]:
    """Give the one figure `powercut_loss_ms`; the worst cut must hold the budget."""
    with tempfile.TemporaryDirectory(prefix="b", dir="/dev/shm") as folder:
        work = Path(folder)
        life = ("-m", "tests.rig.powercut.life", work / "life")
        alone = ("unshare", "-m", "--propagation", "private")
        subprocess.run([*alone, sys.executable, *life], cwd=ROOT, check=True, timeout=120)
        recorded = Recorded.of(work / "life")
        dice = random.Random(11)  # noqa: S311 - repeatable on purpose
        losses = judge_cuts(recorded.base, recorded.cuts_in_time(CUTS, dice), work)
    losses_ms = losses.loss_ms
    return [
        {
            "name": "powercut_loss_ms",
            "value": statistics.median(losses_ms),
            "unit": f"ms, worst {max(losses_ms)}",
            "peer": None,
            "budget": f"≤{BUDGET_MS}, the worst",
            "ok": max(losses_ms) <= BUDGET_MS,
            "command": "make bench ARGS=powercut",
            "runs": losses_ms,
        }
    ]


if __name__ == "__main__":
    print(run())
