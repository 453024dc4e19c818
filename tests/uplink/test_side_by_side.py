"""Several workers in one station, real processes: eight units, and one worker killed half way."""

from __future__ import annotations

import os
import select
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.receipt import CustodyEntry
from tests.uplink.dock import ManualClock
from tests.uplink.fleet import AGENCY, WAIT_SECONDS, Fleet
from tests.verify.unit import Unit
from uplink.programs.side_by_side import SideWorkers
from uplink.programs.wiring import registrar_for
from uplink.station.events import WorkerLost
from uplink.station.settings import read_settings
from uplink.wire.post import Address

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

UNITS, WORKERS = 8, 3


def with_workers(fleet: Fleet) -> None:
    file = fleet.station_folder / "station.toml"
    file.write_text(f"workers = {WORKERS}\n" + file.read_text())


def confirmed(fleet: Fleet) -> Counter[tuple[str, str]]:
    """Each file that entries of the station's log confirm, and how many of them do."""
    registrar = registrar_for(read_settings(fleet.station_folder / "station.toml"))
    registrar.catch_up()
    entries = [CustodyEntry.parse(registrar.log.entry(n)) for n in range(registrar.log.size)]
    registrar.index.close()
    return Counter((entry.log, one.file) for entry in entries for one in entry.files)


@pytest.mark.parametrize("broker", ["mosquitto", "embedded"])
def test_a_killed_worker_is_replaced_and_everything_is_archived_once(
    tmp_path: Path, broker: str, need: Callable[[str], Path]
) -> None:
    if broker == "mosquitto":
        need("mosquitto")
    first = Fleet(tmp_path, broker, cap_kib=1500)
    with_workers(first)
    others = [Unit(seed=100 + n, number=f"BF-{1000 + n}") for n in range(UNITS - 1)]
    units = [first]
    units += [
        Fleet(tmp_path / one.number, broker, unit=one, at=first, cap_kib=1500) for one in others
    ]
    for one in units:
        one.unit.boot()
        one.unit.fragment_bytes = 500_000
        one.unit.record(2, 1)
        one.spool.flush()
    station = first.station()
    names = {station.named("Serving")["worker"] for _ in range(WORKERS)}
    assert len(names) == WORKERS
    couriers = [one.courier() for one in units]
    begun: set[object] = set()
    while len(begun) < UNITS:  # each worker has two or three of them under way
        begun.add(station.named("Arriving")["unit"])
    own = station.process.pid
    workers = [int(one) for one in station.children() if "side" in station.command_of(int(one))]
    assert len(workers) == WORKERS - 1
    os.kill(workers[0], signal.SIGKILL)
    lost = station.named("WorkerLost")
    assert "9" in str(lost["sentence"])
    assert station.named("Serving")["worker"] not in names
    for courier in couriers:
        courier.named("Home")
        assert courier.end() == (0, "")
    assert station.process.pid == own
    assert station.stop()[0] == 0
    count = confirmed(first)
    for one in units:
        archived = one.archived()
        for name, data in one.sealed().items():
            assert archived[name] == data
            assert count[one.unit.origin, name] == 1
        one.close()
    assert not list((first.station_folder / "data/quarantine").rglob("reason.json"))
    assert AGENCY in units[0].unit.origin


def test_a_side_worker_that_hangs_is_killed_and_replaced(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "embedded")
    station = fleet.station()  # for its broker: the worker beside it is this test's own
    station.named("Serving")
    clock, told = ManualClock(), list[object]()
    config = fleet.station_folder / "station.toml"
    with SideWorkers(config, Address("127.0.0.1", fleet.port), 1, told.append, clock) as workers:
        (hung,) = workers.processes
        hung.send_signal(signal.SIGSTOP)
        clock.seconds += 59
        workers.look()
        assert workers.processes == (hung,)
        clock.seconds += 2
        workers.look()
        (lost,) = told
        assert isinstance(lost, WorkerLost)
        assert "did not get on for 60 s" in lost.sentence
        assert hung.returncode == -signal.SIGKILL
        (fresh,) = workers.processes
        (ear,) = (one.ear for one in workers._workers)  # noqa: SLF001
        for _ in range(3):
            assert select.select([ear], [], [], WAIT_SECONDS)[0]
            clock.seconds += 59
            workers.look()
        assert workers.processes == (fresh,)  # it gets on, so it stays
    assert station.stop()[0] == 0
    fleet.close()


def test_a_side_worker_that_cannot_go_on_ends_the_station(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "embedded")
    with_workers(fleet)
    station = fleet.station()
    for _ in range(WORKERS):
        station.named("Serving")
    (side, *_rest) = (one for one in station.children() if "side" in station.command_of(one))
    os.kill(side, signal.SIGTERM)  # asked to go, and it was not us who asked
    code, said = station.end()
    assert code == 1
    assert "worker" in said
    fleet.close()
