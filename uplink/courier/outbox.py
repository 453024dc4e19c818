"""What has yet to come home: a durable list in SQLite, and nothing in it frees anything.

The spool's own log is the truth; this list only saves asking twice, and may be lost.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from uplink.courier.spool import Traveller
from uplink.wire.messages import OfferedFile

_TABLE = """
CREATE TABLE IF NOT EXISTS file (
    file TEXT PRIMARY KEY,
    length INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    rank INTEGER NOT NULL,
    segment_seq INTEGER NOT NULL,
    stage TEXT NOT NULL,
    sentence TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID
"""

# What has its receipt stays listed for life; whoever asks for the rest need not pass by it.
_STILL_HERE = """
CREATE INDEX IF NOT EXISTS still_here ON file (rank, segment_seq, length) WHERE stage != 'receipted'
"""

_LETTERS = """
CREATE TABLE IF NOT EXISTS refused_letter (
    number INTEGER PRIMARY KEY AUTOINCREMENT, sentence TEXT NOT NULL, letter BLOB NOT NULL UNIQUE
)
"""
_LETTERS_MOST = 100


class OutboxUnusable(Exception):
    """The outbox cannot be opened or written; the sentence says what to do."""


class Stage(StrEnum):
    """How far a file got, in this order; `refused` waits for the next start."""

    WAITING = "waiting"
    OFFERED = "offered"
    MOVING = "moving"
    STORED = "stored"
    RECEIPTED = "receipted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Pending:
    """What has no receipt yet, refused files left out."""

    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that the station did not take, and its sentence."""

    file: str
    sentence: str


class Outbox:
    """The durable list of one unit; one thread uses it."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(_TABLE)
            self._db.execute(_STILL_HERE)
            self._db.execute(_LETTERS)
            # A refusal may have been mended meanwhile; each start asks once more.
            self._db.execute("UPDATE file SET stage='waiting', sentence='' WHERE stage='refused'")
        except sqlite3.Error as error:
            raise OutboxUnusable(
                f"the outbox {path} cannot be used ({error}); check its folder, its permissions "
                "and the free space, or remove it: it is rebuilt from the spool"
            ) from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def note(self, travellers: Iterable[Traveller], covered: Iterable[str]) -> None:
        """Take in what a survey found; `covered` files have their receipt."""
        with self._db:
            self._db.execute("BEGIN")
            for one in travellers:
                self._db.execute(
                    "INSERT INTO file VALUES (?,?,?,?,?,'waiting','') ON CONFLICT(file) DO UPDATE "
                    "SET rank=excluded.rank, stage=CASE WHEN sha256=excluded.sha256 "
                    "AND length=excluded.length THEN stage ELSE 'waiting' END, "
                    "length=excluded.length, sha256=excluded.sha256",
                    (one.file, one.length, one.sha256, one.rank, one.segment_seq),
                )
            self._db.executemany(
                "UPDATE file SET stage='receipted' WHERE file=? AND stage!='receipted'",
                ((file,) for file in covered),
            )

    def next_batch(self, most: int) -> tuple[OfferedFile, ...]:
        """Return what to offer, in the order in which it should travel."""
        rows = self._db.execute(
            "SELECT file, length, sha256 FROM file WHERE stage!='receipted' AND stage!='refused' "
            "AND NOT (rank=0 AND stage='stored') ORDER BY rank, segment_seq, length LIMIT ?",
            (most,),
        )
        return tuple(OfferedFile(file, length, sha256) for file, length, sha256 in rows)

    def advance(self, files: Iterable[str], stage: Stage) -> None:
        """Set the stage of files that have no receipt yet."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "UPDATE file SET stage=? WHERE file=? AND stage!='receipted'",
                ((stage.value, file) for file in files),
            )

    def refuse(self, file: str, sentence: str) -> tuple[str, ...]:
        """Keep why the station did not take a file; return it with the rest of its segment.

        A receipt is for whole segments, so the others wait for the next start too.
        """
        rows = self._db.execute(
            "UPDATE file SET stage='refused', sentence=?1 WHERE stage!='receipted' AND (file=?2 "
            "OR segment_seq>=0 AND segment_seq=(SELECT segment_seq FROM file WHERE file=?2)) "
            "RETURNING file",
            (sentence, file),
        ).fetchall()
        return tuple(row[0] for row in rows)

    def pending(self) -> Pending:
        """Count what has no receipt yet."""
        return Pending(
            *self._db.execute(
                "SELECT count(*), coalesce(sum(length), 0) FROM file "
                "WHERE stage!='receipted' AND stage!='refused' AND rank>0"
            ).fetchone()
        )

    def unreceipted(self) -> int:
        """Count segments without a receipt, refused ones too: they are still to be handed in."""
        (count,) = self._db.execute(
            "SELECT count(DISTINCT segment_seq) FROM file WHERE stage!='receipted' AND rank>0"
        ).fetchone()
        return int(count)

    def keep_letter(self, letter: bytes, sentence: str) -> None:
        """Keep what the station sent and custody refused, as it came: a lie that it signed.

        The first hundred stay. Beside the heads in the unit's own log and receipts it proves a
        fork, wherever it lies.
        """
        self._db.execute(
            "INSERT OR IGNORE INTO refused_letter (sentence, letter) SELECT ?, ? "
            "WHERE (SELECT count(*) FROM refused_letter) < ?",
            (sentence, letter, _LETTERS_MOST),
        )

    def refused(self) -> tuple[RefusedFile, ...]:
        """List what the station did not take."""
        rows = self._db.execute("SELECT file, sentence FROM file WHERE stage='refused'")
        return tuple(RefusedFile(file, sentence) for file, sentence in rows)

    def stage(self, file: str) -> Stage | None:
        """Return how far a file got, or None for one that is not listed."""
        row = self._db.execute("SELECT stage FROM file WHERE file=?", (file,)).fetchone()
        return None if row is None else Stage(row[0])
