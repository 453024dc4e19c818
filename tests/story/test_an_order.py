"""A change of shift without a technician: ordered at the station, obeyed by the unit, proven.

Every process is the real one: station and broker, courier, custody, conductor and lens.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.age import Identity, decrypt
from recorder.evidence.record import (
    CommandTaken,
    Ordered,
    Segment,
    SelfCheck,
    parse_record,
)
from recorder.evidence.sidecar import CommandNote, Officers, parse_side
from recorder.programs.demo.founding import Founded, Given, found
from recorder.programs.demo.household import Household, Told
from recorder.programs.demo.places import Places, make_places
from tests.rig.remote import pass_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.evidence.record import Record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SHILU = Path(sys.executable).with_name("shilu")
NIGHT = Officers(("赵六", "单雄信"), ("41042106", "41042107"))


class Unit:
    """The unit, its station, and the hand on its button."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.founded: Founded = found(places, Given(None, None, None, "embedded"))
        self.number = self.founded.config.unit.number
        self.house = Household(places.logs, lambda _told: None)

    def start(self) -> None:
        self.house.start("station", *self.founded.station)
        self.until("Serving")
        self.house.start("custody", *self.founded.custody)
        self.until("ready")
        self.dock()
        self.house.start("conductor", *self.founded.conductor)
        self.until("state", state="ready")

    def until(self, event: str, **facts: object) -> Told:
        return self.house.until(
            event, lambda told: told.event == event and facts.items() <= told.facts.items(), 60
        )

    def dock(self) -> None:
        self.house.start("courier", *self.founded.courier)
        self.house.wait("courier", 70)

    def record(self, seconds: float) -> None:
        self.hold(0.1)
        self.until("opened")
        pass_seconds(seconds)
        self.hold(2.2)
        self.until("closed")

    def hold(self, seconds: float) -> None:
        for pressed in (True, False):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hand:
                hand.sendto(
                    json.dumps({"button": "record", "pressed": pressed}).encode(),
                    str(self.places.desk_socket),
                )
            pass_seconds(seconds if pressed else 0)

    def power_cut(self) -> None:
        """Custody is killed and comes back, as after a cut."""
        self.house.kill("custody")
        self.house.end("custody")
        self.until("custody lost")
        self.house.start("custody", *self.founded.custody)
        self.until("welcome")

    def at_the_station(self, *words: str) -> str:
        config = ("--config", str(self.places.station / "station.toml"))
        done = subprocess.run(
            [SHILU, "station", *config, *words],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def records(self) -> list[Record]:
        """Read the log in the package."""
        logs = sorted((self.places.package / "data/unit/log").glob("*.jsonl"))
        lines = (line for log in logs for line in log.read_bytes().splitlines(keepends=True))
        return [parse_record(line) for line in lines if line.endswith(b"}\n")]

    def sidecars(self) -> Iterator[tuple[int, list[object]]]:
        """Give each segment's recording, and what its sidecar in the package begins with."""
        key = Identity.parse(self.places.age_key.read_text().split()[-1])
        for record in self.records():
            if isinstance(record.body, Segment):
                sealed = self.places.package / "data/unit" / record.body.side.file
                _, entries = parse_side(decrypt(sealed.read_bytes(), [key]))
                yield record.body.recording, [entry for _, entry in entries[:2]]


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    places = make_places(tmp_path / "out")
    made = Unit(places)
    try:
        made.start()
        yield made
    finally:
        made.house.end_all()
        shutil.rmtree(places.sockets, ignore_errors=True)


def test_whom_the_station_ordered_films_next_and_the_package_proves_it(unit: Unit) -> None:
    unit.record(2)
    officers = [f"{name}={badge}" for name, badge in zip(NIGHT.names, NIGHT.numbers, strict=True)]
    said = unit.at_the_station(
        "order", "--unit", unit.number, "--officers", *officers, "--by", "王五"
    )
    assert "第 1 号命令" in said
    unit.dock()
    bound = unit.until("officers")
    assert bound.facts["names"] == list(NIGHT.names)
    unit.power_cut()
    unit.record(2)
    unit.at_the_station("order", "--unit", unit.number, "--check", "--by", "王五")
    unit.dock()
    unit.until("check ordered", number=2)
    unit.house.until("the check", lambda told: '"checked"' in str(told.facts.get("report")), 60)
    unit.dock()
    shown = unit.at_the_station("orders").splitlines()
    assert [line.count("已执行 obeyed") for line in shown] == [1, 1]
    unit.at_the_station("package", unit.number, "--out", str(unit.places.package))
    bodies = [record.body for record in unit.records()]
    taken = [(at, body.what) for at, body in enumerate(bodies) if isinstance(body, CommandTaken)]
    (_, officers_taken), (asked, check_taken) = taken
    assert (officers_taken, check_taken) == (Ordered.OFFICERS, Ordered.CHECK)
    assert any(isinstance(body, SelfCheck) and body.whole for body in bodies[asked:])
    sides = dict(unit.sidecars())
    before, after = (sides[number] for number in sorted(sides))
    assert CommandNote not in map(type, before)
    assert after[0] == NIGHT
    assert isinstance(after[1], CommandNote)
    verified = subprocess.run(
        [SHILU, "verify", unit.places.package, "--trust", unit.places.trust,
         "--key", unit.places.age_key, "--json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    verdict = json.loads(verified.stdout)
    assert verified.returncode == 0, verdict["findings"]
    assert {axis["word"] for axis in verdict["axes"].values()} == {"proven"}
