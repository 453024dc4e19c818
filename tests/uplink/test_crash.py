"""The station's process is killed between any two numbered effects, and nothing is lost or doubled.

Each test kills at one moment, starts a new process on the same folder, and lets the courier go on.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.head import parse_signed_head
from recorder.evidence.receipt import FiledFile, check_station_head
from recorder.evidence.words import digest, media_file
from tests.uplink.dock import Dock, Killed
from uplink.station.admission.receipts import Claim

if TYPE_CHECKING:
    from pathlib import Path

MOMENTS = 58
"""As many as a journey of two segments has."""


class Executioner:
    """Ends the process at its n-th moment, once; 0 spares it, and only counts the moments."""

    def __init__(self, moment: int) -> None:
        self._left = moment
        self.passed: list[str] = []

    def __call__(self, name: str) -> None:
        self._left -= 1
        self.passed.append(name)
        if self._left == 0:
            raise Killed(name)


def story(tmp_path: Path, moment: int) -> tuple[Dock, list[str]]:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    dock.unit.power_cut(dock.unit.start(), 1, 1)
    executioner = Executioner(moment)
    dock.step = executioner
    dock.dock()
    for _ in range(400):
        try:
            dock.turn()
        except Killed:
            dock.restart()
        if dock.courier.home:
            break
    return dock, executioner.passed


@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
def test_a_killed_station_loses_nothing_and_doubles_nothing(tmp_path: Path, moment: int) -> None:
    dock, _passed = story(tmp_path, moment)
    assert dock.courier.home
    assert not dock.courier.refused
    archived = dock.archived()
    for name, data in dock.sealed().items():
        assert archived[name] == data
    assert Counter(dock.receipted_files()) == Counter(dock.sealed().keys())
    assert not [name for name in archived if name.endswith(".part")]


def test_the_moments_reach_every_numbered_effect(tmp_path: Path) -> None:
    # Up to its end a killed process passes the same moments, in the same order, as one that lives.
    _dock, spared = story(tmp_path / "spared", 0)
    assert len(spared) == MOMENTS
    for moment in (1, len(spared) // 2, len(spared)):
        _dock, passed = story(tmp_path / str(moment), moment)
        assert passed[:moment] == spared[:moment]
    assert set(spared) == {
        "unit log: before 1 (records)",
        "unit log: within 1 (heads)",
        "admit: before 2 (read back)",
        "admit: before 6 (archive)",
        "archive: before a (name)",
        "archive: before b (seal)",
        "log: before 1 (journal)",
        "log: before 2 (tiles)",
        "log: before 3 (checkpoint)",
        "log: after 3 (checkpoint)",
        "receipt: before 9 (witnesses)",
        "receipt: within 9 (publish)",
        "receipt: before 10 (index)",
        "admit: before 11 (send)",
    }


def test_two_workers_with_the_same_claim_make_one_entry(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    files = (FiledFile(media_file(1, 1), digest(b"film")),)
    claim = Claim("baofeng-mz.shilu/BF-0007", 5, bytes(32), files)
    first, _letter = dock.admission.registrar.receipt_for(claim, 0)
    dock.restart()
    second, _letter = dock.admission.registrar.receipt_for(claim, 0)
    assert (first, second) == (0, 0)
    assert dock.receipted_files() == [media_file(1, 1)]


def test_after_a_crash_the_published_head_is_one_that_the_witnesses_saw(tmp_path: Path) -> None:
    dock, passed = story(tmp_path, 1)
    assert passed
    checkpoint = (dock.layout.log / "checkpoint").read_bytes()
    check_station_head(checkpoint, dock.trust.policy)
    assert parse_signed_head(checkpoint).head.size == dock.admission.registrar.log.size
