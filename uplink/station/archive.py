"""The archive: originals as they came, written once, read back before anybody relies on them.

It promises that a file under its final name has the digest it was stored for, as the medium gave
it back, and it has no way to change or remove one.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from uplink.station.durable import BLOCK_BYTES, make_folder, sync_folder
from uplink.station.incoming import file_digest
from uplink.station.steps import Step


class ArchiveFailed(Exception):
    """The archive does not hold what it should; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """How originals are stored; `seal` makes a finished file read-only."""

    seal: Callable[[Path], None]
    step: Step

    def store(self, source: Path, final: Path, sha256: str) -> None:
        """Store a verified file. Raise ArchiveFailed; OSError when the disk does not take it.

        a copied and synced under a passing name · b read back and compared · c named, folder
        synced · d sealed. A crash at a or b leaves a part that the next try overwrites; at c or d
        the whole file, which the next try finds and compares.
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
        part = final.with_name(final.name + ".part")
        _copy(source, part)  # a
        self.step("archive: before b (read back)")
        if file_digest(part) != sha256:  # b
            raise ArchiveFailed(
                f"{part} reads back with other bytes than were written; check the disk"
            )
        self.step("archive: before c (name)")
        part.rename(final)  # c
        sync_folder(final.parent)
        self.step("archive: before d (seal)")
        self.seal(final)  # d

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


def _copy(source: Path, part: Path) -> None:
    with source.open("rb") as from_file, part.open("wb") as to_file:
        left = os.fstat(from_file.fileno()).st_size
        while left:
            copied = os.copy_file_range(
                from_file.fileno(), to_file.fileno(), min(left, 64 * BLOCK_BYTES)
            )
            if not copied:
                break
            left -= copied
        os.fsync(to_file.fileno())
        # What is read back next should come from the medium, not from memory.
        os.posix_fadvise(to_file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
