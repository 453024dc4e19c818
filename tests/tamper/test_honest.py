"""No honest package is ever called forged: 60 days here, a thousand by `make honest`.

What a day may bring (power cuts, clock steps, lost GPS, released files, resumed recordings) is
in tests/verify/days.py; its tests judge the first 60 seeds, these the next ones.
"""

from __future__ import annotations

import pytest

from recorder.evidence.verdict import Exit
from tests.verify.court import codes, judged
from tests.verify.days import honest_day

FIRST_SEED = 1000


@pytest.mark.parametrize("day", range(60))
def test_an_honest_day_raises_no_alarm(day: int) -> None:
    scene, recordings = honest_day(FIRST_SEED + day)
    files = scene.station.package(scene.unit, *recordings)
    keys = (scene.unit.station_key,) if day % 2 else ()
    verdict = judged(files, scene.station.trust(), *keys)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
