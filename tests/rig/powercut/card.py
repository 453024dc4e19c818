"""A card to record on: a real ext4 on a disk that forgets, hangs, fails and lies when told to.

Needs root, a free loop device and /dev/fuse; `nbdfuse`, `fusermount3` and `mkfs.ext4`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

ROOT = Path(__file__).resolve().parents[3]
# As docs/flashing.md has it: what an unsynced write can lose is bounded twice.
MOUNT_OPTIONS = "noatime,nodev,nosuid,noexec,errors=remount-ro,commit=1,nodelalloc"
_PATIENCE_SECONDS = 20
_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"


def run(*command: str | Path, good: tuple[int, ...] = (0,)) -> str:
    """Run a program to its end; a failure says what the program said."""
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{_PATH}"},
    )
    if done.returncode not in good:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def insist(*command: str | Path, patience_seconds: float = _PATIENCE_SECONDS) -> None:
    """Run a program until it succeeds: unmounting and detaching take their time."""
    end = time.monotonic() + patience_seconds
    while True:
        try:
            run(*command)
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def make_ext4(image: Path, mebibytes: int, *options: str) -> None:
    """Make an empty card, as docs/flashing.md does, with a small journal."""
    with image.open("wb") as file:
        file.truncate(mebibytes << 20)
    made = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "2", "-O", "verity", "-J", "size=4")
    run(*made, *options, image)


class LoopMount:
    """An image, mounted as it is."""

    def __init__(self, image: Path, at: Path, options: str = MOUNT_OPTIONS) -> None:
        at.mkdir(exist_ok=True)
        run("mount", "-o", f"loop,{options}", image, at)
        self.folder = at

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        try:
            insist("umount", self.folder, patience_seconds=3)
        except AssertionError:
            run("umount", "--lazy", self.folder)  # a test that failed left a file open
            raise


class Card:
    """An image behind a fault disk, mounted at `folder`; `tell` makes it misbehave."""

    def __init__(self, image: Path, work: Path, log: Path | None = None) -> None:
        self.folder = work / "card"
        self.folder.mkdir()
        fuse = work / "fuse"
        fuse.mkdir()
        sockets = work / "nbd", work / "control"
        self._disk = self._start(
            (sys.executable, "-m", "tests.rig.powercut.faultdisk", image, *sockets)
            + ((log,) if log else ())
        )
        assert self._disk.stdout is not None
        assert self._disk.stdout.readline() == "ready\n"
        self._control = socket.socket(socket.AF_UNIX)
        self._control.connect(str(sockets[1]))
        self._answers = self._control.makefile()
        self._fuse_folder = fuse
        self._fuse = self._start(("nbdfuse", fuse / "disk", "--unix", sockets[0]))
        self._device = self._attach(fuse / "disk")
        run("mount", "-o", MOUNT_OPTIONS, self._device, self.folder)

    def tell(self, order: str) -> str:
        """Give the disk an order, and its answer."""
        self._control.sendall(order.encode() + b"\n")
        return self._answers.readline().strip()

    def close(self) -> None:
        """Take everything down again, whatever state it is in."""
        self.tell("unhang")
        self.tell("whole")
        insist("umount", self.folder)
        insist("losetup", "-d", self._device)
        insist("fusermount3", "-u", self._fuse_folder)
        self._fuse.wait(_PATIENCE_SECONDS)
        self._answers.close()
        self._control.close()
        self._disk.send_signal(signal.SIGKILL)
        self._disk.communicate()
        self._fuse.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self.close()

    @staticmethod
    def _start(command: Sequence[str | Path]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )

    @staticmethod
    def _attach(disk: Path) -> str:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not (disk.exists() and disk.stat().st_size):
            if time.monotonic() > end:
                raise AssertionError("nbdfuse does not show the disk.")
            time.sleep(0.005)
        return run("losetup", "--direct-io=on", "-f", "--show", disk)
