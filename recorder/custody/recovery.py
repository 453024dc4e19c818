"""Every start, after whatever came before: state what is torn, seal what was cut off, go on.

Order of effects:
1. new log files for a new run; a crash leaves them empty or torn, and the next run states that,
   or leaves one of the two, and the next run makes the other, empty;
2. the bookmark; a crash leaves the one before it, or none, and the log is read further back;
3. the records `epoch` and `run`, which states all torn ends;
4. the segment that was cut off is sealed as it lies (`sealer`);
5. `stop` for its recording;
6. finished files are made immutable, once more where a crash may have come between;
7. `orphan` for each media file that no record names, fifty at one start.
A crash before any of these is met by the same steps of the next start.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.errors import NotOurs
from recorder.custody.sealer import CutSegment, protect, seal_cut
from recorder.custody.written import Written
from recorder.evidence.errors import Malformed
from recorder.evidence.record import (
    InterruptCause,
    Orphan,
    Refused,
    RunBegins,
    Segment,
    Stop,
    StopCause,
    UnitKind,
)
from recorder.evidence.words import FileKind, heads_file, log_file, parse_file
from recorder.handover.committed import files_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.custody.history import History
    from recorder.custody.ledger import Ledger
    from recorder.custody.past import Past
    from recorder.custody.spool import Spool
    from recorder.custody.standings import Standings

# Of what no record names, so much is stated at one start.
MOST_STATED, MOST_READ_BYTES = 50, 256 * 1024 * 1024
_TAILS = {FileKind.MEDIA_TAIL, FileKind.SIDE_TAIL}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run states of the machine and the software that it is."""

    kernel_boot_id: str
    unit_kind: UnitKind
    software: str
    software_sha256: str
    config_sha256: str
    protection: tuple[str, ...]


def recover(
    past: Past,
    facts: RunFacts,
    spool: Spool,
    standings: Standings,
    new_ledger: Callable[[int], Ledger],
) -> Ledger:
    """Begin a run behind `past`; give its ledger when the log is whole again."""
    _complete_pair(past.runs, spool)
    ledger = new_ledger(max(past.runs, default=0) + 1)  # 1
    try:
        _begin(past, facts, spool, ledger)
        _make_whole(past, spool, standings, ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _begin(past: Past, facts: RunFacts, spool: Spool, ledger: Ledger) -> None:
    ledger.begin_run(  # 2, 3
        RunBegins(
            kernel_boot_id=facts.kernel_boot_id,
            unit_kind=facts.unit_kind,
            software=facts.software,
            software_sha256=facts.software_sha256,
            config_sha256=facts.config_sha256,
            protection=spool.protection + facts.protection,
            clean=_ended_on_purpose(past),
            torn=past.torn,
        )
    )


def _make_whole(past: Past, spool: Spool, standings: Standings, ledger: Ledger) -> None:
    _seal_unfinished(spool, standings, ledger)  # 4
    _stop_open(ledger)  # 5
    _protect_finished(past, spool, ledger)  # 6
    _name_orphans(spool, ledger)  # 7


def _complete_pair(runs: tuple[int, ...], spool: Spool) -> None:
    for name in (log_file(runs[-1]), heads_file(runs[-1])) if runs else ():
        if not spool.exists(name):
            spool.create_empty(name)


def _ended_on_purpose(past: Past) -> bool:
    if not past.runs:
        return True
    return past.history.clean and past.history.run == past.runs[-1]


def _seal_unfinished(spool: Spool, standings: Standings, ledger: Ledger) -> None:
    open_recording = ledger.history.open
    if open_recording is None:
        return
    number, segment = open_recording.number, open_recording.segments + 1
    # One segment at a time is open, so this one alone can have been cut off.
    cut = CutSegment(number, segment, InterruptCause.CUSTODY_LOST)
    if cut.media not in spool.names("media"):
        return
    kept = standings.of(number, segment, open_recording.epoch, ledger.origin)
    try:
        seal_cut(cut, kept, spool, ledger)
    except NotOurs as error:
        # What somebody else laid there must not keep a unit from recording.
        ledger.commit(Refused("seal an unknown file", "start-up", str(error)))


def _stop_open(ledger: Ledger) -> None:
    recording = ledger.history.open
    if recording is not None:
        cause = StopCause.CUSTODY_LOST
        ledger.commit(Stop(recording.number, cause, recording.segments, recording.frames))


def _protect_finished(past: Past, spool: Spool, ledger: Ledger) -> None:
    """Only the newest segment and the newest run can have been missed by a crash.

    What lies before a bookmark was made immutable by the start that wrote it.
    """
    seals, runs = ledger.history.seals, past.runs
    newest = seals.newest()
    if newest is not None and newest >= past.read_from and seals.release_of(newest) is None:
        protect(Written(spool, ledger.history).body(newest, Segment), spool)
    for name in (log_file(runs[-1]), heads_file(runs[-1])) if runs else ():
        spool.seal(name)


def _name_orphans(spool: Spool, ledger: Ledger) -> None:
    history, read_bytes = ledger.history, 0
    strange = [
        name
        for name in spool.names("media")
        if not (name in history.orphans or _is_sealed(name, spool, history))
    ]
    for at, name in enumerate(strange):
        if at == MOST_STATED or read_bytes > MOST_READ_BYTES:
            # Whoever lays a thousand of them must not keep a unit from recording.
            because = f"{len(strange) - at} more files have names that no record names: {name} …"
            ledger.commit(Refused("read unknown files", "start-up", because))
            return
        try:
            sha256 = hashlib.sha256()
            for block in spool.read(name):
                sha256.update(block)
                read_bytes += len(block)
            found = Orphan(name, spool.length(name), sha256.hexdigest())
        except (OSError, NotOurs) as error:
            # What no record names must not keep a unit from recording.
            why = "closed to us" if isinstance(error, NotOurs) else error.strerror
            because = f"{name} is no file of ours and cannot be read: {why}"
            ledger.commit(Refused("read an unknown file", "start-up", because))
            continue
        ledger.commit(found)


def _is_sealed(name: str, spool: Spool, history: History) -> bool:
    """Say whether a seal names this file; each names film, block digests and sidecar."""
    parsed = parse_file(name)
    seq = history.seals.seq_of(parsed.recording, parsed.segment)
    if seq is None or parsed.kind not in _TAILS:
        return seq is not None
    try:
        seal = Written(spool, history).body(seq, Segment)
    except Malformed:
        return False  # a seal that cannot be read any more names nothing
    return name in {named.file for named in files_of(seal)}
