"""Holds, and disposal: what is under a hold stays, and nothing goes but what an entry names.

Nothing here looks at a clock: no period that ran out removes anything, a person does, and says on
which article. Logs, receipts and the entries themselves stay for ever, so that what went can be
told from what never was.

Effects of `dispose`: 1 the entry is in the log, cosigned · 2 the films go, one after the other. A
crash before 2 leaves an entry whose films are still here; the same order again finishes it, and
enters nothing twice.
"""

import array
import errno
import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from recorder.evidence.words import parse_file
from uplink.station.admission.receipts import Registrar
from uplink.station.log.changes import Change, What, parse_change
from uplink.station.log.index import Index
from uplink.station.steps import Step
from uplink.station.store.durable import held, sync_folder
from uplink.station.store.layout import Layout

_GETFLAGS, _SETFLAGS, _IMMUTABLE = 0x80086601, 0x40086602, 0x10


class StaysHere(Exception):
    """What was asked for may not be done; the sentence says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What the log says of a unit's recordings: held ones, and those that were disposed of."""

    held: frozenset[int]
    gone: frozenset[int]


def footage(lines: Iterable[bytes], log: str) -> Footage:
    """Follow the changes of a unit's recordings, in the order of the log."""
    on_hold: set[int] = set()
    gone: set[int] = set()
    for line in lines:
        change = parse_change(line)
        if change is None or change.log != log:
            continue
        match change.what:
            case What.HOLD:
                on_hold.update(change.recordings)
            case What.UNHOLD:
                on_hold.difference_update(change.recordings)
            case What.DISPOSAL:
                gone.update(change.recordings)
    return Footage(frozenset(on_hold), frozenset(gone))


@dataclass(slots=True)
class Keeper:
    """Whoever changes the state of footage: one order at a time in the whole station."""

    layout: Layout
    index: Index
    registrar: Registrar
    step: Step

    def hold(self, agency: str, unit: str, change: Change) -> int:
        """Enter a hold or its end, and return the entry's number. Raise StaysHere."""
        with held(self.layout.locks / "footage"):
            self._check_known(agency, unit, change)
            return self.registrar.enter(change)

    def dispose(self, agency: str, unit: str, change: Change) -> tuple[int, ...]:
        """Enter a disposal and remove the films; return what was entered now. Raise StaysHere."""
        with held(self.layout.locks / "footage"):
            known = self._check_known(agency, unit, change)
            blocked = sorted(known.held.intersection(change.recordings))
            if blocked:
                raise StaysHere(
                    f"recording {blocked[0]} of {unit} is under a hold; end the hold first, "
                    "or take it off the list"
                )
            new = tuple(one for one in change.recordings if one not in known.gone)
            if new:
                self.step("dispose: before 1 (entry)")
                self.registrar.enter(replace(change, recordings=new))  # 1
            self.step("dispose: before 2 (films)")
            folder = self.layout.archive(agency, unit) / "media"
            for path in _films(folder, change.recordings):
                _remove(path)  # 2
                self.step("dispose: within 2 (films)")
            return new

    def _check_known(self, agency: str, unit: str, change: Change) -> Footage:
        self.registrar.catch_up()
        known = footage((line for _number, line in self.index.changes()), change.log)
        films = _films(self.layout.archive(agency, unit) / "media")
        here = {parse_file(f"media/{path.name}").recording for path in films}
        missing = sorted(set(change.recordings) - here - known.gone)
        if missing or not change.recordings:
            there = f"recording {missing[0]}" if missing else "a recording"
            raise StaysHere(f"{unit} has not handed in {there}; name one that it has")
        return known


def _films(folder: Path, recordings: Iterable[int] | None = None) -> list[Path]:
    wanted = None if recordings is None else set(recordings)
    if not folder.is_dir():
        return []
    named = ((parse_file(f"media/{path.name}").recording, path) for path in folder.iterdir())
    return sorted(path for number, path in named if wanted is None or number in wanted)


def _remove(path: Path) -> None:
    """Take the immutable flag off, where there is one, and the file away."""
    hand = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        flags = array.array("i", [0])
        fcntl.ioctl(hand, _GETFLAGS, flags, True)
        if flags[0] & _IMMUTABLE:
            flags[0] &= ~_IMMUTABLE
            fcntl.ioctl(hand, _SETFLAGS, flags, True)
    except OSError as error:
        if error.errno not in {errno.ENOTTY, errno.EOPNOTSUPP}:  # a file system without such flags
            raise
    finally:
        os.close(hand)
    path.unlink()
    sync_folder(path.parent)
