"""What a card that fails or grows slow costs, and that it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.custody.durable import LinuxDisk
from recorder.evidence.record import (
    CheckVerdict,
    InterruptCause,
    SelfCheck,
    Stop,
    StopCause,
)
from recorder.evidence.sidecar import Said
from recorder.handover import packets as p
from tests.custody.judge import disproofs
from tests.custody.rig import Rig
from tests.custody.test_storage import FailingDisk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def failing(folder: Path) -> tuple[Rig, FailingDisk]:
    disk = FailingDisk()
    return Rig(folder, disk=disk), disk


def test_a_sidecar_that_fails_costs_no_film(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, lens = rig.start().record(pieces=2)
    rig.pass_ms(400)
    disk.fail_write_of = "0001.side.age"
    for number in range(1500):  # so much that an encrypted chunk goes out
        conductor.link.send(p.Note(Said("test", f"{number:060d}")))
        rig.turn()
    disk.fail_write_of = ""
    conductor.listen()
    rig.film(lens, 2)
    rig.stop(conductor, lens)
    assert [s.cause for s in rig.segments()] == [InterruptCause.STORAGE, InterruptCause.NONE]
    assert disproofs(rig) == set()
    rig.clear_away()


def test_a_sidecar_that_fails_everywhere_ends_the_recording_aloud(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, _ = rig.start().record(pieces=2)
    disk.fail_write_of = ".age"
    for number in range(1500):
        conductor.link.send(p.Note(Said("test", f"{number:060d}")))
        rig.turn()
    assert p.Full(0) in conductor.of(p.Full)
    assert rig.newest_of(Stop).cause is StopCause.STORAGE
    rig.clear_away()


def test_final_chunks_that_cannot_be_written_leave_the_film_of_the_last_sync(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, lens = rig.start().record(pieces=2)
    rig.pass_ms(400)
    disk.fail_write_of = "0001.mp4.age"
    rig.stop(conductor, lens)
    (segment,) = rig.segments()
    assert (segment.cause, segment.span.frames) == (InterruptCause.STORAGE, 24)
    assert disproofs(rig) == set()
    rig.clear_away()


class SlowDisk(LinuxDisk):
    """Each sync of a film takes as long as it is told."""

    def __init__(self) -> None:
        self.passes: Callable[[], object] = lambda: None

    def sync(self, fd: int) -> None:
        self.passes()
        super().sync(fd)


def test_a_card_that_grows_slow_is_written_down(folder: Path) -> None:
    disk = SlowDisk()
    rig = Rig(folder, disk=disk)
    _, lens = rig.start().record(pieces=1)
    disk.passes = lambda: rig.clock.pass_ms(400)
    lens.ask(*rig.piece(1))
    rig.pass_ms(400)
    disk.passes = lambda: None
    rig.pass_ms(1000)
    assert rig.newest(SelfCheck).verdict is CheckVerdict.WARN
    rig.clear_away()


def test_an_end_that_cannot_be_sealed_anywhere_is_told(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, lens = rig.start().record(pieces=2)
    lens.ask(*rig.piece(2))
    disk.fail_sync_of = ".mp4.age"
    conductor.ask(p.Close(StopCause.BUTTON))
    lens.go()
    assert p.Full(0) in conductor.of(p.Full)
    assert rig.newest(Stop).cause is StopCause.STORAGE
    rig.clear_away()
