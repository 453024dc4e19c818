"""How far units may be ahead of a worker: together what it holds, and none far ahead of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from uplink.broker.mosquitto import configuration
from uplink.broker.settings import BrokerSettings
from uplink.programs.access import access_table
from uplink.station.intake.journeys import Limits
from uplink.wire.post import Address

if TYPE_CHECKING:
    from pathlib import Path

AGENCY = "baofeng-mz"
FREE = 2**50


def test_all_credit_that_a_worker_gives_fits_into_what_mosquitto_holds_for_it(
    tmp_path: Path,
) -> None:
    settings = BrokerSettings(Address("127.0.0.1", 1), None, access_table(AGENCY))
    lines = configuration(settings, tmp_path / "access", persistence=None).splitlines()
    (bound,) = (int(line.split()[1]) for line in lines if line.startswith("max_queued_bytes "))
    assert bound >= Limits().total_bytes * 1.25  # else it drops, and every drop travels twice


def test_a_unit_that_comes_first_has_no_more_ahead_than_each_of_a_whole_dock() -> None:
    limits = Limits()
    first = limits.window(0, 1, FREE)
    assert first * 32 <= limits.total_bytes
    assert [limits.window(0, units, FREE) for units in (2, 16, 32)] == [first] * 3
    assert limits.window(10**9, 32, FREE) == first  # and who comes last is not behind it


def test_a_unit_alone_gets_ahead_as_far_as_it_came_up_to_a_bound() -> None:
    limits = Limits()
    assert limits.window(9_000_000, 1, FREE) == 9_000_000
    assert limits.window(10**9, 1, FREE) == limits.window_bytes


@given(received=st.integers(0, 2**40), moving=st.integers(1, 190))
def test_all_together_are_ahead_by_what_a_worker_holds_and_no_more(
    received: int, moving: int
) -> None:
    limits = Limits()
    assert limits.window(received, moving, FREE) * moving <= limits.total_bytes


@given(
    received=st.integers(0, 2**40), moving=st.integers(1, 100), room=st.integers(-(2**40), 2**40)
)
def test_all_together_are_ahead_by_no_more_than_the_disk_has_room_for(
    received: int, moving: int, room: int
) -> None:
    assert 0 <= Limits().window(received, moving, room) * moving <= max(room, 0)
