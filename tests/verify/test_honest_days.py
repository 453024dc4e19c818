"""No honest recording is ever called forged, whatever happened to the unit."""

from __future__ import annotations

import pytest

from recorder.evidence.verdict import Exit
from tests.verify.court import codes, judged
from tests.verify.days import honest_day


@pytest.mark.parametrize("seed", range(60))
def test_an_honest_day_is_proven(seed: int) -> None:
    scene, recordings = honest_day(seed)
    files = scene.station.package(scene.unit, *recordings)
    keys = (scene.unit.station_key,) if seed % 2 else ()
    verdict = judged(files, scene.station.trust(), *keys)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert verdict.recordings == recordings
