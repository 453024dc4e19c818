"""Backups: the log, the roll, the index and every original, and the proof that they are whole.

Order of effects of `back_up`: 1 roll and archive · 2 index · 3 log, under its lock, checkpoint
first · 4 manifest. What the copied log confirms was in the archive before, so it is in the copy. A
crash before 4 leaves a copy whose manifest is old or missing; `check` names what is not there.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.errors import EvidenceError
from recorder.evidence.head import check_head, parse_signed_head
from recorder.evidence.note import VerifierKey
from recorder.evidence.receipt import TYPE as CUSTODY
from recorder.evidence.receipt import CustodyEntry
from recorder.evidence.tree import Tree, leaf_hash
from recorder.evidence.words import parse_file
from uplink.station.care.disposal import footage
from uplink.station.log.changes import entry_type
from uplink.station.log.index import Index
from uplink.station.log.tiles import split_entries
from uplink.station.store.durable import held, make_folder, sync_folder, write_durably
from uplink.station.store.incoming import file_digest
from uplink.station.store.layout import Layout

MANIFEST = "manifest-sha256.txt"
_WHOLE = ("units", "archive", "quarantine", "orders")


class BackupUnusable(Exception):
    """A backup that is not whole, or a place that cannot take one; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What a checked backup holds."""

    files: int
    entries: int
    originals: int


def back_up(layout: Layout, index: Index, to: Path) -> int:
    """Bring a backup up to date, and return how many files it holds. Raise OSError."""
    make_folder(to)
    for name in _WHOLE:  # 1
        for path in _files(layout.root / name):
            _copy(path, to / path.relative_to(layout.root))
    copy = to / "index.sqlite.new"
    copy.unlink(missing_ok=True)
    index.copy_to(copy)  # 2
    copy.replace(to / "index.sqlite")
    with held(layout.log_lock):  # 3
        for path in _files(layout.log):
            write_durably(to / path.relative_to(layout.root), path.read_bytes())
    # An original that came between 1 and 3 is named by the log: fetch what is new once more.
    for path in _files(layout.root / "archive"):
        _copy(path, to / path.relative_to(layout.root))
    names = [path for path in _files(to) if path.name != MANIFEST]
    lines = [f"{file_digest(path)}  {path.relative_to(to)}\n" for path in names]
    write_durably(to / MANIFEST, "".join(lines).encode())  # 4
    return len(names)


def check(backup: Path, key: VerifierKey) -> Whole:
    """Read every byte of a backup. Raise BackupUnusable with the first thing that is not whole."""
    try:
        lines = (backup / MANIFEST).read_text(encoding="utf-8").splitlines()
        for line in lines:
            sha256, _gap, name = line.partition("  ")
            if file_digest(backup / name) != sha256:
                raise BackupUnusable(f"{name} in {backup} has other bytes than were backed up")
        entries = _check_log(backup / "log", key)
    except (OSError, EvidenceError, ValueError) as error:
        raise BackupUnusable(f"{backup} is not whole ({error}); make a new backup") from error
    originals = 0
    changes = [entry for entry in entries if entry_type(entry) != CUSTODY]
    gone: dict[str, frozenset[int]] = {}
    for entry in entries:
        if entry_type(entry) != CUSTODY:
            continue
        custody = CustodyEntry.parse(entry)
        agency, _slash, unit = custody.log.partition(".shilu/")
        if custody.log not in gone:
            gone[custody.log] = footage(changes, custody.log).gone
        for one in custody.files:
            if parse_file(one.file).recording in gone[custody.log]:
                continue
            path = Layout(backup).archived(agency, unit, one.file)
            if not path.exists() or file_digest(path) != one.sha256:
                raise BackupUnusable(
                    f"{backup} lacks {one.file} of {custody.log}, which its log confirms"
                )
            originals += 1
    return Whole(len(lines), len(entries), originals)


def restore(backup: Path, data: Path, key: VerifierKey) -> Whole:
    """Put a checked backup in place of a data folder that is not there.

    Raise BackupUnusable; OSError when the disk does not take it.
    """
    if data.exists() and any(data.iterdir()):
        raise BackupUnusable(f"{data} is not empty; move it away first, it may still be needed")
    whole = check(backup, key)
    part = data.with_name(data.name + ".restoring")
    shutil.rmtree(part, ignore_errors=True)
    for path in _files(backup):
        if path.name != MANIFEST:
            _copy(path, part / path.relative_to(backup))
    if data.exists():
        data.rmdir()
    part.rename(data)
    sync_folder(data.parent)
    return whole


def _check_log(folder: Path, key: VerifierKey) -> list[bytes]:
    signed = parse_signed_head((folder / "checkpoint").read_bytes())
    check_head(signed, key)
    entries, _whole = split_entries((folder / "entries").read_bytes())
    tree = Tree()
    for entry in entries[: signed.head.size]:
        tree.append(leaf_hash(entry))
    if (tree.size, tree.root()) != (signed.head.size, signed.head.root):
        raise ValueError("its log does not fit its checkpoint")
    return list(entries)


def _files(folder: Path) -> Iterator[Path]:
    """List the files below a folder, without what is still being written."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in {".part", ".new"}:
            yield path


def _copy(source: Path, target: Path) -> None:
    """Copy a file that never changes; a log of a unit grows, and is copied again."""
    size = source.stat().st_size
    if target.exists() and target.stat().st_size == size and source.suffix != ".json":
        return
    make_folder(target.parent)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
