"""A station gives a sign of life only while whoever has work gets on with it; idle is no hang."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.words import media_file, side_file
from recorder.programs.service import GETS_ON, READY
from tests.uplink.dock import Dock, ManualClock
from tests.uplink.fleet import AGENCY, WAIT_SECONDS, Fleet
from uplink.station import events
from uplink.station.progress import Lookout, Progress
from uplink.station.store.durable import held
from uplink.station.store.openers import PIECE_BYTES, Openers

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_SECONDS = 600


@dataclass
class Watched:
    """Who looks, what it told, and a clock that goes on when a test says so."""

    clock: ManualClock = field(default_factory=ManualClock)
    told: list[events.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lookout = Lookout(PATIENCE_SECONDS, self.clock, self.told.append)

    def sentences(self) -> list[str]:
        return [one.sentence for one in self.told if isinstance(one, events.Hangs)]


def busy(progress: Progress) -> bool:
    return progress.in_hand is not None


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_who_has_nothing_to_do_never_hangs(watched: Watched) -> None:
    progress = watched.lookout.one_more()
    watched.clock.seconds += 10**9
    assert watched.lookout.look()
    progress.begins("a case")
    progress.rests()
    progress.moved()  # a word too many begins nothing
    watched.clock.seconds += 10**9
    assert watched.lookout.look()
    assert not watched.told


def test_who_stands_still_with_work_in_hand_is_told_of_once_until_it_goes_on(
    watched: Watched,
) -> None:
    progress, other = watched.lookout.one_more(), watched.lookout.one_more()
    progress.begins("admitting what BF-0007 brought")
    watched.clock.seconds += PATIENCE_SECONDS
    other.begins("another case")  # that one works does not excuse the other
    assert watched.lookout.look()
    watched.clock.seconds += 1
    assert [watched.lookout.look() for _ in range(3)] == [False] * 3
    (sentence,) = watched.sentences()
    assert sentence.startswith("admitting what BF-0007 brought has not got on for 600 s")
    progress.moved()
    assert watched.lookout.look()
    watched.clock.seconds += PATIENCE_SECONDS + 1
    other.rests()
    assert not watched.lookout.look()
    assert len(watched.told) == 2


def test_a_huge_film_at_low_speed_gets_on_with_each_piece(watched: Watched, tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.fragment_bytes = PIECE_BYTES // 2
    dock.unit.record(8)
    film = dock.unit.files[media_file(1, 1)]
    path = tmp_path / "part"
    path.write_bytes(film)
    made = Openers([dock.unit.station_key], 0, dock.failures.append)
    made.wrote(made.follow(path), len(film), whole=True)
    progress, pieces = watched.lookout.one_more(), 0
    while not made.idle:
        made.turn(progress)
        watched.clock.seconds += PATIENCE_SECONDS
        pieces += 1
        assert watched.lookout.look()
    assert pieces > 2
    assert made.facts_of(path) is not None


@pytest.mark.parametrize("whom", ["an opener", "the worker that has the unit"])
def test_who_waits_for_another_that_is_looked_after_does_not_hang(
    watched: Watched, tmp_path: Path, whom: str
) -> None:
    progress, over = watched.lookout.one_more(), threading.Event()
    at_it = threading.Event()
    lock = tmp_path / "lock"
    with lock.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def wait() -> None:
            progress.begins("admitting")
            at_it.set()
            if whom == "an opener":
                progress.wait(over)
            else:
                with held(lock, progress.waiting):
                    pass

        waiting = threading.Thread(target=wait)
        waiting.start()
        at_it.wait()
        while busy(progress):  # until it waits
            threading.Event().wait(0.01)
        watched.clock.seconds += 10**6
        assert watched.lookout.look()
    over.set()
    waiting.join()
    assert busy(progress)
    watched.clock.seconds += PATIENCE_SECONDS + 1
    assert not watched.lookout.look()  # it has work again, and is looked after again


@dataclass
class Ear:
    """What systemd hears of a station."""

    end: socket.socket

    def hears_within(self, seconds: float) -> bool:
        """Whether a sign of life comes in time; whatever came before does not count."""
        self.end.setblocking(False)
        try:
            while True:
                self.end.recv(100)
        except BlockingIOError:
            self.end.settimeout(seconds)
        try:
            return self.end.recv(100) in {READY.encode(), GETS_ON.encode()}
        except TimeoutError:
            return False


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_station_whose_admission_hangs_says_so_and_gives_no_sign_of_life_any_more(
    tmp_path: Path,
) -> None:
    """A pipe that nobody writes to, where a file of the archive should be: opening it hangs."""
    fleet = Fleet(tmp_path, "embedded")
    settings = fleet.station_folder / "station.toml"
    settings.write_text("patience_seconds = 2\n" + settings.read_text())
    fleet.unit.boot()
    fleet.unit.record(1)
    fleet.spool.flush()
    hung = fleet.station_folder / "data/archive" / AGENCY / fleet.unit.number
    hung /= side_file(1, 1)
    hung.parent.mkdir(parents=True)
    os.mkfifo(hung)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as end:
        end.bind(str(tmp_path / "n"))
        ear = Ear(end)
        enter = ("env", f"NOTIFY_SOCKET={tmp_path / 'n'}")
        station = fleet.station(enter)
        station.named("Serving")
        assert ear.hears_within(WAIT_SECONDS)
        assert not station.tells("Hangs", 3)  # idle for longer than the patience
        assert ear.hears_within(WAIT_SECONDS)
        courier = fleet.courier(once=False)
        said = f"admitting what {fleet.unit.number} brought has not got on for 2 s"
        station.await_event(lambda one: said in str(one.get("sentence")))
        assert not ear.hears_within(2.5)
        assert station.process.poll() is None  # to start it anew is for whoever listens
        courier.stop()
        station.kill()
    fleet.close()
