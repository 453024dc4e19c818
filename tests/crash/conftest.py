"""What the crash tests need of the machine; a missing piece is named, and in CI fails."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash.cuts import Recorded
from tests.rig.powercut.card import ROOT, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CLONE_NEWNS = 0x00020000


@pytest.fixture(scope="session")
def powerful(need: Callable[[str], Path]) -> Callable[[], None]:
    """Make sure that cards can be made and mounted here."""

    def check() -> None:
        for program in ("nbdfuse", "fusermount3", "mkfs.ext4", "debugfs"):
            need(program)
        if os.geteuid():
            pytest.skip("Mounting a card needs root: sudo make test.")
        for device in (Path("/dev/loop-control"), Path("/dev/fuse")):
            if not device.exists():
                pytest.skip(f"Mounting a card needs {device}; give it to this container.")

    return check


def _in_memory() -> tempfile.TemporaryDirectory[str]:
    memory = Path("/dev/shm")  # noqa: S108 - cards are rebuilt by the hundred, in memory
    return tempfile.TemporaryDirectory(prefix="p", dir=memory if memory.is_dir() else None)


@pytest.fixture
def work() -> Iterator[Path]:
    with _in_memory() as folder:
        yield Path(folder)


def _run_apart(module: str, *arguments: object) -> None:
    # A mount namespace of its own: nobody else can look into the card, and so pin it.
    alone = ("unshare", "-m", "--propagation", "private")
    command = (*alone, sys.executable, "-m", f"tests.rig.powercut.{module}", *map(str, arguments))
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def alone(powerful: Callable[[], None]) -> Iterator[None]:
    """What this test mounts, nobody else can see and so pin; after it, all is as before."""
    powerful()
    libc = ctypes.CDLL(None, use_errno=True)
    here, before = Path.cwd(), os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        assert libc.unshare(_CLONE_NEWNS) == 0, os.strerror(ctypes.get_errno())
        run("mount", "--make-rprivate", "/")
        yield
    finally:
        assert libc.setns(before, _CLONE_NEWNS) == 0, os.strerror(ctypes.get_errno())
        os.close(before)
        os.chdir(here)


@pytest.fixture(scope="session")
def lived(powerful: Callable[[], None]) -> Callable[..., Recorded]:
    """Let a unit live on a disk that forgets."""

    def live(folder: Path, *arguments: str) -> Recorded:
        powerful()
        _run_apart("life", folder, *arguments)
        return Recorded.of(folder)

    return live


@pytest.fixture(scope="session")
def life(lived: Callable[..., Recorded]) -> Iterator[Recorded]:
    """One life, for all that cut it."""
    with _in_memory() as folder:
        yield lived(Path(folder) / "life")


@pytest.fixture
def cut_live(powerful: Callable[[], None], work: Path) -> Callable[..., Path]:
    """Cut the power of a living unit so often; give the folder of its cards."""

    def cut(cuts: int, seed: int, *arguments: str) -> Path:
        powerful()
        folder = work / f"live{seed}"
        _run_apart("live", folder, cuts, seed, *arguments)
        return folder

    return cut
