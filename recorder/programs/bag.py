"""A package as a folder: read safely, following no link and leaving the folder never."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BLOCK_BYTES = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FolderFiles:
    """The files of a folder by their names relative to it; the list is taken once.

    Links and devices are listed, so that they are noticed, and refuse to be read.
    """

    def __init__(self, folder: Path) -> None:
        """List `folder`; raise Malformed with a remedy if that is not possible."""
        try:
            self._paths = dict(_listed(os.fspath(folder)))
        except OSError as error:
            raise Malformed(
                f"The package {folder} cannot be listed: {error.strerror}. Check its name and "
                "your right to read it."
            ) from error

    def names(self) -> Iterable[str]:
        """Give every name."""
        return self._paths.keys()

    def size(self, name: str) -> int:
        """Give a file's length in bytes; raise Malformed if it is no file that can be read."""
        descriptor = self._open(name)
        try:
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def read(self, name: str) -> Iterator[bytes]:
        """Give a file's bytes in blocks; raise Malformed if the disk does not give them."""
        with os.fdopen(self._open(name), "rb", buffering=0) as file:
            try:
                while block := file.read(BLOCK_BYTES):
                    yield block
            except OSError as error:
                raise Malformed(f"The disk does not give it: {error.strerror}.") from error

    def _open(self, name: str) -> int:
        path = self._paths.get(name)
        if path is None:
            raise Malformed(f"{name} is not in the package.")
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError as error:
            raise Malformed(f"It cannot be opened: {error.strerror}.") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Malformed("It is not a plain file.")
        return descriptor


def _listed(folder: str) -> Iterator[tuple[str, str]]:
    left = [(folder, "")]
    while left:
        here, prefix = left.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                name = prefix + _printable(entry.name)
                if entry.is_dir(follow_symlinks=False):
                    left.append((entry.path, name + "/"))
                else:
                    yield name, entry.path


def _printable(name: str) -> str:
    """Spell out what a terminal would obey or what is no text."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in name
    )
