"""The station's commands for those who look after it: status, doctor, backup, restore, revoke."""

import argparse
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from recorder.evidence.moment import utc_ms, utc_text
from recorder.evidence.note import VerifierKey
from recorder.evidence.words import station_origin, unit_origin
from uplink.programs.events_out import complain
from uplink.programs.station_register import rules_of
from uplink.programs.wiring import registrar_for, roll_for, system_unix_ms
from uplink.station import events
from uplink.station.authority.door import DoorOpen, close_door
from uplink.station.care.backup import back_up, check, restore
from uplink.station.care.doctor import Finding, examine
from uplink.station.care.metrics import Site, metrics
from uplink.station.care.standing import Standing, table
from uplink.station.log.changes import Change, What
from uplink.station.log.index import Index
from uplink.station.settings import StationSettings, read_settings, read_signing_key
from uplink.station.store.durable import is_full, room_bytes, write_durably
from uplink.station.store.layout import Layout
from uplink.wire.table import BadConfig

_METRICS_SECONDS = 2.0
_UNKEPT_MAX = 1000
COMMANDS = ("status", "doctor", "backup", "restore", "revoke")


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the station's."""
    status = commands.add_parser("status", help="how every unit stands, and the last word on it")
    status.add_argument("--metrics", action="store_true", help="as Prometheus's text format")
    status.add_argument("--watch", action="store_true", help="again every two seconds")
    commands.add_parser("doctor", help="look for what could keep the station from working")
    backup = commands.add_parser("backup", help="bring a copy of everything but keys up to date")
    backup.add_argument("folder", type=Path)
    back = commands.add_parser("restore", help="put a backup in the place of a lost data folder")
    back.add_argument("folder", type=Path)
    back.add_argument("--check", action="store_true", help="only read every byte of it")
    revoke = commands.add_parser("revoke", help="take no more from a unit's present key")
    revoke.add_argument("unit")
    revoke.add_argument("--from", dest="since", required=True, help="2026-11-21T08:00:00.000Z")
    revoke.add_argument("--by", default="", help="who decided it")
    revoke.add_argument("--reason", default="", help="why")


def run(asked: argparse.Namespace) -> int:
    """Run one of them; return the exit code."""
    settings = read_settings(asked.config)
    match asked.command:
        case "status":
            return _status(settings, as_metrics=asked.metrics, watch=asked.watch)
        case "doctor":
            return _doctor(settings, asked.config)
        case "backup":
            return _backup(settings, asked.folder)
        case "restore":
            return _restore(settings, asked.folder, only_check=asked.check)
        case _:
            return _revoke(settings, asked)


def enter(settings: StationSettings, change: Change) -> int:
    """Enter a change of state into the log, and return its number."""
    return registrar_for(settings).enter(change)


class Telling:
    """Passes events on to `say`, and keeps how units stand: for `status`, and for Prometheus."""

    def __init__(
        self,
        settings: StationSettings,
        say: Callable[[object], None],
        seconds: Callable[[], float],
    ) -> None:
        layout = Layout(settings.data)
        self._settings = settings
        self._standing = Standing(layout.standing, _utc)
        self._metrics = layout.metrics
        self._say = say
        self._seconds = seconds
        self._due_seconds = 0.0
        self._unkept: deque[events.Event] = deque(maxlen=_UNKEPT_MAX)
        self._lock = threading.Lock()

    def __call__(self, event: events.Event) -> None:
        """Take one event, from any thread; on a full disk it is said, and kept later."""
        self._say(event)
        with self._lock:
            self._unkept.append(event)
            try:
                while self._unkept:
                    self._standing.take(self._unkept[0])
                    self._unkept.popleft()
                self._write_metrics()
            except (OSError, sqlite3.Error) as error:
                if not is_full(error):
                    raise

    def _write_metrics(self) -> None:
        if self._seconds() >= self._due_seconds:
            self._due_seconds = self._seconds() + _METRICS_SECONDS
            text = metrics(self._standing.units(), self._standing.counts(), _site(self._settings))
            part = self._metrics.with_suffix(f".{threading.get_ident()}")
            part.write_text(text, encoding="utf-8")
            part.replace(self._metrics)


def _status(settings: StationSettings, *, as_metrics: bool, watch: bool) -> int:
    standing = Standing(Layout(settings.data).standing, _utc)
    while True:
        if as_metrics:
            print(metrics(standing.units(), standing.counts(), _site(settings)), end="")
        else:
            print(table(standing.units(), settings.hand_in_hours, datetime.now(UTC)))
        if not watch:
            standing.close()
            return 0
        sys.stdout.flush()
        time.sleep(2)


def _doctor(settings: StationSettings, config: Path) -> int:
    findings = list(examine(settings, station_origin(settings.agency), datetime.now(UTC)))
    if settings.rules:
        try:
            findings.append(Finding(f"rules: {rules_of(settings, config).regulation.title}"))
        except BadConfig as refusal:
            findings.append(Finding("rules", str(refusal)))
    for one in findings:
        print(f"MEND  {one.what}: {one.remedy}" if one.remedy else f"ok    {one.what}")
    wrong = [one for one in findings if one.remedy]
    return complain(f"{len(wrong)} things to mend") if wrong else 0


def _backup(settings: StationSettings, folder: Path) -> int:
    layout = Layout(settings.data)
    index = Index(layout.index)
    files = back_up(layout, index, folder)
    index.close()
    print(f"{files} files are in {folder}; the keys are not: keep them in a safe of their own")
    return 0


def _restore(settings: StationSettings, folder: Path, *, only_check: bool) -> int:
    private = read_signing_key(settings.log_key)
    origin = station_origin(settings.agency)
    key = VerifierKey.of(origin, 0x01, private.public_key())
    whole = check(folder, key) if only_check else restore(folder, settings.data, key)
    done = "is whole" if only_check else f"is restored to {settings.data}"
    print(
        f"{folder} {done}: {whole.files} files, {whole.entries} entries, "
        f"{whole.originals} originals as confirmed"
    )
    return 0


def _revoke(settings: StationSettings, asked: argparse.Namespace) -> int:
    """1 no more is taken · 2 the door · 3 the entry · 4 the trust file; each may be done again."""
    utc_ms(asked.since)
    roll = roll_for(settings)
    roll.revoke(settings.agency, asked.unit, asked.since)  # 1
    folder = asked.config.parent
    server = settings.broker.server
    still_open = ""
    try:
        certificates = roll.tls_certificates(settings.agency, asked.unit)
        crl = None if server is None else server.crl
        close_door(crl, folder / "ca", certificates, datetime.now(UTC))  # 2
    except DoorOpen as reason:
        still_open = str(reason)
    origin = unit_origin(settings.agency, asked.unit)
    station = station_origin(settings.agency)
    change = Change(What.REVOCATION, origin, (), asked.by, asked.reason, station, _utc())
    number = enter(settings, change)  # 3
    trust = folder / "trust.toml"
    stated = f'\n[[revoked]]\nunit = "{asked.unit}"\nfrom = "{asked.since}"\n'
    text = trust.read_text(encoding="utf-8")
    if stated not in text:
        write_durably(trust, (text + stated).encode())  # 4
    print(
        f"{asked.unit} is revoked from {asked.since} (entry {number}); give the new {trust.name} "
        "to everybody who checks packages"
    )
    if still_open:
        return complain(f"nothing is taken from {asked.unit}, but it may knock: {still_open}")
    return 0


def _site(settings: StationSettings) -> Site:
    return Site(settings.hand_in_hours, room_bytes(settings.data, 0))


def _utc() -> str:
    return utc_text(system_unix_ms())


__all__ = ["COMMANDS", "Telling", "add_parsers", "enter", "run"]
