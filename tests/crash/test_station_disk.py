"""A station's disk that gives no answer for a while, under the threads that read films back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.words import media_file
from tests.rig.powercut.card import Card, make_ext4
from tests.uplink.dock import Dock, ManualClock
from uplink.station import events
from uplink.station.progress import Lookout
from uplink.station.store.openers import Openers

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_a_disk_that_gives_no_answer_is_seen_and_work_goes_on_when_it_does(
    alone: None, work: Path
) -> None:
    del alone
    dock = Dock(work / "dock")
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    film = dock.unit.files[media_file(1, 1)]
    image = work / "disk.img"
    make_ext4(image, 64)
    clock, told = ManualClock(), list[events.Event]()
    lookout = Lookout(600, clock, told.append)
    with Card(image, work) as disk:
        path = disk.folder / "part"
        path.write_bytes(film)
        made = Openers([dock.unit.station_key], 2, dock.failures.append, lookout.one_more)
        made.start()
        following = made.follow(path)
        disk.tell("hang")
        made.wrote(following, len(film), whole=True)
        while lookout.look():
            clock.seconds += 601
            threading.Event().wait(0.05)
        (hangs,) = told
        assert isinstance(hangs, events.Hangs)
        assert hangs.sentence.startswith(f"reading back {path} has not got on for 600 s")
        assert not following.over.is_set()
        disk.tell("unhang")
        assert following.over.wait(60)
        while not lookout.look():  # the thread rests a moment after it is done
            threading.Event().wait(0.01)
        clock.seconds += 10**6
        assert lookout.look()
        made.stop()
    assert following.facts is not None
    assert not dock.failures
