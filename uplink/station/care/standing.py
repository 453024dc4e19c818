"""How every unit stands, for `station status` and for Prometheus: the newest word on each.

It is worth nothing as evidence, and may be removed; workers of one folder share it. Each kind of
fault keeps its newest sentence and a count, so that one does not hide another.
"""

import json
import math
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from recorder.evidence.causes import CheckVerdict
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms
from uplink.station import events
from uplink.wire.topics import STATION, parse_topic

_TABLES = """
CREATE TABLE IF NOT EXISTS unit (
    unit TEXT PRIMARY KEY, up INTEGER NOT NULL, pending_files INTEGER NOT NULL,
    pending_bytes INTEGER NOT NULL, oldest TEXT NOT NULL, seen TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS said (
    unit TEXT NOT NULL, what TEXT NOT NULL, sentence TEXT NOT NULL, utc TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (unit, what)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (
    unit TEXT NOT NULL, name TEXT NOT NULL, value NOT NULL, PRIMARY KEY (unit, name)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """One unit: docked or not, what it still holds, since when, and the newest word on it."""

    unit: str
    up: bool
    pending_files: int
    pending_bytes: int
    oldest: str
    seen: str
    sentence: str
    software: str = ""
    clock_offset_seconds: float | None = None
    checked_utc: str = ""
    checked: tuple[events.Checked, ...] = ()
    ingested_bytes: int = 0
    on_hold: int = 0
    bytes_per_second: int = 0

    @property
    def doubts(self) -> tuple[str, ...]:
        """What its self-check did not pass."""
        return tuple(one.item for one in self.checked if one.verdict != CheckVerdict.PASS)

    def lasts(self, item: str) -> str:
        """How long battery or card last, as the self-check measured it; empty if unknown."""
        if item == "battery" and any(one.item == "mains" for one in self.checked):
            return "mains"
        for one in self.checked:
            if one.item == item and one.value >= 0:
                minutes = f"{one.value // 60} h {one.value % 60:02}"
                return minutes if one.measure == "min" else f"{one.value} {one.measure}"
        return ""


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something was said of a unit."""

    unit: str
    what: str
    count: int


class Standing:
    """Takes every event of a worker; any thread may call `take`."""

    def __init__(self, path: Path, utc: Callable[[], str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._utc = utc
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def take(self, event: events.Event) -> None:
        """Keep what an event says of a unit."""
        if isinstance(event, events.UnitSeen):
            facts = (event.unit, event.up, event.pending_files, event.pending_bytes)
            with self._lock:
                self._db.execute(
                    "INSERT INTO unit VALUES (?,?,?,?,?,?) ON CONFLICT(unit) DO UPDATE SET "
                    "up=excluded.up, seen=excluded.seen, "
                    # A will knows nothing of what is pending.
                    "pending_files=CASE WHEN excluded.up THEN excluded.pending_files "
                    "ELSE unit.pending_files END, "
                    "pending_bytes=CASE WHEN excluded.up THEN excluded.pending_bytes "
                    "ELSE unit.pending_bytes END, "
                    "oldest=CASE WHEN excluded.up THEN excluded.oldest ELSE unit.oldest END ",
                    (*facts, event.oldest, self._utc()),
                )
        self._take_facts(event)
        said = _said(event)
        if said is not None:
            with self._lock:
                self._db.execute(
                    "INSERT INTO said VALUES (?,?,?,?,1) ON CONFLICT(unit, what) DO UPDATE SET "
                    "sentence=excluded.sentence, utc=excluded.utc, count=count+1",
                    (said[0], type(event).__name__, said[1], self._utc()),
                )

    def _take_facts(self, event: events.Event) -> None:
        facts: dict[str, str | float] = {}
        match event:
            case events.UnitSeen(unit, up):
                facts["speed"] = event.bytes_per_second
                if up:
                    facts["software"] = event.software
                if up and event.utc:
                    facts["clock"] = (utc_ms(event.utc) - utc_ms(self._utc())) / 1000
            case events.SelfChecked(unit, items, utc):
                stated = json.dumps([astuple(one) for one in items], ensure_ascii=False)
                facts = {"checked": stated, "checked utc": utc}
            case events.HoldsChanged(unit, recordings):
                facts = {"on hold": recordings}
            case events.Verified(unit):
                with self._lock:
                    self._db.execute(
                        "INSERT INTO fact VALUES (?,'ingested',?) ON CONFLICT(unit, name) "
                        "DO UPDATE SET value=value+excluded.value",
                        (unit, event.size_bytes),
                    )
                return
            case _:
                return
        with self._lock:
            self._db.executemany(
                "INSERT OR REPLACE INTO fact VALUES (?,?,?)",
                [(unit, name, value) for name, value in facts.items()],
            )

    def units(self) -> tuple[UnitStanding, ...]:
        """List every unit that was seen or spoken of, the station itself as `station`."""
        with self._lock:
            rows = self._db.execute(
                "SELECT n.unit, coalesce(up, 0), coalesce(pending_files, 0), "
                "coalesce(pending_bytes, 0), coalesce(oldest, ''), coalesce(seen, ''), "
                # A fault is not hidden by the receipts that come after it.
                "coalesce((SELECT substr(utc, 6, 5) || ' ' || substr(utc, 12, 5) || ' ' || "
                "sentence FROM said WHERE said.unit=n.unit "
                "ORDER BY what='ReceiptSent', utc DESC, what LIMIT 1), '') "
                "FROM (SELECT unit FROM unit UNION SELECT unit FROM said "
                "UNION SELECT unit FROM fact) AS n "
                "LEFT JOIN unit ON unit.unit=n.unit ORDER BY n.unit"
            ).fetchall()
            facts: dict[str, dict[str, str | float]] = {}
            for unit, name, value in self._db.execute("SELECT unit, name, value FROM fact"):
                facts.setdefault(unit, {})[name] = value
        return tuple(
            UnitStanding(
                unit, bool(up), files, size, oldest, seen, said, *_known(facts.get(unit, {}))
            )
            for unit, up, files, size, oldest, seen, said in rows
        )

    def counts(self) -> tuple[Counted, ...]:
        """Count what was said, by unit and kind."""
        with self._lock:
            rows = self._db.execute("SELECT unit, what, count FROM said ORDER BY unit, what")
            return tuple(Counted(*row) for row in rows)


def _known(
    facts: dict[str, str | float],
) -> tuple[str, float | None, str, tuple[events.Checked, ...], int, int, int]:
    clock = facts.get("clock")
    return (
        str(facts.get("software", "")),
        None if clock is None else float(clock),
        str(facts.get("checked utc", "")),
        tuple(events.Checked(*one) for one in json.loads(str(facts.get("checked", "[]")))),
        int(facts.get("ingested", 0)),
        int(facts.get("on hold", 0)),
        int(facts.get("speed", 0)),
    )


def _check_text(one: UnitStanding) -> str:
    """Say when it was, and what was not passed."""
    if not one.checked:
        return ""
    found = max((CheckVerdict(item.verdict) for item in one.checked), key=tuple(CheckVerdict).index)
    said = f"{found} {one.checked_utc[5:16].replace('T', ' ')}".strip()
    return f"{said}: {', '.join(one.doubts)}" if one.doubts else said


def _takes_text(one: UnitStanding) -> str:
    """Say how long what a unit holds still takes at its speed; empty while nothing moves."""
    if not one.bytes_per_second:
        return ""
    return f"{math.ceil(one.pending_bytes / one.bytes_per_second / 60)} min"


def due_text(oldest: str, hand_in_hours: int, now: datetime) -> str:
    """Return the hand-in deadline of what a unit still holds, and how far away it is."""
    if not oldest:
        return ""
    due = datetime.fromisoformat(oldest) + timedelta(hours=hand_in_hours)
    minutes = int((due - now).total_seconds() // 60)
    word = "left" if minutes >= 0 else "LATE"
    hours, rest = divmod(abs(minutes), 60)
    return f"{due:%Y-%m-%d %H:%M} UTC, {hours} h {rest:02} min {word}"


def table(units: tuple[UnitStanding, ...], hand_in_hours: int, now: datetime) -> str:
    """Draw the units, one a line."""
    rows = [
        (
            *("unit", "line", "files", "MB", "MB/s", "takes", "hand in until", "seen", "clock"),
            *("battery", "card", "self-check", "last word"),
        )
    ]
    for one in units:
        line = "-" if one.unit == STATION else "docked" if one.up else "away"
        rows.append(
            (
                one.unit,
                line,
                str(one.pending_files),
                f"{one.pending_bytes / 1e6:.1f}",
                f"{one.bytes_per_second / 1e6:.1f}" if one.bytes_per_second else "",
                _takes_text(one),
                due_text(one.oldest, hand_in_hours, now),
                one.seen[:16].replace("T", " "),
                "" if one.clock_offset_seconds is None else f"{one.clock_offset_seconds:+.1f} s",
                one.lasts("battery"),
                one.lasts("storage"),
                _check_text(one),
                one.sentence,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join(
            (*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1])
        ).rstrip()
        for row in rows
    )


def _said(event: events.Event) -> tuple[str, str] | None:
    """Return whom an event is about and its sentence, or None for one without a word."""
    match event:
        case (
            events.RefusedFile(unit, _, sentence)
            | events.ReceiptWithheld(unit, sentence)
            | events.Misplaced(unit, sentence)
            | events.ArchiveFull(unit, sentence)
            | events.Pulled(unit, sentence)
            | events.DeclaredNotRecorded(unit, sentence)
        ):
            return unit or STATION, sentence
        case events.LetterIgnored(topic, sentence):
            return _unit_of(topic), sentence
        case events.LineDown(sentence) | events.Stopped(sentence):
            return STATION, sentence
        case events.WorkerLost(sentence) | events.TurnedAway(sentence) | events.Hangs(sentence):
            return STATION, sentence
        case events.ReceiptSent(unit, size, files):
            return unit, f"receipt for {len(files)} files, up to record {size - 1}"
        case _:
            return None


def _unit_of(topic: str) -> str:
    try:
        return parse_topic(topic).unit
    except Malformed:
        return STATION
