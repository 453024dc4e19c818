"""The folder that the courier reads: files of docs/format.md §2, created, appended to, sealed.

Promises that a file has its final name, its mode and, where the file system grants it, the
append-only flag before anyone writes to it, and the immutable flag when it is sealed. There is no
function here that deletes, renames, shortens or overwrites.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from recorder.custody.durable import APPEND_ONLY, IMMUTABLE, AppendOnly
from recorder.custody.effects import Effect
from recorder.custody.errors import HoldsOther, NotOurs, NotReady, StorageLost
from recorder.evidence.errors import Malformed
from recorder.evidence.words import parse_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recorder.custody.durable import Disk
    from recorder.custody.effects import Step

FOLDERS = ("log", "media", "receipts", "identity")
READ_BYTES = 1024 * 1024
# The records of a start and the seals of what was cut off take a tenth of it.
LEAST_START_BYTES = 256 * 1024
# Written once by one process and never opened for writing again, not even by custody.
SEALED_MODE = 0o440
# Block digests, tails and receipts: recovery may have to complete one that a power cut tore.
DERIVED_MODE = 0o640
DERIVED = (Effect.APPEND_DERIVED, Effect.SYNC_DERIVED)
_READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NOT_GRANTED = {errno.EPERM, errno.EACCES, errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL}


class Spool:
    """Where evidence lies; `protect` asks for chattr's flags."""

    def __init__(self, root: Path, disk: Disk, step: Step, *, protect: bool) -> None:
        self._root = root
        self._disk = disk
        self._step = step
        self._protect = protect
        self.protection: tuple[str, ...] = ("mode",)

    def check(self) -> None:
        """Raise NotReady unless the folders are there, ours to write, and have room for a start."""
        for folder in FOLDERS:
            path = self._root / folder
            if not path.is_dir():
                raise NotReady(f"The spool {path} is missing; make it with --init.")
            if not os.access(path, os.W_OK | os.X_OK):  # pragma: no cover - root may, and tests
                raise NotReady(f"The spool {path} cannot be written to; give it to this user.")
        if self._disk.last_bytes(self._root) < LEAST_START_BYTES:
            # A start makes files before it writes to them: again and again, it would fill the card
            # with empty names.
            raise NotReady(f"The card of {self._root} is full to its last block; dock the unit.")

    def create(self, name: str, effects: tuple[Effect, Effect], mode: int) -> AppendOnly:
        """Make a new empty file; call `sync_folder` before relying on its name."""
        parse_file(name)
        self._step(Effect.CREATE_FILE)
        try:
            fd = self._disk.create(self._root / name, mode)
        except FileExistsError as error:
            raise NotOurs(name) from error
        except OSError as error:
            raise StorageLost(name, error.strerror or str(error)) from error
        self._add_flag(fd, APPEND_ONLY)
        return AppendOnly(self._disk, self._step, name, fd=fd, length=0, effects=effects)

    def create_empty(self, name: str) -> None:
        """Make a file that stays empty: it stands for one that a crash came before."""
        self.create(name, DERIVED, SEALED_MODE).close()
        self.sync_folder(name)

    def sync_folder(self, name: str) -> None:
        """Make the name of a file durable."""
        self._step(Effect.SYNC_FOLDER)
        try:
            self._disk.sync_folder((self._root / name).parent)
        except OSError as error:
            raise StorageLost(name, error.strerror or str(error)) from error

    def complete(self, name: str, content: bytes) -> None:
        """Make a derived file hold exactly `content`, durably; go on where a crash stopped.

        Raises HoldsOther if it holds something else already: nothing is overwritten.
        """
        if self.exists(name):
            there = b"".join(self.read(name))
            if not content.startswith(there):
                raise HoldsOther(name)
            file = self._reopen(name, len(there)) if there != content else None
        else:
            there = b""
            file = self.create(name, DERIVED, DERIVED_MODE)
        if file is not None:
            file.append(content[len(there) :])
            file.sync()
            file.close()
        self.sync_folder(name)

    def seal(self, name: str) -> None:
        """Ask the file system to refuse every change of `name` from now on; may be repeated."""
        self._step(Effect.SEAL_FILE)
        fd = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not self._add_flag(fd, IMMUTABLE):
                os.fchmod(fd, SEALED_MODE)
        finally:
            os.close(fd)

    def make_durable(self, name: str) -> None:
        """Make what a process before us wrote durable before anything is built on it."""
        fd = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self._disk.sync(fd)
        except OSError as error:
            raise StorageLost(name, error.strerror or str(error)) from error
        finally:
            os.close(fd)

    def exists(self, name: str) -> bool:
        """Say whether there is such a file."""
        return (self._root / name).is_file()

    def length(self, name: str) -> int:
        """Give the length of a file in bytes."""
        return (self._root / name).stat().st_size

    def read(self, name: str) -> Iterator[bytes]:
        """Give the bytes of a file, block by block; NotOurs if it is closed to us, or no file."""
        try:
            # Nobody waits here for the other end of a pipe that somebody laid there.
            fd = os.open(self._root / name, _READ_ONLY)
        except PermissionError as error:  # pragma: no cover - as above
            raise NotOurs(name) from error
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise NotOurs(name)
            while block := file.read(READ_BYTES):
                yield block

    def lines(self, name: str, start: int) -> Iterator[bytes]:
        """Give the lines of a file that begin `start` bytes into it."""
        with (self._root / name).open("rb") as file:
            file.seek(start)
            yield from file

    def names(self, folder: str) -> tuple[str, ...]:
        """List the files of a folder whose names docs/format.md §2 knows, sorted."""
        found = []
        for path in (self._root / folder).iterdir():
            name = f"{folder}/{path.name}"
            try:
                parse_file(name)
            except Malformed:
                continue  # it cannot be evidence, and no record could name it
            found.append(name)
        return tuple(sorted(found))

    def free_bytes(self) -> int:
        """Say how much can still be written."""
        return self._disk.free_bytes(self._root)

    def _reopen(self, name: str, length: int) -> AppendOnly:
        try:
            fd = self._disk.append_to(self._root / name)
        except OSError as error:
            raise StorageLost(name, error.strerror or str(error)) from error
        return AppendOnly(self._disk, self._step, name, fd=fd, length=length, effects=DERIVED)

    def _add_flag(self, fd: int, flag: int) -> bool:
        """Set a flag where the file system and our rights allow it; remember that it did."""
        if not self._protect:
            return False
        try:
            self._disk.add_flag(fd, flag)
        except OSError as error:
            if error.errno in _NOT_GRANTED:
                return False
            raise
        # One right and one call grant both flags, so the first file of a run speaks for both.
        self.protection = ("mode", "append-only", "immutable")
        return True
