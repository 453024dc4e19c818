"""A whole unit, its processes real, on a battery that a program drains."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.record import SelfCheck, Start, Stop, StopCause, parse_record
from recorder.programs.demo.founding import Founded, Given, found
from recorder.programs.demo.household import Household, Told
from recorder.programs.demo.places import Places, make_places
from recorder.programs.demo.telling import press

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from recorder.evidence.record import Record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


class Unit:
    """Custody, conductor and lens of a bench unit, and who presses its buttons."""

    def __init__(self, places: Places, founded: Founded) -> None:
        self.places = places
        self.founded = founded
        self.told: list[Told] = []
        self.house = Household(places.logs, self.told.append)

    def start(self) -> None:
        self.house.start("custody", *self.founded.custody)
        self.until(lambda told: told.event == "ready")
        self.conductor = self.house.start("conductor", *self.founded.conductor)
        self.until(lambda told: told.facts.get("state") == "ready")

    def until(self, wanted: Callable[[Told], bool], seconds: float = 20) -> Told:
        return self.house.until("what the story needs", wanted, seconds)

    def said(self, words: str) -> Told:
        return self.until(lambda told: told.event == "said" and words in str(told.facts["text"]))

    def wish(self, **wish: object) -> None:
        press(self.places, json.dumps(wish).encode())

    def tap(self) -> None:
        self.wish(button="record", pressed=True)
        time.sleep(0.1)  # a finger, on a real button
        self.wish(button="record", pressed=False)

    def records(self) -> list[Record]:
        logs = sorted((self.places.spool / "log").glob("*.jsonl"))
        return [parse_record(line) for log in logs for line in log.read_bytes().splitlines(True)]


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    places = make_places(tmp_path / "out")
    made = Unit(places, found(places, Given(None, None, None, "embedded")))
    yield made
    made.house.end_all()
    shutil.rmtree(places.sockets)


def test_a_battery_is_told_and_at_its_end_all_is_sealed_and_the_unit_is_off(unit: Unit) -> None:
    unit.start()
    unit.tap()
    unit.until(lambda told: told.event == "opened")
    unit.until(lambda told: '"heard":true' in str(told.facts.get("report")), 40)  # it films
    unit.wish(battery=25, degrees=50)
    unit.said("电量低，约剩二十五分钟")
    unit.until(lambda told: told.facts.get("beside") == "ending")
    unit.wish(battery=2, degrees=50)
    unit.said("电量将尽")
    unit.until(lambda told: told.event == "closed")
    unit.said("正在关机")
    deadline = time.monotonic() + 10
    while unit.conductor.ended() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert unit.conductor.ended() == 0
    bodies = [record.body for record in unit.records()]
    (stop,) = [body for body in bodies if isinstance(body, Stop)]
    assert stop.cause is StopCause.POWER
    assert stop.frames > 0
    checked, *alone = [body for body in bodies if isinstance(body, SelfCheck)]
    values = {item.item: item.value for item in checked.items}
    assert values["battery"] == 480
    assert values["own voice"] >= 300  # the microphone hears the unit itself
    worse = [(one.items[0].item, one.items[0].value) for one in alone]
    assert worse == [("battery", 25), ("battery", 2)]
    # The battery was changed: it goes on by itself, and says why it had stopped.
    unit.house.end("conductor")
    unit.house.start("conductor", *unit.founded.conductor)
    unit.said("上次录像意外中断")
    unit.until(lambda told: told.event == "opened")
    assert [b.continues for b in (r.body for r in unit.records()) if isinstance(b, Start)] == [0, 1]
