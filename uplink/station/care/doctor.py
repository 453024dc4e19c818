"""What could keep a station from working, one finding a line: what is right, what to do if not."""

import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from recorder.evidence.command import parse_command
from recorder.evidence.errors import EvidenceError, Malformed
from uplink.station.authority.door import turned_away
from uplink.station.authority.roll import Roll
from uplink.station.log.index import Index, IndexUnusable
from uplink.station.log.station_log import LogUnusable, StationLog
from uplink.station.settings import RunsBroker, StationSettings, read_identity, read_signing_key
from uplink.station.steps import no_step
from uplink.station.store.durable import held
from uplink.station.store.layout import Layout
from uplink.wire.post import TlsFiles
from uplink.wire.table import BadConfig

_FREE_LEAST_BYTES = 20 * 10**9
_WARN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` is empty where it is right."""

    what: str
    remedy: str = ""


def examine(settings: StationSettings, origin: str, now: datetime) -> Iterator[Finding]:
    """Look at everything; a fault of one thing never hides the next."""
    layout = Layout(settings.data)
    yield _tried("keys", lambda: _keys(settings))
    yield _disk(settings.data)
    yield _tried("log and checkpoint", lambda: _log(settings, layout, origin))
    yield _orders(settings, layout)
    yield _tried("index", lambda: Index(layout.index).close())
    for files in (settings.broker.tls, settings.broker.server):
        if files is not None:
            yield _certificate(files, now)
    yield _units(settings, layout, now)
    yield _tried("broker", lambda: _broker(settings))
    kept = len(list((settings.data / "quarantine").glob("*/*/*/reason.json")))
    remedy = f"{kept} refused files wait in {settings.data / 'quarantine'}: read each reason.json"
    yield Finding("quarantine is empty") if not kept else Finding("quarantine", remedy)


def _tried(what: str, look: Callable[[], None]) -> Finding:
    try:
        look()
    except (BadConfig, LogUnusable, IndexUnusable, EvidenceError, OSError) as error:
        return Finding(what, str(error))
    return Finding(what)


def _keys(settings: StationSettings) -> None:
    read_signing_key(settings.log_key)
    for path in settings.identities:
        read_identity(path)
    if settings.command_key is not None:
        read_signing_key(settings.command_key)


def _orders(settings: StationSettings, layout: Layout) -> Finding:
    """Look whether units can be ordered anything, and whether each order can be read."""
    if settings.command_key is None:
        return Finding(
            "orders: none can be given, this station has no key for them; `shilu station "
            "order-key` makes one (docs/station.md, Orders)"
        )
    for note in sorted(layout.all_orders(settings.agency).glob("*/*.note")):
        try:
            parse_command(note.read_bytes())
        except Malformed as error:
            return Finding("orders", f"{note} cannot be read ({error}); restore it from a backup")
    return Finding("orders")


def _log(settings: StationSettings, layout: Layout, origin: str) -> None:
    log = StationLog(layout.log, read_signing_key(settings.log_key), origin, no_step)
    with held(layout.log_lock):
        log.refresh()


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(data if data.exists() else data.parent).free
    what = f"{free / 1e9:.0f} GB free"
    if free >= _FREE_LEAST_BYTES:
        return Finding(what)
    return Finding(what, "make room before the archive is full: units keep what it cannot take")


def _certificate(files: TlsFiles, now: datetime) -> Finding:
    what = f"certificate {files.certificate.name}"
    try:
        until = x509.load_pem_x509_certificate(files.certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return Finding(what, f"it cannot be read ({error}); restore it")
    if until < now:
        return Finding(what, f"it expired on {until:%Y-%m-%d}; make a new one, or set the clock")
    if until < now + _WARN:
        return Finding(what, f"it expires on {until:%Y-%m-%d}; make a new one in time")
    return Finding(f"{what}, valid until {until:%Y-%m-%d}")


def _units(settings: StationSettings, layout: Layout, now: datetime) -> Finding:
    """Look for units that cannot come in any more, or soon."""
    server = settings.broker.server
    crl = None if server is None else server.crl
    out = tuple(turned_away(Roll(layout, ()), settings.agency, crl, now + _WARN))
    what = "TLS certificates of the units"
    return Finding(what, f"enrol anew: {'; '.join(out)}") if out else Finding(what)


def _broker(settings: StationSettings) -> None:
    place = settings.broker
    if place.runs is not RunsBroker.NONE:
        return  # it starts with the station
    try:
        socket.create_connection((place.address.host, place.address.port), 3).close()
    except OSError as error:
        raise BadConfig(f"nobody answers at {place.address} ({error}); start it") from error
