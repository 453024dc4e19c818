"""What the crash tests need of the machine; a missing piece is named, and in CI fails."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash.cuts import Recorded
from tests.rig.powercut.card import ROOT
from tests.rig.powercut.writelog import read_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


@pytest.fixture
def work() -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108 - cards are rebuilt by the hundred, in memory
    with tempfile.TemporaryDirectory(prefix="p", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def lived(powerful: Callable[[], None], work: Path) -> Callable[..., Recorded]:
    """Let a unit live on a disk that forgets."""

    def live(*arguments: str) -> Recorded:
        powerful()
        folder = work / "life"
        life = (sys.executable, "-m", "tests.rig.powercut.life", str(folder), *arguments)
        # A mount namespace of its own: nobody else can look into the card, and so pin it.
        alone = ("unshare", "-m", "--propagation", "private")
        done = subprocess.run(
            [*alone, *life], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return Recorded((folder / "base.img").read_bytes(), read_log(folder / "log"))

    return live
