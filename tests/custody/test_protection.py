"""What the kernel refuses, where it lets custody ask for it; modes alone elsewhere."""

from __future__ import annotations

import array
import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from recorder.custody.durable import LinuxDisk
from recorder.custody.effects import go_on
from recorder.custody.spool import Spool
from recorder.evidence.record import RunBegins
from recorder.release.remove import remove
from tests.custody.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPEND_ONLY, IMMUTABLE = 0x20, 0x10
FILM = "media/000001-0001.mp4.age"


def all_flags(path: Path) -> int:
    found = array.array("L", [0])
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, 0x80086601, found, True)
    except OSError:
        return 0
    finally:
        os.close(fd)
    return found[0]


def flags(path: Path) -> int:
    return all_flags(path) & (APPEND_ONLY | IMMUTABLE)


def clear_flags(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and flags(path):
            others = all_flags(path) & ~(APPEND_ONLY | IMMUTABLE)
            fd = os.open(path, os.O_RDONLY)
            fcntl.ioctl(fd, 0x40086602, array.array("L", [others]))
            os.close(fd)


@pytest.fixture
def rig(folder: Path) -> Iterator[Rig]:
    rig = Rig(folder, protect=True)
    yield rig
    rig.clear_away()
    clear_flags(folder)


def granted(rig: Rig) -> tuple[str, ...]:
    begins = rig.records()[1].body
    assert isinstance(begins, RunBegins)
    return begins.protection


def test_the_run_says_what_protects_its_files_and_it_is_so(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    spool = rig.settings.spool
    open_flags = flags(spool / FILM)
    rig.stop(conductor, lens)
    if "append-only" not in granted(rig):
        assert granted(rig) == ("mode",)
        assert open_flags == flags(spool / FILM) == 0
        return
    assert open_flags == APPEND_ONLY
    assert flags(spool / FILM) & IMMUTABLE
    assert flags(spool / "log/000001.jsonl") == APPEND_ONLY
    for attempt in (
        (spool / FILM).unlink,
        lambda: (spool / FILM).rename(spool / "media/gone"),
        lambda: (spool / FILM).open("ab"),
        lambda: (spool / "log/000001.jsonl").open("r+b"),
        lambda: os.truncate(spool / "log/000001.jsonl", 10),
        (spool / "log/000001.heads").unlink,
    ):
        with pytest.raises(PermissionError):
            attempt()


def test_the_log_of_a_run_that_is_over_is_immutable(rig: Rig) -> None:
    rig.start()
    rig.cut()
    rig.start()
    if "append-only" in granted(rig):
        assert flags(rig.settings.spool / "log/000001.jsonl") & IMMUTABLE


def test_only_release_takes_flags_away_and_only_from_footage(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    rig.stop(conductor, lens)
    spool = rig.settings.spool
    assert remove(spool, [FILM]) > 0
    assert not (spool / FILM).exists()
    for name in ("log/000001.jsonl", "identity/chain.pem", "../keys/identity.pem"):
        with pytest.raises(Exception, match=r"stays for ever|is not|no file"):
            remove(spool, [name])
        assert (spool / name).exists()


def test_a_file_is_0440_from_its_first_byte(rig: Rig) -> None:
    rig.start().record(pieces=1)
    for name in (FILM, "media/000001-0001.side.age", "log/000001.jsonl", "log/000001.heads"):
        assert (rig.settings.spool / name).stat().st_mode & 0o777 == 0o440


def test_custody_has_no_function_that_takes_anything_away(rig: Rig) -> None:
    spool = Spool(rig.settings.spool, LinuxDisk(), go_on, protect=False)
    for thing in (spool, LinuxDisk()):
        names = " ".join(dir(thing))
        for word in ("unlink", "remove", "delete", "rename", "replace", "truncate"):
            assert word not in names
