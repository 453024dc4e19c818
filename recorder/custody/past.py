"""Reading the runs before this one: what counts, and what they left torn."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.errors import LogDamaged
from recorder.custody.history import History
from recorder.custody.index import Place
from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.record import Torn, parse_record
from recorder.evidence.words import EMPTY_DIGEST, digest, heads_file, log_file, parse_file
from recorder.handover.committed import committed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from recorder.custody.bookmark import Bookmark, Bookmarks
    from recorder.custody.spool import Spool
    from recorder.handover.committed import Committed


@dataclass(frozen=True, slots=True)
class Past:
    """The log so far, the runs that have files, and the torn end of the newest of them.

    Records before `read_from` were not read: a bookmark spoke for them.
    """

    history: History
    runs: tuple[int, ...]
    torn: Torn
    read_from: int


def read_past(
    spool: Spool, origin: str, bookmarks: Bookmarks, identity: EllipticCurvePublicKey
) -> Past:
    """Read every run's log, or those behind a bookmark that they bear out.

    Raises LogDamaged if it is not a log that this unit wrote whole.
    """
    runs = _runs(spool)
    for bookmark in bookmarks.kept():
        # One that the log does not bear out is no word against the log: that is read whole.
        with contextlib.suppress(EvidenceError, LogDamaged):
            return _read_on(bookmark, runs, spool, origin, identity)
    return _read(History(), runs, ((run, _read_run(spool, run)) for run in runs), origin)


def _read_on(
    bookmark: Bookmark,
    runs: tuple[int, ...],
    spool: Spool,
    origin: str,
    identity: EllipticCurvePublicKey,
) -> Past:
    later = [(run, _read_run(spool, run)) for run in runs if run > bookmark.history.run]
    first = next((part.lines[0] for _, part in later if part.lines), None)
    if first is None:
        raise Malformed("No record follows the bookmark.")
    bookmark.check(parse_record(first), identity)
    return _read(bookmark.history, runs, later, origin)


def _read(
    history: History, runs: tuple[int, ...], unread: Iterable[tuple[int, Committed]], origin: str
) -> Past:
    read_from = history.size
    torn = Torn(0, EMPTY_DIGEST, 0, EMPTY_DIGEST)
    for run, part in unread:
        try:
            _take_run(history, part, run, origin)
        except Malformed as error:
            raise LogDamaged(_sentence(run, str(error))) from error
        torn = Torn(*_measure(part.torn_log), *_measure(part.torn_heads))
    return Past(history, runs, torn, read_from)


def _runs(spool: Spool) -> tuple[int, ...]:
    return tuple(sorted({parse_file(name).run for name in spool.names("log")}))


def _read_run(spool: Spool, run: int) -> Committed:
    files = []
    for name in (log_file(run), heads_file(run)):
        if not spool.exists(name):
            files.append(b"")
            continue
        # What a killed process wrote may still lie in memory only; nothing is built on that.
        spool.make_durable(name)
        files.append(b"".join(spool.read(name)))
    try:
        return committed(*files)
    except Malformed as error:
        raise LogDamaged(_sentence(run, str(error))) from error


def _take_run(history: History, part: Committed, run: int, origin: str) -> None:
    line_at = head_at = 0
    for line, head, head_bytes in zip(part.lines, part.heads, part.head_bytes, strict=True):
        record = parse_record(line)
        if (record.seq, record.prev, record.run) != (history.size, history.prev, run):
            raise Malformed(f"Record {history.size} does not follow the one before it.")
        if record.origin != origin:
            raise Malformed(f"The log is of {record.origin}; this unit is {origin}.")
        history.take(record, line, Place(run, line_at, head_at))
        line_at, head_at = line_at + len(line), head_at + head_bytes
        if (head.origin, head.size, head.root) != (origin, history.size, history.tree.root()):
            raise Malformed(f"The head of size {history.size} is not that of these records.")


def _measure(torn: bytes) -> tuple[int, str]:
    return len(torn), digest(torn)


def _sentence(run: int, why: str) -> str:
    return f"The log of run {run} is damaged: {why} Hand the unit in; do not erase its card."
