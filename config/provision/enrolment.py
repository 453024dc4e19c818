"""The unit's side of enrolment: it makes its key, asks, and takes its papers. No key leaves it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509.oid import NameOID

from config.provision.process_files import Where, courier_text, custody_text, release_text
from config.provision.six_words import spoken
from config.refusal import cannot, refusal, unusable, write_new
from config.words import Words

if TYPE_CHECKING:
    from pathlib import Path

    from config.schema import Effective

_PAPERS = ("chain.pem", "tls.pem", "tls.key", "ca.pem")
_CALL_SECONDS = 60
CUSTODY_USER = "shilu-custody"
"""The key is made by the one user that will ever read it."""
_AT_ONCE_HOURS, _LATER_HOURS = 0, 24


@dataclass(frozen=True, slots=True)
class Request:
    """A unit's request for papers: PEM, and the six words of its key."""

    unit: str
    pem: bytes
    words: str


def make_request(config: Effective, folder: Path, where: Where) -> Request:
    """Make the unit's key if it has none, and return its request; ConfigRefused if it cannot."""
    settings = folder / "custody.toml"
    if not settings.exists():
        write_new(settings, custody_text(config, where).encode())
    request = where.keys / "identity.csr"
    if not request.exists():
        ran = subprocess.run(
            [sys.executable, "-I", "-m", "recorder.programs.custody", "--config", str(settings),
             "--init"],
            capture_output=True, text=True, timeout=_CALL_SECONDS, check=False,
            user=None if where.users is None else CUSTODY_USER,
        )  # fmt: skip
        if ran.returncode:
            said = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
            raise unusable(
                config.unit.number,
                Words(f"做不出密钥（{said}）", f"made no key ({said})"),
                Words("照括号里的话处理，再试一次", "Do what it says, then try again"),
            )
    return read_request(request, config.unit.number)


def read_request(path: Path, unit: str) -> Request:
    """Read a request; raise ConfigRefused unless it is signed, on P-256 and this unit's."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise cannot(path, error) from error
    try:
        asked = x509.load_pem_x509_csr(pem)
        key = asked.public_key()
        sound = asked.is_signature_valid and isinstance(key, EllipticCurvePublicKey)
        names = [n.value for n in asked.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except ValueError:
        sound, names, key = False, [], None
    if not sound or not isinstance(key, EllipticCurvePublicKey) or names != [unit]:
        raise refusal(
            path,
            Words(f"不是 {unit} 的申请", f"is no request of {unit}"),
            Words("从这台设备上重新取", "Fetch it again from that unit"),
        )
    return Request(unit, pem, spoken(key))


def install(config: Effective, folder: Path, where: Where, papers: Path) -> str:
    """Take the station's papers and write the processes' settings; return the six words.

    The courier's key stays with whoever runs this, root on a unit: systemd hands it over.

    Raise ConfigRefused, with nothing written, unless the certificate is for this unit's own key
    and the courier's papers belong to it.
    """
    own = read_request(where.keys / "identity.csr", config.unit.number)
    files = {}
    for name in _PAPERS:
        try:
            files[name] = (papers / name).read_bytes()
        except OSError as error:
            raise cannot(papers / name, error) from error
    words = _certified_words(files["chain.pem"], files["ca.pem"], files["tls.pem"], config)
    if words != own.words:
        raise refusal(
            papers / "chain.pem",
            Words(
                f"证书是另一把密钥的（{words}），本机是 {own.words}",
                f"certifies another key ({words}); this unit's is {own.words}",
            ),
            Words("停下来查清是谁的；不要使用", "Stop and find out whose it is; do not use it"),
        )
    at_once = config.rules.clearing.when == "at_once"
    age_hours = _AT_ONCE_HOURS if at_once else _LATER_HOURS
    write_new(where.spool / "identity" / "chain.pem", files["chain.pem"])
    for name in _PAPERS[1:]:
        write_new(where.papers / name, files[name], 0o600 if name == "tls.key" else 0o644)
    write_new(folder / "courier.toml", courier_text(config, where).encode())
    write_new(folder / "release.toml", release_text(config, where, age_hours).encode())
    return words


def _certified_words(chain: bytes, ca: bytes, tls: bytes, config: Effective) -> str:
    """Return the words of the key that the chain certifies, for this unit's name only."""
    unit, agency = config.unit.number, config.fleet.agency.id
    try:
        certificate = x509.load_pem_x509_certificates(chain)[0]
        courier = x509.load_pem_x509_certificate(tls)
        courier.verify_directly_issued_by(x509.load_pem_x509_certificate(ca))
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
    key = certificate.public_key()
    return spoken(key) if isinstance(key, EllipticCurvePublicKey) else "?"
