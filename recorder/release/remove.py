"""The only code on a unit that removes a file, and only files of a released segment.

Order of effects for a segment: 1. custody's `release` record is durable; 2. flags are cleared and
the files unlinked, one by one; 3. the folder is made durable. A crash before 2 or in it leaves
files that a record has released: the next run removes them. Records and receipts never go.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import os
from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.words import FileKind, parse_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # FS_IOC_GETFLAGS, FS_IOC_SETFLAGS
_APPEND_ONLY_OR_IMMUTABLE = 0x20 | 0x10
_NO_FLAGS_HERE = {errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL}
_MAY_GO = {
    FileKind.MEDIA,
    FileKind.BLOCKS,
    FileKind.SIDE,
    FileKind.MEDIA_TAIL,
    FileKind.SIDE_TAIL,
}


def remove(spool: Path, names: Iterable[str]) -> int:
    """Remove the files of a released segment; give how many bytes came free.

    Raises Malformed for any name that is not media, block digests, sidecar or tail.
    """
    names = tuple(names)
    for name in names:
        if parse_file(name).kind not in _MAY_GO:
            raise Malformed(f"{name} is no footage; it stays for ever.")
    freed = sum(_remove_one(spool / name) for name in names)
    folder = os.open(spool / "media", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return freed


def _remove_one(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0  # a run before this one was cut off behind it
    try:
        _clear_flags(fd)
        length = os.fstat(fd).st_size
    finally:
        os.close(fd)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return length


def _clear_flags(fd: int) -> None:
    flags = array.array("L", [0])
    try:
        fcntl.ioctl(fd, _GET_FLAGS, flags, True)
        if flags[0] & _APPEND_ONLY_OR_IMMUTABLE:
            fcntl.ioctl(fd, _SET_FLAGS, array.array("L", [flags[0] & ~_APPEND_ONLY_OR_IMMUTABLE]))
    except OSError as error:
        if error.errno not in _NO_FLAGS_HERE:
            raise
