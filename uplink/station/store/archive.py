"""The archive: originals as they came, written once, read back before anybody relies on them.

It promises that a file under its final name is the one that was read back and verified, and it has
no way to change or remove one. Bytes are written once, in `incoming`; the archive takes over the
file itself, since a copy would be other bytes than those that were verified.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from uplink.station.steps import Step
from uplink.station.store.durable import BLOCK_BYTES, make_folder, sync_folder
from uplink.station.store.incoming import file_digest


class ArchiveFailed(Exception):
    """The archive does not hold what it should; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """How originals are stored; `seal` makes a finished file read-only."""

    seal: Callable[[Path], None]
    step: Step

    def forget(self, source: Path) -> None:
        """Drop a synced file from memory: what is read of it next comes from the medium."""
        hand = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.posix_fadvise(hand, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(hand)

    def store(self, source: Path, final: Path, sha256: str) -> None:
        """Take over a file that was synced, read back since (`forget`) and verified.

        a named, folder synced · b sealed. A crash at a leaves the file in `incoming`; at b the
        whole file here, which the next try finds and compares. Raise ArchiveFailed; OSError when
        the disk does not take it.
        """
        if final.exists():
            if file_digest(final) != sha256:
                raise ArchiveFailed(
                    f"{final} is in the archive with other bytes; check the disk, and restore "
                    "it from a backup"
                )
            self.seal(final)
            return
        make_folder(final.parent)
        self.step("archive: before a (name)")
        try:
            source.rename(final)  # a
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _bring_over(source, final, sha256)  # a
        sync_folder(final.parent)
        self.step("archive: before b (seal)")
        self.seal(final)  # b

    def extend(self, final: Path, offset: int, data: bytes) -> None:
        """Write verified bytes of a log at their place; the same bytes may come twice."""
        make_folder(final.parent)
        fresh = not final.exists()
        hand = os.open(final, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            view = memoryview(data)
            while view:
                taken = os.pwrite(hand, view, offset)
                offset += taken
                view = view[taken:]
            os.fsync(hand)
        finally:
            os.close(hand)
        if fresh:
            sync_folder(final.parent)


def _bring_over(source: Path, final: Path, sha256: str) -> None:
    """Copy to another file system under a passing name, read back, compare, name."""
    part = final.with_name(final.name + ".part")
    with source.open("rb") as from_file, part.open("wb") as to_file:
        while block := from_file.read(BLOCK_BYTES):
            to_file.write(block)
        to_file.flush()
        os.fsync(to_file.fileno())
        os.posix_fadvise(to_file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if file_digest(part) != sha256:
        raise ArchiveFailed(f"{part} reads back with other bytes than were written; check the disk")
    part.rename(final)
