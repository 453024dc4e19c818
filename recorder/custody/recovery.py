"""Every start, after whatever came before: state what is torn, seal what was cut off, go on.

Order of effects:
1. new log files for a new run; a crash leaves them empty or torn, and the next run states that,
   or leaves one of the two, and the next run makes the other, empty;
2. the records `epoch` and `run`, which states all torn ends;
3. the segment that was cut off is sealed as it lies (`sealer`);
4. `stop` for its recording;
5. finished files are made immutable, once more where a crash may have come between;
6. `orphan` for each media file that no record names.
A crash before any of these is met by the same steps of the next start.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.errors import NotOurs
from recorder.custody.sealer import CutSegment, protect, seal_cut
from recorder.evidence.record import (
    InterruptCause,
    Orphan,
    Refused,
    RunBegins,
    Stop,
    StopCause,
    UnitKind,
)
from recorder.evidence.words import FileKind, heads_file, log_file, parse_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.custody.ledger import Ledger
    from recorder.custody.past import Past
    from recorder.custody.spool import Spool
    from recorder.custody.standings import Standings

_MEDIA_KINDS = {
    FileKind.MEDIA,
    FileKind.BLOCKS,
    FileKind.SIDE,
    FileKind.MEDIA_TAIL,
    FileKind.SIDE_TAIL,
}


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
        _make_whole(past, facts, spool, standings, ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _make_whole(
    past: Past, facts: RunFacts, spool: Spool, standings: Standings, ledger: Ledger
) -> None:
    ledger.begin_run(  # 2
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
    _seal_unfinished(spool, standings, ledger)  # 3
    _stop_open(ledger)  # 4
    _protect_finished(past.runs, spool, ledger)  # 5
    _name_orphans(spool, ledger)  # 6


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
    epoch = ledger.history.last_epoch_of_run[open_recording.run]
    for name in spool.names():
        parsed = parse_file(name)
        if parsed.kind is not FileKind.MEDIA or parsed.recording != open_recording.number:
            continue
        if name not in ledger.history.sealed:
            kept = standings.of(parsed.recording, parsed.segment, epoch, ledger.origin)
            cut = CutSegment(parsed.recording, parsed.segment, InterruptCause.CUSTODY_LOST)
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


def _protect_finished(runs: tuple[int, ...], spool: Spool, ledger: Ledger) -> None:
    """Only the newest segment and the newest run can have been missed by a crash."""
    history = ledger.history
    newest = max(history.segments, default=None)
    if newest is not None and newest not in history.released:
        protect(history.segments[newest], spool)
    for name in (log_file(runs[-1]), heads_file(runs[-1])) if runs else ():
        spool.seal(name)


def _name_orphans(spool: Spool, ledger: Ledger) -> None:
    history = ledger.history
    for name in spool.names():
        if parse_file(name).kind not in _MEDIA_KINDS:
            continue
        if name not in history.sealed and name not in history.orphans:
            try:
                sha256 = hashlib.sha256()
                for block in spool.read(name):
                    sha256.update(block)
                found = Orphan(name, spool.length(name), sha256.hexdigest())
            except (OSError, NotOurs) as error:
                # What no record names must not keep a unit from recording.
                why = "closed to us" if isinstance(error, NotOurs) else error.strerror
                because = f"{name} is no file of ours and cannot be read: {why}"
                ledger.commit(Refused("read an unknown file", "start-up", because))
                continue
            ledger.commit(found)
