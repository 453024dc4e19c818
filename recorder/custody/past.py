"""Reading the runs before this one: what counts, and what they left torn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.errors import LogDamaged
from recorder.custody.history import History
from recorder.evidence.errors import Malformed
from recorder.evidence.record import Torn, parse_record
from recorder.evidence.words import EMPTY_DIGEST, FileKind, digest, heads_file, log_file, parse_file
from recorder.handover.committed import committed

if TYPE_CHECKING:
    from recorder.custody.spool import Spool
    from recorder.handover.committed import Committed


@dataclass(frozen=True, slots=True)
class Past:
    """The log so far, the runs that have files, and the torn end of the newest of them."""

    history: History
    runs: tuple[int, ...]
    torn: Torn


def read_past(spool: Spool, origin: str) -> Past:
    """Read every run's log.

    Raises LogDamaged if it is not a log that this unit wrote whole.
    """
    history = History()
    runs = _runs(spool)
    torn = Torn(0, EMPTY_DIGEST, 0, EMPTY_DIGEST)
    for run in runs:
        part = _read_run(spool, run)
        try:
            _take_run(history, part, run, origin)
        except Malformed as error:
            raise LogDamaged(_sentence(run, str(error))) from error
        torn = Torn(*_measure(part.torn_log), *_measure(part.torn_heads))
    return Past(history, runs, torn)


def _runs(spool: Spool) -> tuple[int, ...]:
    names = map(parse_file, spool.names())
    return tuple(sorted({n.run for n in names if n.kind in {FileKind.LOG, FileKind.HEADS}}))


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
    for line, head in zip(part.lines, part.heads, strict=True):
        record = parse_record(line)
        if (record.seq, record.prev, record.run) != (history.size, history.prev, run):
            raise Malformed(f"Record {history.size} does not follow the one before it.")
        if record.origin != origin:
            raise Malformed(f"The log is of {record.origin}; this unit is {origin}.")
        history.take(record, line)
        if (head.origin, head.size, head.root) != (origin, history.size, history.tree.root()):
            raise Malformed(f"The head of size {history.size} is not that of these records.")


def _measure(torn: bytes) -> tuple[int, str]:
    return len(torn), digest(torn)


def _sentence(run: int, why: str) -> str:
    return f"The log of run {run} is damaged: {why} Hand the unit in; do not erase its card."
