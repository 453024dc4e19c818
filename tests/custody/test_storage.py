"""A card that fails: what was called kept stays, what can be written anew is, and it is said."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.custody.durable import LinuxDisk
from recorder.custody.errors import LogDamaged, NotReady, StorageLost
from recorder.custody.ledger import LogLost
from recorder.custody.space import RESERVE_BYTES
from recorder.evidence.record import InterruptCause, Refused, Stop, StopCause
from recorder.handover import packets as p
from tests.custody.judge import clear_of, disproofs
from tests.custody.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator


class FailingDisk(LinuxDisk):
    """A real disk until a file whose name ends so is synced or written, so many times."""

    def __init__(self) -> None:
        self.fail_sync_of = ""
        self.fail_write_of = ""
        self.free = 64 * 1024**3
        self.tries = 0

    def sync(self, fd: int) -> None:
        self._fail(fd, self.fail_sync_of, errno.EIO)
        super().sync(fd)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._fail(fd, self.fail_write_of, errno.ENOSPC)
        return super().write(fd, data)

    def free_bytes(self, folder: Path) -> int:
        assert folder.is_dir()
        return self.free

    def _fail(self, fd: int, ending: str, number: int) -> None:
        if ending and Path(f"/proc/self/fd/{fd}").readlink().name.endswith(ending):
            self.tries += 1
            raise OSError(number, os.strerror(number))


@pytest.fixture
def disk() -> FailingDisk:
    return FailingDisk()


@pytest.fixture
def rig(folder: Path, disk: FailingDisk) -> Iterator[Rig]:
    rig = Rig(folder, disk=disk)
    yield rig
    rig.clear_away()


def test_after_a_failed_sync_the_film_goes_on_in_a_new_segment(rig: Rig, disk: FailingDisk) -> None:
    conductor, lens = rig.start().record(pieces=2)
    rig.pass_ms(400)
    lens.ask(*rig.piece(2))
    disk.fail_sync_of = "0001.mp4.age"
    rig.pass_ms(400)
    disk.fail_sync_of = ""
    rig.film(lens, 2)
    rig.stop(conductor, lens)
    broken, anew = rig.segments()
    assert (broken.cause, broken.media.complete) == (InterruptCause.STORAGE, False)
    assert broken.span.frames == 24
    assert len(clear_of(rig, broken.media)) == broken.media.clear.length
    assert anew.span.frames == 12 * 4  # the newest key frame that was durable, and all since
    assert lens.of(p.Kept)[-1] == p.Kept(6)
    assert disproofs(rig) == set()


def test_a_file_is_never_synced_again_after_its_first_error(rig: Rig, disk: FailingDisk) -> None:
    _, lens = rig.start().record(pieces=1)
    disk.fail_sync_of = "0001.mp4.age"
    rig.pass_ms(400)
    lens.ask(*rig.piece(1))
    rig.pass_ms(400)
    assert disk.tries == 1


def test_a_card_that_takes_no_film_at_all_ends_the_recording_aloud(
    rig: Rig, disk: FailingDisk
) -> None:
    conductor, lens = rig.start().record(pieces=1)
    disk.fail_write_of = ".mp4.age"
    lens.ask(*rig.piece(1, 200_000))
    assert p.Full(0) in conductor.of(p.Full)
    assert len(conductor.of(p.Closed)) == 1
    assert rig.newest(Stop).cause is StopCause.STORAGE
    disk.fail_write_of = ""
    assert isinstance(conductor.ask(rig.opening()), p.Opened)


def test_a_log_that_cannot_be_written_ends_the_run(rig: Rig, disk: FailingDisk) -> None:
    rig.start().record(pieces=1)
    disk.fail_sync_of = ".jsonl"
    with pytest.raises(LogLost, match="check the card"):
        rig.pass_ms(15 * 60 * 1000)
    rig.cut()
    disk.fail_sync_of = ""
    rig.start()
    assert disproofs(rig) == set()


def test_below_the_floor_no_recording_begins(folder: Path, disk: FailingDisk) -> None:
    rig = Rig(folder, disk=disk, floor_minutes=10)
    disk.free = RESERVE_BYTES + 9 * 60 * 1_000_000
    conductor = rig.start().conductor()
    answer = conductor.ask(rig.opening())
    assert isinstance(answer, p.Fault)
    assert "9 minutes" in answer.sentence
    assert not conductor.of(p.Welcome)[0].fit
    assert rig.records()[-1].body == Refused("open", "conductor", answer.sentence)
    rig.clear_away()


def test_minutes_left_are_told_at_each_threshold_and_the_last_one_ends_it(
    rig: Rig, disk: FailingDisk
) -> None:
    conductor, _ = rig.start().record(pieces=1)
    for minutes in (25, 24, 9, 0):
        disk.free = RESERVE_BYTES + minutes * 60 * 1_000_000
        rig.pass_ms(1000)
    assert conductor.of(p.Full) == [p.Full(25), p.Full(9), p.Full(0)]
    assert rig.newest(Stop).cause is StopCause.STORAGE
    assert disproofs(rig) == set()


def test_a_full_disk_at_start_is_one_sentence(rig: Rig, disk: FailingDisk) -> None:
    disk.fail_write_of = ".jsonl"
    with pytest.raises((LogLost, StorageLost), match="check the card"):
        rig.start()


def test_two_custodies_do_not_share_a_unit(rig: Rig) -> None:
    rig.start()
    second = Rig.found_again(rig.folder)
    with pytest.raises(Exception, match="Another custody"):
        second.start()


def test_a_missing_spool_is_one_sentence(rig: Rig) -> None:
    (rig.settings.spool / "receipts").rmdir()
    with pytest.raises(NotReady, match="--init"):
        rig.start()


def test_a_changed_log_is_not_continued(rig: Rig) -> None:
    rig.start()
    rig.cut()
    log = rig.settings.spool / "log" / "000001.jsonl"
    log.chmod(0o640)
    log.write_bytes(log.read_bytes().replace(b'"software":"test"', b'"software":"best"'))
    with pytest.raises(LogDamaged, match="Hand the unit in"):
        rig.start()


def test_a_lost_next_key_is_one_sentence(rig: Rig) -> None:
    rig.start()
    rig.cut()
    for slot in rig.settings.keys.glob("next-epoch-key.*"):
        slot.write_bytes(b"")
    with pytest.raises(Exception, match="enrol this unit anew"):
        rig.start()


def test_a_standing_that_cannot_be_kept_before_a_new_epoch_costs_nothing_kept(
    rig: Rig, disk: FailingDisk
) -> None:
    conductor, lens = rig.start().record(pieces=2)
    rig.pass_ms(400)
    disk.fail_sync_of = "standing.1"
    lens.ask(*rig.piece(2))
    rig.pass_ms(15 * 60 * 1000)
    disk.fail_sync_of = ""
    assert p.Full(0) in conductor.of(p.Full)
    kept = lens.of(p.Kept)[-1].pieces
    assert sum(s.span.frames for s in rig.segments()) >= 12 * (kept - 1)
    assert rig.newest(Stop).cause is StopCause.STORAGE
