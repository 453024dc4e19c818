"""Bytes that only grow, and are durable when `sync` returns.

Promises that after the first error a file is never written to or believed again: a second
fdatasync after a failed one says yes although the bytes are gone (measured).
There is no way here to shorten, overwrite, rename or remove anything of the spool.
"""

from __future__ import annotations

import array
import fcntl
import os
from typing import TYPE_CHECKING, Protocol

from recorder.custody.errors import StorageLost

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.custody.effects import Effect, Step

_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # FS_IOC_GETFLAGS, FS_IOC_SETFLAGS
APPEND_ONLY, IMMUTABLE = 0x20, 0x10


class Disk(Protocol):
    """What custody may ask of a file system; every method raises OSError."""

    def create(self, path: Path, mode: int) -> int:
        """Make a new file for appending; give its descriptor."""
        ...

    def append_to(self, path: Path) -> int:
        """Open an existing file for appending; give its descriptor."""
        ...

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Append; give how many bytes went."""
        ...

    def write_at_start(self, fd: int, data: bytes) -> int:
        """Overwrite from the first byte; only slots allow it."""
        ...

    def sync(self, fd: int) -> None:
        """Return when data and length are on the medium."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in `folder` are on the medium."""
        ...

    def add_flag(self, fd: int, flag: int) -> None:
        """Set one of APPEND_ONLY, IMMUTABLE."""
        ...

    def free_bytes(self, folder: Path) -> int:
        """Say how much a plain user can still write there."""
        ...

    def last_bytes(self, folder: Path) -> int:
        """Say how much there is still, what is held back for us included."""
        ...


class LinuxDisk:
    """The real file system."""

    def create(self, path: Path, mode: int) -> int:
        """Make a new file for appending; FileExistsError if there is one."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(path, flags, mode)

    def append_to(self, path: Path) -> int:
        """Open an existing file for appending."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Append once."""
        return os.write(fd, data)

    def write_at_start(self, fd: int, data: bytes) -> int:
        """Overwrite from the first byte."""
        return os.pwrite(fd, data, 0)

    def sync(self, fd: int) -> None:
        """Wait for the medium."""
        os.fdatasync(fd)

    def sync_folder(self, folder: Path) -> None:
        """Wait for the medium to know the names."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def add_flag(self, fd: int, flag: int) -> None:
        """Set a flag of chattr(1)."""
        flags = array.array("L", [0])
        fcntl.ioctl(fd, _GET_FLAGS, flags, True)
        fcntl.ioctl(fd, _SET_FLAGS, array.array("L", [flags[0] | flag]))

    def free_bytes(self, folder: Path) -> int:
        """Ask the file system."""
        stats = os.statvfs(folder)
        return stats.f_bavail * stats.f_frsize

    def last_bytes(self, folder: Path) -> int:
        """Ask the file system, less the blocks that ext4 keeps from everybody for its own needs."""
        stats = os.statvfs(folder)
        kept_by_ext4 = min(stats.f_blocks // 50, 4096)
        return (stats.f_bfree - kept_by_ext4) * stats.f_frsize


class AppendOnly:
    """One file that grows; `length` is how many bytes were appended."""

    def __init__(  # noqa: PLR0913 - a file is its disk, name, descriptor, length and two effects
        self,
        disk: Disk,
        step: Step,
        name: str,
        *,
        fd: int,
        length: int,
        effects: tuple[Effect, Effect],
    ) -> None:
        self.name = name
        self.length = length
        self._disk = disk
        self._step = step
        self._fd = fd
        self._appending, self._syncing = effects
        self._lost = ""

    def append(self, data: bytes | memoryview) -> None:
        """Write all of `data` at the end, or raise StorageLost."""
        self._check_trusted()
        if not data:
            return
        self._step(self._appending)
        view = memoryview(data)
        try:
            while view:
                view = view[self._disk.write(self._fd, view) :]
        except OSError as error:
            raise self._distrust(error) from error
        self.length += len(data)

    def sync(self) -> None:
        """Return when everything appended is durable, or raise StorageLost."""
        self._check_trusted()
        self._step(self._syncing)
        try:
            self._disk.sync(self._fd)
        except OSError as error:
            raise self._distrust(error) from error

    def close(self) -> None:
        """Let go of the file; harmless when done."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _check_trusted(self) -> None:
        if self._lost:
            raise StorageLost(self.name, self._lost)

    def _distrust(self, error: OSError) -> StorageLost:
        self._lost = error.strerror or str(error)
        return StorageLost(self.name, self._lost)
