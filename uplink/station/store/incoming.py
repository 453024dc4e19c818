"""Assemble: chunks become files again. Idempotent, bounded memory, synced when complete.

It promises that what is called complete has the offered length and is durable; a part is always a
contiguous prefix, so after any crash the disk alone says what is missing. The digest is looked at
here for logs and certificates. A sealed file's is looked at when it is read back from the medium
(`segment_check`): one look at the bytes that stay, and not one at those that passed through memory.

A part belongs to one worker, by its name. A unit that goes over to another worker takes its bytes
along as a copy: whatever still reaches the first one can no longer touch them.

A film is read back while it comes (`openers`), as far as whole blocks of it are written.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Protocol

from uplink.station.store.durable import BLOCK_BYTES, make_folder, sync_folder
from uplink.station.store.openers import Following
from uplink.wire.messages import OfferedFile


class WrongPlace(Exception):
    """A chunk that does not continue the part; `expected` is where bytes are missing."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"bytes are missing from {expected} on")
        self.expected = expected


class WrongDigest(Exception):
    """All bytes are there, and they are not the offered ones."""


class TakenOver(Exception):
    """The unit went over to another worker, which has this file now."""


class Readers(Protocol):
    """Who reads back what is written; none of these waits for the medium."""

    def follow(self, path: Path) -> Following:
        """Begin to read back a part that is there, from its first byte on."""

    def wrote(self, following: Following, until: int, *, whole: bool) -> None:
        """Say that bytes up to `until` are written, and whether that is all."""

    def drop(self, following: Following) -> None:
        """Forget a part: it does not come any more, or not as it began."""


class Part:
    """One file on its way in, at `path`; one worker's view of it.

    `sealed` files are compared with the record that names them, later; by `readers`, if given,
    they are read back meanwhile.
    """

    def __init__(
        self,
        path: Path,
        offered: OfferedFile,
        *,
        sealed: bool = False,
        readers: Readers | None = None,
    ) -> None:
        self.path = path
        self.offered = offered
        self._readers = readers
        self._following: Following | None = None
        self._hand: int | None = None
        self._digest = None if sealed else hashlib.sha256()
        self.offset = 0
        self._find_prefix()

    def write(self, offset: int, data: memoryview) -> None:
        """Write a chunk at its place.

        Raise WrongPlace or TakenOver; OSError when the disk does not take it.
        """
        if offset != self.offset or offset + len(data) > self.offered.length:
            raise WrongPlace(self.offset)
        if self._digest is not None:
            self._digest.update(data)
        hand = self._open()
        while data:
            taken = os.pwrite(hand, data, self.offset)
            self.offset += taken
            data = data[taken:]
        if self._readers is not None:
            self._following = self._following or self._readers.follow(self.path)
            self._readers.wrote(self._following, self.offset, whole=self.complete)

    @property
    def complete(self) -> bool:
        """Whether all bytes are there."""
        return self.offset == self.offered.length

    def check_digest(self) -> None:
        """Make the bytes durable; raise WrongDigest where a digest is kept and differs."""
        os.fsync(self._open())
        if self._digest is None:
            return
        found = self._digest.hexdigest()
        if found != self.offered.sha256:
            raise WrongDigest(
                f"{self.offered.file} arrived with digest {found[:16]}…, and "
                f"{self.offered.sha256[:16]}… was offered"
            )

    def name(self, final: Path) -> None:
        """Give a complete file its final name, durably. Raise TakenOver."""
        try:
            self.path.replace(final)
        except FileNotFoundError as error:
            raise TakenOver from error
        self.path = final
        sync_folder(final.parent)

    def close(self) -> None:
        """Let go of the file; a later write opens it again. What is complete, admission reads."""
        if self._readers is not None and self._following is not None and not self.complete:
            self._readers.drop(self._following)
            self._following = None
        if self._hand is not None:
            os.close(self._hand)
            self._hand = None

    def _open(self) -> int:
        """Open at the first write only: an offer may name more files than a process may open."""
        if self._hand is None:
            make_folder(self.path.parent)
            # What another worker took away is not made anew: it would begin with a hole.
            new = 0 if self.offset else os.O_CREAT
            try:
                self._hand = os.open(self.path, os.O_RDWR | new | os.O_CLOEXEC, 0o644)
            except FileNotFoundError as error:
                raise TakenOver from error
        return self._hand

    def _find_prefix(self) -> None:
        """Take in what is there already, up to the offered length."""
        if not self.path.exists():
            return
        if self._digest is None:
            self.offset = min(self.path.stat().st_size, self.offered.length)
            return
        with self.path.open("rb") as file:
            while self.offset < self.offered.length:
                block = file.read(min(BLOCK_BYTES, self.offered.length - self.offset))
                if not block:
                    return
                self._digest.update(block)
                self.offset += len(block)


def take_over(mine: Path, others: str) -> None:
    """Go on with what another worker has of a file; `others` is the pattern of its parts.

    The worker may still write into the file that it opened, so what is taken is a copy.
    """
    taken = mine.with_name(f"taken-{mine.name}")
    for other in (*mine.parent.glob(f"taken-{others}"), *mine.parent.glob(others)):
        try:
            other.replace(taken)
            shutil.copyfile(taken, mine)
            taken.unlink()
        except FileNotFoundError:
            continue  # that worker gave it its final name, or a third one was faster
        return


def begin_log(mine: Path, others: str, archived: Path, length: int, *, afresh: bool) -> None:
    """Begin a log's part with what is archived, which is verified; a fork shows in the digest.

    Parts of other workers go: they hold no more than a little that has to come again.
    """
    for other in mine.parent.glob(others):
        if other != mine:
            other.unlink(missing_ok=True)
    if afresh or (mine.exists() and mine.stat().st_size > length):
        mine.unlink(missing_ok=True)
    elif not mine.exists() and archived.exists():
        make_folder(mine.parent)
        mine.write_bytes(archived.read_bytes()[:length])


def file_digest(path: Path, length: int | None = None) -> str:
    """Return the digest of a file, or of its first `length` bytes (of all, if it is shorter)."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        left = path.stat().st_size if length is None else length
        while left and (block := file.read(min(left, BLOCK_BYTES))):
            found.update(block)
            left -= len(block)
    return found.hexdigest()
