"""Orders to units: each note as it was signed, and which of them still have to reach their unit.

That a unit obeyed is believed of its verified log alone, as the archive holds it. A note lies as
`000017.draft` until the station's log tells of it, and as `000017.note` from then on.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recorder.evidence.command import SignedCommand, parse_command
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms
from recorder.evidence.record import CommandTaken, parse_record
from uplink.station.store.durable import sync_folder, write_durably
from uplink.station.store.layout import Layout

NEWEST_SENT = 16
"""Of more that nobody took, only the newest are sent: a unit may be away for a year."""
_SIGN = b'"type":"command"'


@dataclass(frozen=True, slots=True)
class Given:
    """An order as it was given: its note, and what that says."""

    note: str
    signed: SignedCommand

    @property
    def number(self) -> int:
        """Its number, among those of its unit."""
        return self.signed.command.number


@dataclass(frozen=True, slots=True)
class Taken:
    """That a unit took a command, by its own verified log."""

    seq: int
    utc: str
    sha256: str


@dataclass(slots=True)
class _Stated:
    """What a unit's archived log states of commands, read as far as it has grown."""

    read_bytes: dict[Path, int] = field(default_factory=dict)
    newest: str = ""
    taken: dict[int, Taken] = field(default_factory=dict)

    def read_on(self, folder: Path) -> None:
        # Only the newest run grows, so those before it were read to their end.
        for path in sorted(one for one in folder.glob("*.jsonl") if one.name >= self.newest):
            self.newest = path.name
            begin = self.read_bytes.get(path, 0)
            if path.stat().st_size == begin:
                continue
            with path.open("rb") as file:
                file.seek(begin)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self.read_bytes[path] = begin + len(whole)
            for line in whole.splitlines(keepends=True) if _SIGN in whole else ():
                self._take(line)

    def _take(self, line: bytes) -> None:
        if _SIGN not in line:
            return
        with contextlib.suppress(Malformed):  # a line that the disk spoilt shows nothing
            record = parse_record(line)
            if isinstance(record.body, CommandTaken):
                taken = Taken(record.seq, record.at.utc, record.body.sha256)
                self.taken[record.body.number] = taken


class OrderBook:
    """All orders of an agency's station; one thread uses it."""

    def __init__(self, layout: Layout, agency: str) -> None:
        self.agency = agency
        self._layout = layout
        self._known: dict[str, dict[str, Given]] = {}
        self._stated: dict[str, _Stated] = {}

    def units(self) -> tuple[str, ...]:
        """List the units that were ever ordered anything."""
        folder = self._layout.all_orders(self.agency)
        return tuple(sorted(one.name for one in folder.iterdir())) if folder.is_dir() else ()

    def given(self, unit: str) -> tuple[Given, ...]:
        """List what was ordered of a unit, the oldest first; what the disk spoilt is left out."""
        folder = self._layout.orders(self.agency, unit)
        known = self._known.setdefault(unit, {})
        for path in folder.glob("*.note"):
            if path.name not in known:
                note = path.read_bytes()
                with contextlib.suppress(Malformed):  # the doctor names it
                    known[path.name] = Given(note.decode(), parse_command(note))
        return tuple(sorted(known.values(), key=lambda one: one.number))

    def taken(self, unit: str) -> Mapping[int, Taken]:
        """Return what the unit's verified log says that it took, by number."""
        stated = self._stated.setdefault(unit, _Stated())
        stated.read_on(self._layout.archive(self.agency, unit) / "log")
        return stated.taken

    def due(self, unit: str, utc: str) -> tuple[Given, ...]:
        """List what is to be taken now, whether it was or not; at most the newest."""
        now_ms = utc_ms(utc)
        return tuple(
            one
            for one in self.given(unit)[-NEWEST_SENT:]
            if utc_ms(one.signed.command.since) <= now_ms < utc_ms(one.signed.command.until)
        )

    def pending(self, unit: str, utc: str) -> tuple[Given, ...]:
        """List what is to be taken now, and what the unit's verified log does not show yet."""
        due = self.due(unit, utc)
        newest = max(self.taken(unit), default=0) if due else 0
        return tuple(one for one in due if one.number > newest)

    def next_number(self, unit: str) -> int:
        """Return a number that no order of this unit has, given, drafted or taken."""
        folder = self._layout.orders(self.agency, unit)
        numbers = (int(path.stem) for path in folder.glob("*") if path.stem.isdigit())
        return max([0, *numbers, *self.taken(unit)]) + 1

    def draft(self, unit: str, number: int, note: bytes) -> None:
        """Keep a note that nobody may be sent yet."""
        write_durably(self._path(unit, number, "draft"), note)

    def give(self, unit: str, number: int) -> None:
        """Let a drafted note be sent from now on."""
        final = self._path(unit, number, "note")
        self._path(unit, number, "draft").rename(final)
        sync_folder(final.parent)

    def _path(self, unit: str, number: int, end: str) -> Path:
        return self._layout.orders(self.agency, unit) / f"{number:06d}.{end}"
