"""A station's configuration file, read once and strictly."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from recorder.evidence.age import Identity
from recorder.evidence.errors import EvidenceError
from recorder.evidence.note import VerifierKey
from recorder.evidence.words import check_agency
from uplink.wire.post import Address, TlsFiles
from uplink.wire.table import BadConfig, Table

KEEP_FREE_MB = 512
"""What the archive leaves free: more than all units together may have under way."""


class RunsBroker(StrEnum):
    """Which broker the station starts by itself."""

    NONE = "none"
    EMBEDDED = "embedded"
    MOSQUITTO = "mosquitto"


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """A witness: with a `key` in this process, or at a `url` by its public key."""

    name: str
    key: Path | None
    folder: Path | None
    public: VerifierKey | None
    url: str


@dataclass(frozen=True, slots=True)
class BrokerPlace:
    """The broker: where it is, and who runs it. `server` are its own papers, if we run it."""

    address: Address
    runs: RunsBroker
    tls: TlsFiles | None
    server: TlsFiles | None


@dataclass(frozen=True, slots=True)
class TimeStampSettings:
    """A time-stamping authority: where it answers, and the certificate that stands behind it."""

    url: str
    certificate: Path


@dataclass(frozen=True, slots=True)
class StationSettings:
    """Everything that a station's file says."""

    agency: str
    worker: str
    workers: int
    data: Path
    immutable: bool
    broker: BrokerPlace
    log_key: Path
    identities: tuple[Path, ...]
    roots: tuple[Path, ...]
    quorum: int
    hand_in_hours: int
    keep_free_bytes: int
    patience_seconds: int
    witnesses: tuple[WitnessSettings, ...]
    time_stamp: TimeStampSettings | None = None
    rules: str = ""
    command_key: Path | None = None


def read_settings(path: Path) -> StationSettings:
    """Read a station's file. Raise BadConfig with a sentence."""
    table = Table.read(path)
    table.number("version", 1, 1)
    try:
        witnesses = tuple(_witness(one) for one in table.tables("witness"))
        settings = StationSettings(
            check_agency(table.text("agency")),
            table.text("worker", "w1"),
            table.number("workers", 1, 64, 1),
            table.path("data"),
            table.flag("immutable", default=True),
            _broker(table.table("broker")),
            table.path("log_key"),
            tuple(table.folder / one for one in table.texts("identities")),
            tuple(table.folder / one for one in table.texts("roots")),
            table.number("quorum", 1, max(len(witnesses), 1)),
            table.number("hand_in_hours", 1, 24 * 366, 24),
            table.number("keep_free_mb", 1, 10**6, KEEP_FREE_MB) * 10**6,
            table.number("patience_seconds", 1, 24 * 3600, 600),
            witnesses,
            _time_stamp(table.table("time_stamp")) if table.has("time_stamp") else None,
            table.text("rules") if table.has("rules") else "",
            table.path("command_key") if table.has("command_key") else None,
        )
    except EvidenceError as error:
        raise BadConfig(f"{path}: {error}") from error
    table.end()
    if not settings.witnesses:
        raise BadConfig(f"{path} names no [[witness]]; a receipt needs at least one")
    return settings


def _broker(table: Table) -> BrokerPlace:
    try:
        runs = RunsBroker(table.text("run", "none"))
    except ValueError:
        raise BadConfig(f'{table.where} needs run = "none", "embedded" or "mosquitto"') from None
    place = BrokerPlace(
        Address(table.text("host"), table.number("port", 0, 65535)),
        runs,
        tls_files(table, "client"),
        tls_files(table, "server"),
    )
    table.end()
    return place


def tls_files(table: Table, key: str) -> TlsFiles | None:
    """Take a table of three or four PEM files, or None when it is not there."""
    if not table.has(key):
        return None
    files = table.table(key)
    crl = files.path("crl") if files.has("crl") else None
    tls = TlsFiles(files.path("ca"), files.path("certificate"), files.path("key"), crl)
    files.end()
    return tls


def _time_stamp(table: Table) -> TimeStampSettings:
    found = TimeStampSettings(table.text("url"), table.path("certificate"))
    if urlsplit(found.url).scheme not in {"http", "https"} or not urlsplit(found.url).hostname:
        raise BadConfig(f'{table.where} needs url = "http://…"')
    table.end()
    return found


def _witness(table: Table) -> WitnessSettings:
    if table.has("url"):
        public = VerifierKey.parse(table.text("public"))
        found = WitnessSettings(public.name, None, None, public, table.text("url"))
    else:
        name = table.text("name")
        found = WitnessSettings(name, table.path("key"), table.path("folder"), None, "")
    table.end()
    return found


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 key, PEM. Raise BadConfig."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise BadConfig(f"the key {path} cannot be read ({error}); restore it") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadConfig(f"the key {path} is not Ed25519; take the right one")
    return key


def read_identity(path: Path) -> Identity:
    """Read an age identity file: comments, and one key. Raise BadConfig."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        keys = [one for one in lines if one and not one.startswith("#")]
        if len(keys) != 1:
            raise BadConfig(f"the age key file {path} does not hold exactly one key")
        return Identity.parse(keys[0])
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        raise BadConfig(f"the age key {path} cannot be read ({error}); restore it") from error


def read_root(path: Path) -> x509.Certificate:
    """Read a root certificate, PEM. Raise BadConfig."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadConfig(f"the root {path} cannot be read ({error}); restore it") from error
