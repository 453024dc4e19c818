"""Files of the spool on a card that refuses: made, completed, sealed and closed."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from recorder.custody.durable import AppendOnly, LinuxDisk
from recorder.custody.effects import go_on
from recorder.custody.errors import HoldsOther, NotReady, StorageLost
from recorder.custody.spool import DERIVED, LEAST_START_BYTES, Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.custody.rig import Rig


def spool_of(rig: Rig, disk: LinuxDisk | None = None, *, protect: bool = False) -> Spool:
    return Spool(rig.settings.spool, disk or LinuxDisk(), go_on, protect=protect)


class FullDisk(LinuxDisk):
    """To its last block."""

    def last_bytes(self, folder: Path) -> int:
        del folder
        return LEAST_START_BYTES - 1


class ClosedDisk(LinuxDisk):
    """Every new name, reopening, folder sync and flag fails with this error."""

    def __init__(self, number: int) -> None:
        self._number = number

    def _fail(self) -> OSError:
        return OSError(self._number, os.strerror(self._number))

    def create(self, path: Path, mode: int) -> int:
        del path, mode
        raise self._fail()

    def append_to(self, path: Path) -> int:
        del path
        raise self._fail()

    def sync_folder(self, folder: Path) -> None:
        del folder
        raise self._fail()

    def sync(self, fd: int) -> None:
        del fd
        raise self._fail()

    def add_flag(self, fd: int, flag: int) -> None:
        del fd, flag
        raise self._fail()


def test_a_card_without_room_for_a_start_is_one_sentence(rig: Rig) -> None:
    with pytest.raises(NotReady, match="full to its last block"):
        spool_of(rig, FullDisk()).check()


def test_what_a_card_refuses_is_storage_lost(rig: Rig) -> None:
    name = "media/000001-0001.mp4.age.blocks"
    spool_of(rig).complete(name, b"a beginning")
    spool = spool_of(rig, ClosedDisk(errno.EIO))
    attempts: tuple[Callable[[], object], ...] = (
        lambda: spool.create_empty("media/000002-0001.mp4.age"),
        lambda: spool.sync_folder(name),
        lambda: spool.complete(name, b"a beginning, and more"),
        lambda: spool.make_durable(name),
    )
    for attempt in attempts:
        with pytest.raises(StorageLost, match="Input/output error"):
            attempt()


def test_a_derived_file_is_completed_where_a_crash_stopped_it_and_no_other_is(rig: Rig) -> None:
    spool, name = spool_of(rig), "media/000001-0001.mp4.age.blocks"
    for content in (b"begun", b"begun and ended", b"begun and ended"):
        spool.complete(name, content)
        assert b"".join(spool.read(name)) == content
    with pytest.raises(HoldsOther, match="something else"):
        spool.complete(name, b"another")


def test_a_flag_that_is_not_granted_leaves_the_mode_and_any_other_error_is_told(rig: Rig) -> None:
    name = "media/000001-0001.mp4.age"
    spool_of(rig).create_empty(name)
    spool_of(rig, ClosedDisk(errno.EPERM), protect=True).seal(name)
    with pytest.raises(OSError, match="Input/output"):
        spool_of(rig, ClosedDisk(errno.EIO), protect=True).seal(name)


def test_names_that_the_format_does_not_know_are_no_evidence(rig: Rig) -> None:
    (rig.settings.spool / "media" / "holiday.jpg").write_bytes(b"")
    assert spool_of(rig).names("media") == ()
    assert spool_of(rig).names("identity") == ("identity/chain.pem",)


def test_a_file_is_closed_once(folder: Path) -> None:
    fd = LinuxDisk().create(folder / "f", 0o440)
    file = AppendOnly(LinuxDisk(), go_on, "f", fd=fd, length=0, effects=DERIVED)
    file.close()
    file.close()
