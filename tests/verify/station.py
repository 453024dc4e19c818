"""The agency's side in memory: a root, a station with its log, two witnesses, and packages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from recorder.evidence.canonical import line
from recorder.evidence.command import Command, command_key_name, sign_command
from recorder.evidence.head import Head, cosign, sign_head
from recorder.evidence.moment import utc_text
from recorder.evidence.note import (
    COSIGNATURE,
    ED25519,
    VerifierKey,
    add_signature,
    note_bytes,
    parse_note,
)
from recorder.evidence.package import TAGS, UNIT
from recorder.evidence.receipt import CustodyEntry, FiledFile, TlogProof
from recorder.evidence.sidecar import Officers
from recorder.evidence.tree import FullTree, leaf_hash
from recorder.evidence.trust import Trust, parse_trust
from recorder.evidence.words import CHAIN_FILE, digest, receipt_file, station_origin
from tests.verify.unit import NOON_MS, Dice, Unit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from recorder.evidence.canonical import Value

NOON = dt.datetime.fromtimestamp(NOON_MS / 1000, dt.UTC)
CREW = Officers(("王伟", "李娜"), ("110025", "110026"))
WITNESSES = ("witness-1.example", "witness-2.example")


def certificate(
    dice: Dice,
    subject: ec.EllipticCurvePublicKey | Ed25519PublicKey,
    issuer: ec.EllipticCurvePrivateKey,
    names: tuple[str, str],
    issuer_names: tuple[str, str],
    *,
    authority: bool,
    since: dt.datetime = NOON - dt.timedelta(days=200),
    days: int = 700,
    signs: bool = True,
    twice: bool = False,
    certifies: bool | None = None,
    path_length: int | None = None,
    states_use: bool = True,
) -> x509.Certificate:
    """`names` are common name and organisation."""
    certifies = authority if certifies is None else certifies
    usage = x509.KeyUsage(signs, False, False, False, False, certifies, False, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(*names, *(names if twice else ())))
        .issuer_name(_name(*issuer_names))
        .public_key(subject)
        .serial_number(1 + int.from_bytes(dice(8)))
        .not_valid_before(since)
        .not_valid_after(since + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
    )
    if states_use:
        made = made.add_extension(usage, critical=True)
    return made.sign(issuer, SHA256(), ecdsa_deterministic=True)


def _name(*names: str) -> x509.Name:
    kinds = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME) * 2
    return x509.Name(
        [x509.NameAttribute(kind, name) for kind, name in zip(kinds, names, strict=False)]
    )


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


@dataclass(slots=True)
class Station:
    """A station that believes what it is given: what it may admit is not this suite's matter."""

    agency: str = "baofeng-mz"
    seed: int = 99
    tree: FullTree = field(default_factory=FullTree)
    revoked: tuple[tuple[str, str], ...] = ()
    second_witness_late_s: int = 0
    # Whether its reader's trust file pins the key that signs commands.
    pins_commands: bool = False

    def __post_init__(self) -> None:
        self.dice = Dice(self.seed)
        self.log_key = self.dice.ed25519()
        self.command_key = Dice(self.seed + 1000).ed25519()
        self.witness_keys = {name: self.dice.ed25519() for name in WITNESSES}
        self.root_key = self.dice.p256()
        self.issuer_key = self.dice.p256()
        root, issuer = ("root", self.agency), ("issuer", self.agency)
        self.root = certificate(
            self.dice, self.root_key.public_key(), self.root_key, root, root, authority=True
        )
        self.issuer = certificate(
            self.dice, self.issuer_key.public_key(), self.root_key, issuer, root, authority=True
        )

    dice: Dice = field(init=False)
    log_key: Ed25519PrivateKey = field(init=False)
    command_key: Ed25519PrivateKey = field(init=False)
    witness_keys: dict[str, Ed25519PrivateKey] = field(init=False)
    root_key: ec.EllipticCurvePrivateKey = field(init=False)
    issuer_key: ec.EllipticCurvePrivateKey = field(init=False)
    root: x509.Certificate = field(init=False)
    issuer: x509.Certificate = field(init=False)

    @property
    def origin(self) -> str:
        return station_origin(self.agency)

    def enrol(
        self,
        unit: Unit,
        *,
        names: tuple[str, str] | None = None,
        key: ec.EllipticCurvePublicKey | Ed25519PublicKey | None = None,
        since: dt.datetime = NOON - dt.timedelta(days=200),
        days: int = 700,
        signs: bool = True,
    ) -> None:
        """Certify the unit's identity key."""
        own = certificate(
            self.dice,
            key or unit.identity.public_key(),
            self.issuer_key,
            names or (unit.number, unit.agency),
            ("issuer", self.agency),
            authority=False,
            since=since,
            days=days,
            signs=signs,
        )
        unit.files[CHAIN_FILE] = (pem(own) + pem(self.issuer)).encode()

    # --- the log -------------------------------------------------------------------------------

    def checkpoint(
        self,
        now_s: int,
        witnesses: tuple[str, ...] = WITNESSES,
        key: Ed25519PrivateKey | None = None,
    ) -> bytes:
        """Give the log's head, cosigned."""
        head = Head(self.origin, self.tree.size, self.tree.root())
        note = parse_note(sign_head(head, key or self.log_key))
        for number, name in enumerate(witnesses):
            witness_s = now_s + number * self.second_witness_late_s
            note = add_signature(note, cosign(note, name, self.witness_keys[name], witness_s))
        return note_bytes(note)

    def anchor(self, unit: Unit) -> None:
        """Let the unit learn a new head."""
        self.tree.append(leaf_hash(self.dice(16)))
        unit.anchor(self.checkpoint(unit.clock.true_s()))

    def receipt(
        self,
        unit: Unit,
        *,
        size: int | None = None,
        root: bytes | None = None,
        log: str | None = None,
        files: dict[str, bytes] | None = None,
        witnesses: tuple[str, ...] = WITNESSES,
        key: Ed25519PrivateKey | None = None,
        lie: bytes | None = None,
        now_s: int | None = None,
    ) -> tuple[str, bytes]:
        """Log that everything so far is here; give the receipt's name and bytes."""
        held = files if files is not None else unit.files
        entry = CustodyEntry(
            copies=2,
            files=tuple(
                FiledFile(name, digest(data))
                for name, data in sorted(held.items())
                if name.endswith((".mp4.age", ".side.age"))
            ),
            log=log or unit.origin,
            root=(root or unit.tree.root()).hex(),
            salt=self.dice(16).hex(),
            size=size or unit.size,
            station=self.origin,
            utc=utc_text(unit.clock.true_s() * 1000),
        )
        index = self.tree.size
        self.tree.append(leaf_hash(entry.line()))
        now_s = unit.clock.true_s() + 1 if now_s is None else now_s
        proof = TlogProof(
            lie or entry.line(),
            index,
            self.tree.inclusion(index, self.tree.size),
            self.checkpoint(now_s, witnesses, key),
        )
        return receipt_file(entry.size), proof.text()

    def take_in(self, unit: Unit) -> str:
        """Receive all that the unit has; the unit files the receipt."""
        size = unit.size
        name, proof = self.receipt(unit)
        unit.file_receipt(name, proof, size, self.tree.size)
        return name

    def order(
        self, unit: Unit, number: int, *, key: Ed25519PrivateKey | None = None, **changes: object
    ) -> bytes:
        """Order two officers of a unit for the twelve hours from the last full hour on."""
        now_ms = unit.clock.true_s() * 1000
        since_ms = now_ms - now_ms % 3_600_000
        command = Command(
            unit=unit.origin,
            number=number,
            since=utc_text(since_ms),
            until=utc_text(since_ms + 12 * 3_600_000),
            officers=CREW,
            salt=digest(f"{unit.origin} {number}".encode())[:32],
        )
        return sign_command(replace(command, **changes), key or self.command_key)  # type: ignore[arg-type]

    # --- what a reader gets --------------------------------------------------------------------

    def trust_text(self) -> str:
        key = VerifierKey.of(self.origin, ED25519, self.log_key.public_key()).text()
        witnesses = ", ".join(
            f'"{VerifierKey.of(name, COSIGNATURE, key.public_key()).text()}"'
            for name, key in self.witness_keys.items()
        )
        revoked = "".join(
            f'\n[[revoked]]\nunit = "{unit}"\nfrom = "{instant}"\n'
            for unit, instant in self.revoked
        )
        return (
            f'version = 1\nagency = "{self.agency}"\nquorum = 2\n'
            f'roots = ["""{pem(self.root)}"""]\nstation = "{key}"\n'
            f"witnesses = [{witnesses}]\n{self._command_keys()}{revoked}"
        )

    def _command_keys(self) -> str:
        name = command_key_name(self.agency)
        key = VerifierKey.of(name, ED25519, self.command_key.public_key())
        return f'commands = ["{key.text()}"]\n' if self.pins_commands else ""

    def trust(self) -> Trust:
        return parse_trust(self.trust_text())

    def package(self, unit: Unit, *recordings: int, final_receipt: bool = True) -> dict[str, bytes]:
        """Give the package of `recordings` (all, if none is named) as it goes out."""
        numbers = list(recordings) or list(range(1, unit.recording + 1))
        files = dict(unit.files)
        if final_receipt:
            name, proof = self.receipt(unit)
            files[name] = proof
        kept = {
            UNIT + name: data
            for name, data in files.items()
            if not name.startswith("media/") or int(name[6:12]) in numbers
        }
        statement: dict[str, Value] = {
            "made": utc_text(unit.clock.true_s() * 1000 + 60_000),
            "origin": unit.origin,
            "recordings": [*numbers],
            "size": unit.size,
            "station": self.origin,
            "type": "package",
            "v": 1,
        }
        return bagged({**kept, "data/package.json": line(statement)})


def bagged(files: dict[str, bytes]) -> dict[str, bytes]:
    """Write the bag's lists anew, as a forger would too."""
    payload = {name: data for name, data in files.items() if name.startswith("data/")}
    oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
    others = {name: data for name, data in files.items() if name not in {*payload, *TAGS}}
    bag = {
        **others,
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"Payload-Oxum: {oxum}\n".encode(),
        "manifest-sha256.txt": listed(payload),
    }
    return {**payload, **bag, "tagmanifest-sha256.txt": listed(bag)}


def listed(files: dict[str, bytes]) -> bytes:
    return "".join(f"{digest(data)}  {name}\n" for name, data in sorted(files.items())).encode()
