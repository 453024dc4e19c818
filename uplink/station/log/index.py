"""What the log's entries say, indexed; and the receipts as they were issued. Can be rebuilt.

The log is the truth of what was receipted. This index only finds it; entries that a crash left out
are indexed at the next `catch_up`.
"""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.receipt import TYPE as CUSTODY
from recorder.evidence.receipt import CustodyEntry
from recorder.evidence.words import digest
from uplink.station.log.changes import entry_type

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY, log TEXT NOT NULL, size INTEGER NOT NULL, UNIQUE (log, size)
);
CREATE TABLE IF NOT EXISTS change (number INTEGER PRIMARY KEY, line BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS entry_file (
    log TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (log, file, sha256)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS issued (
    log TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, proof BLOB NOT NULL,
    station_size INTEGER NOT NULL, PRIMARY KEY (log, size, sha256)
) WITHOUT ROWID;
"""


class IndexUnusable(Exception):
    """The index cannot be opened; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt as it was sent: the bytes of its file, under a head of `station_size`."""

    size: int
    sha256: str
    proof: bytes
    station_size: int


class Index:
    """The station's index; each thread has its own."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            raise IndexUnusable(
                f"the index {path} cannot be used ({error}); check the folder, its permissions and "
                "the free space, or remove the index: it is rebuilt from the log"
            ) from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @property
    def entries(self) -> int:
        """How many entries of the log are indexed, from the first on."""
        (count,) = self._db.execute(
            "SELECT coalesce(max(number) + 1, 0) FROM "
            "(SELECT number FROM entry UNION ALL SELECT number FROM change)"
        ).fetchone()
        return int(count)

    def take(self, number: int, line: bytes) -> None:
        """Index one entry; entries come in their order, and may come twice."""
        if entry_type(line) != CUSTODY:
            self._db.execute("INSERT OR IGNORE INTO change VALUES (?,?)", (number, line))
            return
        entry = CustodyEntry.parse(line)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT OR IGNORE INTO entry VALUES (?,?,?)", (number, entry.log, entry.size)
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO entry_file VALUES (?,?,?,?)",
                ((entry.log, one.file, one.sha256, number) for one in entry.files),
            )

    def entry_of(self, log: str, file: str, sha256: str) -> int | None:
        """Return the number of the entry that confirms a file, or None."""
        row = self._db.execute(
            "SELECT number FROM entry_file WHERE log=? AND file=? AND sha256=?",
            (log, file, sha256),
        ).fetchone()
        return None if row is None else int(row[0])

    def receipted_size(self, log: str) -> int:
        """Return the largest size of a unit's log that an entry confirms; 0 for none."""
        (size,) = self._db.execute(
            "SELECT coalesce(max(size), 0) FROM entry WHERE log=?", (log,)
        ).fetchone()
        return int(size)

    def entry_at(self, log: str, size: int) -> int | None:
        """Return the number of the entry for exactly this size of a unit's log, or None."""
        row = self._db.execute(
            "SELECT number FROM entry WHERE log=? AND size=?", (log, size)
        ).fetchone()
        return None if row is None else int(row[0])

    def issue(self, log: str, size: int, station_size: int, proof: bytes) -> None:
        """Keep a receipt as it is about to be sent; a unit files one of the versions it gets."""
        self._db.execute(
            "INSERT OR IGNORE INTO issued VALUES (?,?,?,?,?)",
            (log, size, digest(proof), proof, station_size),
        )

    def issued(self, log: str) -> tuple[Issued, ...]:
        """Return every version of every receipt for a unit's log."""
        rows = self._db.execute(
            "SELECT size, sha256, proof, station_size FROM issued WHERE log=? "
            "ORDER BY size, station_size",
            (log,),
        )
        return tuple(Issued(*row) for row in rows)

    def newest_issued(self, log: str, size: int) -> Issued | None:
        """Return the newest version of one receipt, or None if it never left."""
        row = self._db.execute(
            "SELECT size, sha256, proof, station_size FROM issued WHERE log=? AND size=? "
            "ORDER BY station_size DESC LIMIT 1",
            (log, size),
        ).fetchone()
        return None if row is None else Issued(*row)

    def changes(self) -> tuple[tuple[int, bytes], ...]:
        """Return every entry that is no custody entry, with its number."""
        return tuple(self._db.execute("SELECT number, line FROM change ORDER BY number"))

    def copy_to(self, path: Path) -> None:
        """Write a copy of this moment."""
        with contextlib.closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)
