"""Found a station: authority, keys, witnesses, configuration, trust file, in one folder.

It never overwrites a key. The recovery identity and the roots' keys are for a safe, not for the
station; the printed sentence says so.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from recorder.evidence.age import Identity
from recorder.evidence.command import command_key_name
from recorder.evidence.note import VerifierKey
from recorder.evidence.words import check_agency, station_origin
from uplink.station.authority.ca import Authority, Papers
from uplink.station.authority.roll import Roll
from uplink.station.authority.trust import Belief, trust_text
from uplink.station.settings import KEEP_FREE_MB
from uplink.station.store.durable import make_folder
from uplink.station.store.layout import Layout

_WITNESSES = 2
COMMAND_KEY = "keys/command.key"


class AlreadyFounded(Exception):
    """There is a station in this folder; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to found: hosts are the names and addresses by which units reach the broker."""

    agency: str
    hosts: tuple[str, ...]
    port: int
    run_broker: str
    immutable: bool
    rules: str
    now: datetime
    random: Callable[[int], bytes]
    keep_free_mb: int = KEEP_FREE_MB


def found(folder: Path, plan: Plan) -> None:
    """Write a new station. Raise AlreadyFounded, or OSError."""
    if (folder / "station.toml").exists():
        raise AlreadyFounded(f"there is a station in {folder} already; choose a new folder")
    make_folder(folder)
    agency = check_agency(plan.agency)
    identity = Authority.make(agency, "identity root", plan.now)
    tls = Authority.make(agency, "TLS root", plan.now)
    _write_papers(folder / "ca" / "identity", identity.papers())
    _write_papers(folder / "ca" / "tls", tls.papers())
    _write(folder / "ca" / "tls.crl", tls.revocations((), plan.now), 0o644)
    _write_papers(folder / "tls" / "broker", tls.server(agency, plan.hosts, plan.now))
    _write_papers(folder / "tls" / "station", tls.client(agency, "station", plan.now))
    log_key = signing_key(folder / "keys" / "log.key", plan.random)
    command_key = signing_key(folder / COMMAND_KEY, plan.random)
    for name in ("station", "recovery"):
        _age_key(folder / f"{name}.agekey", Identity.of(plan.random(32)))
    witnesses = []
    for number in range(1, _WITNESSES + 1):
        key = signing_key(folder / f"witness-{number}" / "witness.key", plan.random)
        name = f"witness-{number}.{agency}.shilu"
        witnesses.append(VerifierKey.of(name, 0x04, key.public_key()))
    station = VerifierKey.of(station_origin(agency), 0x01, log_key.public_key())
    roots = (identity.papers().certificate,)
    orders = VerifierKey.of(command_key_name(agency), 0x01, command_key.public_key())
    belief = Belief(agency, roots, station, witnesses, _WITNESSES, (orders,))
    _write(folder / "trust.toml", trust_text(belief).encode(), 0o644)
    _write(folder / "station.toml", _settings(plan, witnesses).encode(), 0o644)


@dataclass(frozen=True, slots=True)
class UnitPapers:
    """What a unit gets at its enrolment, all PEM, no key among them."""

    chain: bytes
    tls: bytes
    tls_ca: bytes


@dataclass(frozen=True, slots=True)
class UnitKeys:
    """The public halves of the two keys that a unit makes for itself."""

    identity: EllipticCurvePublicKey
    courier: EllipticCurvePublicKey


def enrol(folder: Path, agency: str, unit: str, keys: UnitKeys, now: datetime) -> UnitPapers:
    """Certify a unit's two keys, put the unit on the roll, and give it its papers.

    Raise OSError where the authority's keys are not in the folder.
    """
    identity = Authority.load(read_papers(folder / "ca" / "identity"))
    tls = Authority.load(read_papers(folder / "ca" / "tls"))
    chain = identity.identity(agency, unit, keys.identity, now)
    roll = Roll(Layout(folder / "data"), (identity.certificate,))
    roll.enrol(agency, unit, chain)
    certificate = tls.client_of(agency, unit, keys.courier, now)
    roll.note_tls(agency, unit, certificate)
    return UnitPapers(chain, certificate, tls.papers().certificate)


def write_unit_papers(folder: Path, papers: UnitPapers) -> None:
    """Write a unit's papers: `chain.pem`, and for its courier `tls.pem` and `ca.pem`."""
    _write(folder / "chain.pem", papers.chain, 0o644)
    _write(folder / "tls.pem", papers.tls, 0o644)
    _write(folder / "ca.pem", papers.tls_ca, 0o644)


def _settings(plan: Plan, witnesses: list[VerifierKey]) -> str:
    lines = [
        "# A station of Shilu; docs/station.md explains every key.",
        "version = 1",
        f'agency = "{plan.agency}"',
        *([f'rules = "{plan.rules}"'] if plan.rules else ()),
        'worker = "w1"',
        'data = "data"',
        f"immutable = {'true' if plan.immutable else 'false'}",
        f"keep_free_mb = {plan.keep_free_mb}",
        'log_key = "keys/log.key"',
        f'command_key = "{COMMAND_KEY}"',
        'identities = ["station.agekey"]',
        'roots = ["ca/identity.pem"]',
        f"quorum = {_WITNESSES}",
        "",
        "[broker]",
        f'host = "{plan.hosts[0]}"',
        f"port = {plan.port}",
        f'run = "{plan.run_broker}"',
        'client = { ca = "ca/tls.pem", certificate = "tls/station.pem", key = "tls/station.key" }',
        "",
        "[broker.server]",
        'ca = "ca/tls.pem"',
        'certificate = "tls/broker.pem"',
        'key = "tls/broker.key"',
        'crl = "ca/tls.crl"',
    ]
    for number, key in enumerate(witnesses, 1):
        lines += [
            "",
            "[[witness]]",
            f'name = "{key.name}"',
            f'key = "witness-{number}/witness.key"',
            f'folder = "witness-{number}"',
        ]
    return "\n".join(lines) + "\n"


def signing_key(path: Path, random: Callable[[int], bytes]) -> Ed25519PrivateKey:
    """Make a signing key where none is. Raise OSError."""
    key = Ed25519PrivateKey.from_private_bytes(random(32))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(path, pem, 0o600)
    return key


def _age_key(path: Path, identity: Identity) -> None:
    text = f"# public key: {identity.recipient().text()}\n{identity.text()}\n"
    _write(path, text.encode(), 0o600)


def _write_papers(stem: Path, papers: Papers) -> None:
    _write(stem.with_suffix(".pem"), papers.certificate, 0o644)
    _write(stem.with_suffix(".key"), papers.key, 0o600)


def read_papers(stem: Path) -> Papers:
    """Read a certificate and its key. Raise OSError."""
    return Papers(stem.with_suffix(".pem").read_bytes(), stem.with_suffix(".key").read_bytes())


def _write(path: Path, data: bytes, mode: int) -> None:
    make_folder(path.parent)
    hand = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(hand, data)
        os.fsync(hand)
    finally:
        os.close(hand)
