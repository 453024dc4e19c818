"""Real lines that are bad: five of a hundred packets lost; `torture_chaos.py` has none at all."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.rig.network.rooms import DOCK, Network
from tests.uplink.fleet import Fleet, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def lined(need: Callable[[str], Path]) -> Network:
    for program in ("unshare", "nsenter", "ip"):
        need(program)
    return Network(1, random.Random(5))  # noqa: S311 - the same packets are lost each time


@pytest.fixture
def network(need: Callable[[str], Path]) -> Iterator[Network]:
    made = lined(need)
    yield made
    made.close()


def docked(tmp_path: Path, network: Network, piece_bytes: int) -> tuple[Fleet, Program]:
    rooms = (network.dock.enter, network.units[0].enter)
    fleet = Fleet(tmp_path, "embedded", host=DOCK, rooms=rooms)
    fleet.unit.boot()
    fleet.unit.fragment_bytes = piece_bytes
    fleet.unit.record(2, 2)
    fleet.spool.flush()
    station = fleet.station()
    station.named("Serving")
    return fleet, station


def home(fleet: Fleet, station: Program, courier: Program) -> None:
    courier.await_event(lambda one: one.get("pending_files") == 0)
    assert courier.stop()[0] == 0
    assert station.stop() == (0, "")
    archived = fleet.archived()
    assert {name: archived.get(name) for name in fleet.sealed()} == fleet.sealed()
    fleet.close()


@pytest.mark.slow
def test_with_five_of_a_hundred_packets_lost_everything_comes_home_once(
    tmp_path: Path, network: Network
) -> None:
    wire = network.wires[0]
    wire.loss, wire.delay_seconds = 0.05, 0.01
    fleet, station = docked(tmp_path, network, 500_000)
    courier = fleet.courier(once=False)
    home(fleet, station, courier)
    assert wire.lost > wire.carried // 50
