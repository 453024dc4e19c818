"""The station's transparency log: append, sign, prove. Entries first, then tiles, then the head.

Order of effects of `grow`, and what a crash at each number leaves:

1. entries are appended to the journal and synced – before: nothing; torn: cut off at the next
   opening, since no head covers them
2. tile files are written – entries that are true and that no head covers yet; the next `grow`
   writes the same tiles again and covers them
3. the checkpoint is signed and put in place of the older one – as in 2
After 3 the log has grown. No head is ever signed that an older one is not a prefix of: the journal
is compared with the newest checkpoint at each opening, and a log that does not fit it is not used.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.evidence.head import Head, check_head, parse_signed_head, sign_head
from recorder.evidence.note import Note, VerifierKey
from recorder.evidence.tree import FullTree, leaf_hash
from uplink.station.log.tiles import Levels, entry_bytes, new_tiles, split_entries
from uplink.station.steps import Step
from uplink.station.store.durable import make_folder, sync_folder, write_durably


class LogUnusable(Exception):
    """The log on disk contradicts its own head; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A head that the log's key signed, without cosignatures."""

    head: Head
    note: Note


class StationLog:
    """The log of one station. One worker at a time may `grow` it: hold the log's lock."""

    def __init__(self, folder: Path, private: Ed25519PrivateKey, origin: str, step: Step) -> None:
        self._folder = folder
        self._private = private
        self._origin = origin
        self._step = step
        self._tree = FullTree()
        self._levels = Levels()
        self._entries: list[bytes] = []
        self._journal_bytes = 0
        self._tiled_size = 0
        self.key = VerifierKey.of(origin, 0x01, private.public_key())

    @property
    def size(self) -> int:
        """How many entries this worker has seen."""
        return self._tree.size

    def entry(self, index: int) -> bytes:
        """Return one entry's bytes."""
        return self._entries[index]

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Prove that an entry is in the tree of `size` entries."""
        return self._tree.inclusion(index, size)

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Prove that the tree of `new_size` entries extends that of `old_size`."""
        return self._tree.consistency(old_size, new_size)

    def root(self, size: int) -> bytes:
        """Return the root over the first `size` entries."""
        return self._tree.root(size)

    def refresh(self) -> Signed:
        """Read what was appended since, by this worker or another; return the newest head.

        Hold the log's lock. Raise LogUnusable when journal and head contradict each other.
        """
        make_folder(self._folder)
        journal = self._folder / "entries"
        data = _read_from(journal, self._journal_bytes)
        entries, whole = split_entries(data)
        if whole < len(data):
            # No head covers a torn entry: it was never part of the log.
            os.truncate(journal, self._journal_bytes + whole)
        self._journal_bytes += whole
        for entry in entries:
            self._take(entry)
        return self._newest()

    def grow(self, entries: Sequence[bytes]) -> Signed:
        """Append entries and sign the new head; return it. Hold the log's lock, after `refresh`."""
        if entries:
            self._step("log: before 1 (journal)")
            data = b"".join(entry_bytes(entry) for entry in entries)
            self._append(data)  # 1
            self._journal_bytes += len(data)
            for entry in entries:
                self._take(entry)
        self._step("log: before 2 (tiles)")
        self._write_tiles()  # 2
        self._step("log: before 3 (checkpoint)")
        head = Head(self._origin, self.size, self._tree.root())
        signed = sign_head(head, self._private)
        write_durably(self._folder / "checkpoint", signed)  # 3
        self._step("log: after 3 (checkpoint)")
        return Signed(head, parse_signed_head(signed).note)

    def publish(self, cosigned: bytes) -> None:
        """Put the same head in place with its cosignatures."""
        write_durably(self._folder / "checkpoint", cosigned)

    def _take(self, entry: bytes) -> None:
        leaf = leaf_hash(entry)
        self._entries.append(entry)
        self._tree.append(leaf)
        self._levels.append(leaf)

    def _append(self, data: bytes) -> None:
        journal = self._folder / "entries"
        fresh = not journal.exists()
        hand = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(hand, view) :]
            os.fsync(hand)
        finally:
            os.close(hand)
        if fresh:
            sync_folder(self._folder)

    def _newest(self) -> Signed:
        path = self._folder / "checkpoint"
        if not path.exists():
            if self.size:
                return self.grow(())
            head = Head(self._origin, 0, self._tree.root())
            signed = sign_head(head, self._private)
            write_durably(path, signed)
            return Signed(head, parse_signed_head(signed).note)
        known = parse_signed_head(path.read_bytes())
        check_head(known, self.key)
        size = known.head.size
        if size > self.size or self._tree.root(size) != known.head.root:
            raise LogUnusable(
                f"the log in {self._folder} does not fit its own checkpoint of {size} entries; "
                "restore it from a backup, and change nothing by hand"
            )
        self._tiled_size = max(self._tiled_size, size)
        # Entries behind the newest head are true: the archive was written before them.
        return self.grow(()) if size < self.size else Signed(known.head, known.note)

    def _write_tiles(self) -> None:
        if self._tiled_size == self.size:
            return
        for tile in new_tiles(self._tiled_size, self.size):
            if tile.level < 0:
                first = tile.index * 256
                bundle = self._entries[first : first + tile.width]
                data = b"".join(entry_bytes(entry) for entry in bundle)
            else:
                data = self._levels.tile_bytes(tile)
            write_durably(self._folder / tile.path, data)
        self._tiled_size = self.size


def _read_from(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""
