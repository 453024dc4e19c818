"""The unit's side of enrolment: it makes its keys, asks, and takes its papers. No key leaves it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509.oid import NameOID

from config.provision.places import Where, custody_itself
from config.provision.process_files import courier_text, custody_text, release_text
from config.provision.request import (
    Asked,
    courier_public,
    courier_request,
    digest_of,
    new_courier_key,
    own_key,
    parse_request,
)
from config.provision.six_words import spoken
from config.refusal import cannot, refusal, unusable, write_new
from config.words import Words

if TYPE_CHECKING:
    from pathlib import Path

    from config.schema import Effective

_PAPERS = ("chain.pem", "tls.pem", "ca.pem")
_CALL_SECONDS = 60
_AT_ONCE_HOURS, _LATER_HOURS = 0, 24


@dataclass(frozen=True, slots=True)
class Request:
    """A unit's request for papers: PEM, and the six words of its key."""

    unit: str
    pem: bytes
    words: str


def make_request(config: Effective, folder: Path, where: Where) -> Request:
    """Make the unit's keys if it has none, and return its request; ConfigRefused if it cannot.

    Order of effects: custody's settings; the courier's key; the identity. A crash between leaves
    a unit that is asked again. The same unit asked again has the same keys.
    """
    settings = folder / "custody.toml"
    if not settings.exists():
        write_new(settings, custody_text(config, where).encode())
    courier = _courier_key(where)
    words: tuple[str, ...] = ("--request", digest_of(courier_public(courier)).hex())
    if not _made(where):
        words = ("--init", *words)
    vouched = _custody(config, where, settings, *words)
    unit, agency = config.unit.number, config.fleet.agency.id
    pem = vouched.encode() + courier_request(courier, agency, unit)
    return Request(unit, pem, spoken(parse_request(pem, unit).identity))


def read_request(path: Path, unit: str) -> Request:
    """Read a request; raise ConfigRefused unless it is signed, on P-256 and this unit's."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise cannot(path, error) from error
    try:
        words = spoken(parse_request(pem, unit).identity)
    except ValueError as error:
        raise refusal(
            path,
            Words(f"不是 {unit} 的申请（{error}）", f"is no request of {unit} ({error})"),
            Words("从这台设备上重新取", "Fetch it again from that unit"),
        ) from error
    return Request(unit, pem, words)


def _made(where: Where) -> bool:
    try:
        return (where.keys / "identity.pem").exists()
    except OSError as error:
        raise cannot(where.keys, error) from error


def _courier_key(where: Where) -> bytes:
    """Return the courier's TLS key, made now if there is none; root's, and of nobody else."""
    path = where.papers / "tls.key"
    if not path.exists():
        write_new(path, new_courier_key(), 0o600)
    try:
        return path.read_bytes()
    except OSError as error:
        raise cannot(path, error) from error


def _custody(config: Effective, where: Where, settings: Path, *words: str) -> str:
    """Let custody's own program touch the key, as its own user."""
    itself = custody_itself(where)
    ran = subprocess.run(
        [sys.executable, "-I", "-m", "recorder.programs.custody", "--config", str(settings),
         *words],
        capture_output=True, text=True, timeout=_CALL_SECONDS, check=False, cwd="/",
        user=itself.user, group=itself.group, extra_groups=itself.groups,
    )  # fmt: skip
    if ran.returncode:
        said = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        raise unusable(
            config.unit.number,
            Words(f"做不出密钥（{said}）", f"made no key ({said})"),
            Words("照括号里的话处理，再试一次", "Do what it says, then try again"),
        )
    return ran.stdout


def install(config: Effective, folder: Path, where: Where, papers: Path) -> str:
    """Take the station's papers and write the processes' settings; return the six words.

    Raise ConfigRefused, with nothing written, unless both certificates are for this unit's own
    keys and belong together.
    """
    own = _own(where, config.unit.number)
    files = {}
    for name in _PAPERS:
        try:
            files[name] = (papers / name).read_bytes()
        except OSError as error:
            raise cannot(papers / name, error) from error
    certified = _certified(files["chain.pem"], files["ca.pem"], files["tls.pem"], config)
    words = spoken(own)
    if certified.identity != own:
        raise _anothers("chain.pem", spoken(certified.identity), words)
    courier = courier_public(_courier_key(where))
    if certified.courier != courier:
        raise _anothers("tls.pem", spoken(certified.courier), spoken(courier))
    at_once = config.rules.clearing.when == "at_once"
    age_hours = _AT_ONCE_HOURS if at_once else _LATER_HOURS
    write_new(where.spool / "identity" / "chain.pem", files["chain.pem"])
    for name in _PAPERS[1:]:
        write_new(where.papers / name, files[name])
    write_new(folder / "courier.toml", courier_text(config, where).encode())
    write_new(folder / "release.toml", release_text(config, where, age_hours).encode())
    return words


def _own(where: Where, unit: str) -> EllipticCurvePublicKey:
    path = where.keys / "identity.csr"
    try:
        return own_key(path.read_bytes(), unit)
    except OSError as error:
        raise cannot(path, error) from error
    except ValueError as error:
        raise refusal(
            path,
            Words(f"不是 {unit} 的密钥（{error}）", f"is no key of {unit} ({error})"),
            Words("核对设备编号", "Check the unit's number"),
        ) from error


def _anothers(paper: str, said: str, own: str) -> Exception:
    return refusal(
        paper,
        Words(
            f"证书是另一把密钥的（{said}），本机是 {own}",
            f"certifies another key ({said}); this unit's is {own}",
        ),
        Words("停下来查清是谁的；不要使用", "Stop and find out whose it is; do not use it"),
    )


def _certified(chain: bytes, ca: bytes, tls: bytes, config: Effective) -> Asked:
    """Return the keys that the papers certify, for this unit's name only."""
    unit, agency = config.unit.number, config.fleet.agency.id
    try:
        certificate = x509.load_pem_x509_certificates(chain)[0]
        courier = x509.load_pem_x509_certificate(tls)
        courier.verify_directly_issued_by(x509.load_pem_x509_certificate(ca))
        keys = [certificate.public_key(), courier.public_key()]
        on_curve = [key for key in keys if isinstance(key, EllipticCurvePublicKey)]
        asked = Asked(*on_curve)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise refusal(
            "chain.pem",
            Words("文书不成对，或读不出来", "and the other papers do not belong together"),
            Words("在采集站重新签发", "Have the station issue them again"),
        ) from error
    for paper in (certificate, courier):
        for oid, wanted in ((NameOID.COMMON_NAME, unit), (NameOID.ORGANIZATION_NAME, agency)):
            found = [one.value for one in paper.subject.get_attributes_for_oid(oid)]
            if found != [wanted]:
                raise refusal(
                    "chain.pem",
                    Words(f"是给 {found} 的，不是 {wanted}", f"is for {found}, not for {wanted}"),
                    Words("拿对这台设备的文书", "Take the papers of this unit"),
                )
    return asked
