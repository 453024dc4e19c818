"""The officer is told how the way home goes: by the courier, through custody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.moment import utc_ms
from recorder.handover.packets import Dock as At
from recorder.handover.packets import Journey
from tests.uplink.dock import Dock
from uplink.courier.events import Docked, Undocked
from uplink.courier.filing import FilingLost
from uplink.courier.tidings import AGAIN_SECONDS, Tidings

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Custody:
    """Takes tidings, or is away."""

    away: bool = False
    told: list[Journey] = field(default_factory=list)

    def let_know(self, journey: Journey) -> None:
        if self.away:
            raise FilingLost("custody is not there")
        self.told.append(journey)


@dataclass
class Round:
    """A courier's loop of paper, over the desk of a real unit."""

    tidings: Tidings
    now: list[float]
    home: bool = False
    refused: bool = False

    def turn(self, seconds: float = 1.0) -> None:
        self.now[0] += seconds
        self.tidings.turn(lambda: self.home, refused=self.refused)


@pytest.fixture
def custody() -> Custody:
    return Custody()


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    made = Dock(tmp_path)
    made.enrol()
    made.unit.boot()
    made.unit.record(1)
    made.unit.record(1)
    made.dock()
    return made


@pytest.fixture
def loop(dock: Dock, custody: Custody) -> Round:
    now = [0.0]
    desk = dock.courier._desk  # noqa: SLF001 - the desk of this very unit
    desk.survey()
    return Round(Tidings(desk, custody.let_know, lambda: now[0]), now)


def test_a_unit_that_is_out_says_how_much_it_carries_and_since_when(
    loop: Round, custody: Custody
) -> None:
    loop.turn()
    (told,) = custody.told
    assert (told.dock, told.segments) == (At.AWAY, 2)
    assert utc_ms(told.oldest) > 0


def test_each_change_is_told_once_and_all_of_it_again_after_ten_seconds(
    loop: Round, custody: Custody
) -> None:
    loop.tidings.saw(Docked("broker"))
    for _ in range(5):
        loop.turn()
    loop.home = True
    loop.turn()
    loop.tidings.saw(Undocked("pulled"))
    loop.turn()
    assert [one.dock for one in custody.told] == [At.UPLOADING, At.DONE, At.AWAY]
    loop.turn(AGAIN_SECONDS)
    assert custody.told[-1] == custody.told[-2]


def test_what_the_station_refused_is_a_failure_at_the_dock(loop: Round, custody: Custody) -> None:
    loop.tidings.saw(Docked("broker"))
    loop.refused = True
    loop.turn()
    assert custody.told[-1].dock is At.FAILED


def test_a_custody_that_was_away_is_told_when_it_is_back(loop: Round, custody: Custody) -> None:
    custody.away = True
    loop.turn()
    custody.away = False
    loop.turn()
    assert len(custody.told) == 1


def test_what_has_its_receipt_is_carried_no_more(dock: Dock, loop: Round, custody: Custody) -> None:
    dock.bring_home()
    loop.turn()
    assert (custody.told[-1].segments, custody.told[-1].oldest) == (0, "")
