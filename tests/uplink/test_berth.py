"""What lamp and voice hear of the way home: away, under way, done, and docked and stuck."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.moment import utc_ms
from recorder.evidence.words import media_file
from recorder.handover.packets import Dock as At
from tests.uplink.dock import Dock
from uplink.courier.line import Down

if TYPE_CHECKING:
    from pathlib import Path

    from uplink.wire.post import Letter


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    made = Dock(tmp_path)
    made.enrol()
    made.unit.boot()
    made.unit.record(1, 1, 1)
    made.dock()
    return made


def turns(dock: Dock, seconds: float) -> None:
    until = dock.clock.seconds + seconds
    while dock.clock.seconds < until:
        dock.turn()


def drawn(dock: Dock) -> str:
    """How it stood, each with the segments that were left."""
    return " ".join(f"{one.dock.value} {one.segments}" for one in dock.spool.heard)


def test_it_is_under_way_until_all_is_receipted_and_then_done(dock: Dock) -> None:
    turns(dock, 10)
    assert drawn(dock).startswith("uploading 3")
    assert drawn(dock).endswith("done 0")
    turns(dock, 60)
    assert dock.spool.heard[-1].dock is At.DONE


def test_taken_off_unfinished_it_says_how_much_is_left_and_since_when(dock: Dock) -> None:
    dock.loses = lambda letter: "chunk" in letter.topic
    turns(dock, 2)
    dock.inbox.put(Down("pulled"))
    turns(dock, 2)
    last = dock.spool.heard[-1]
    assert (last.dock, last.segments) == (At.AWAY, 3)
    assert last.oldest


def test_docked_and_not_getting_on_is_failed_until_it_goes_on(dock: Dock) -> None:
    def deaf(letter: Letter) -> bool:
        return "offer" in letter.topic

    dock.loses = deaf
    turns(dock, 30)
    assert drawn(dock).endswith("failed 3")
    dock.loses = lambda _letter: False
    turns(dock, 20)
    assert drawn(dock).endswith("done 0")


def test_what_was_refused_is_failed_not_done(dock: Dock) -> None:
    name = media_file(1, 2)
    dock.unit.files[name] = dock.unit.files[name][:-1] + b"?"
    dock.spool.flush()
    turns(dock, 20)
    assert (dock.spool.heard[-1].dock, dock.spool.heard[-1].segments) == (At.FAILED, 1)


def test_it_says_how_long_the_rest_takes_and_not_at_every_look(dock: Dock) -> None:
    dock.unit.fragment_bytes = 200_000
    dock.unit.record(1, 1, 1, 1, 1, 1)
    dock.spool.flush()
    dock.courier.tempo.cap = sum(map(len, dock.sealed().values())) // 150
    changed: list[tuple[int, float]] = []
    until = dock.clock.seconds + 600
    while dock.clock.seconds < until and not drawn(dock).endswith("done 0"):
        dock.turn()
        minutes = dock.spool.heard[-1].left_minutes if dock.spool.heard else -1
        if minutes >= 0 and (not changed or changed[-1][0] != minutes):
            changed.append((minutes, dock.clock.seconds))
    assert [minutes for minutes, _seconds in changed] == [3, 2, 1]
    assert all(later - before >= 10 for (_, before), (_, later) in pairwise(changed))
    assert dock.spool.heard[-1].left_minutes == -1


def test_each_journey_brings_the_stations_time(dock: Dock) -> None:
    dock.bring_home()
    assert dock.spool.times
    assert all(utc_ms(one) for one in dock.spool.times)
