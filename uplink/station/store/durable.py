"""Writing so that it stays: data first, then the name, then the folder.

Promises that a file under its final name is whole. It never overwrites a file of the archive.
"""

import array
import errno
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

_GETFLAGS = 0x80086601
_SETFLAGS = 0x40086602
_IMMUTABLE = 0x10
BLOCK_BYTES = 1024 * 1024


def is_full(error: BaseException) -> bool:
    """Whether an error says that the disk has no room, and nothing worse."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def room_bytes(folder: Path, keep_free_bytes: int) -> int:
    """Return how much may still be written below a folder; what is to be kept free left out."""
    there = folder if folder.exists() else folder.parent
    return shutil.disk_usage(there).free - keep_free_bytes


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    hand = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(hand)
    finally:
        os.close(hand)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, durable each."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put a whole small file under its name, in place of an older one if there is one."""
    make_folder(path.parent)
    part = path.with_name(path.name + ".new")
    hand = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(hand, view) :]
        os.fsync(hand)
    finally:
        os.close(hand)
    part.replace(path)
    sync_folder(path.parent)


def seal_read_only(path: Path) -> None:
    """Make a finished file read-only."""
    path.chmod(0o444)


def seal(path: Path) -> None:
    """Make a finished file read-only, and immutable where the kernel and our rights allow it."""
    hand = os.open(path, os.O_RDONLY)
    try:
        flags = array.array("i", [0])
        try:
            fcntl.ioctl(hand, _GETFLAGS, flags, True)
            if flags[0] & _IMMUTABLE:
                return
            os.fchmod(hand, 0o444)
            flags[0] |= _IMMUTABLE
            fcntl.ioctl(hand, _SETFLAGS, flags, True)
        except OSError as error:
            # Without the right, or on a file system without flags, the mode has to do.
            if error.errno not in {errno.EPERM, errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL}:
                raise
    finally:
        os.close(hand)


@contextmanager
def held(
    path: Path, waiting: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Iterator[None]:
    """Hold a lock file against other workers, threads and processes alike, until the end.

    `waiting` is entered while another one holds it.
    """
    make_folder(path.parent)
    hand = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with waiting():
            fcntl.flock(hand, fcntl.LOCK_EX)
        yield
    finally:
        os.close(hand)
