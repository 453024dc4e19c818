"""Step 5: whose certificate it is, who stands behind it, and whether it was valid then."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from recorder.evidence.certificates import FAULTS, parse_certificates
from recorder.evidence.errors import BadSignature, Malformed
from recorder.evidence.moment import utc_text
from recorder.evidence.package import UNIT, read_whole
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found
from recorder.evidence.words import CHAIN_FILE, unit_origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from recorder.evidence.package import PackageFiles
    from recorder.evidence.trust import Trust
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.instants import Instants
    from recorder.evidence.verify.ledger import Ledger

MOST_CHAIN_BYTES = 1 << 20
PLACE = Place(file=UNIT + CHAIN_FILE)


@dataclass(frozen=True, slots=True)
class Signer:
    """The unit's certificate, its issuers, and the key that signs epochs."""

    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePublicKey

    def origin(self) -> str:
        """Give the origin that the certificate is for; raise Malformed if it names none."""
        subject = self.certificate.subject
        units = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        agencies = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if len(units) != 1 or len(agencies) != 1:
            raise Malformed("The certificate does not name one unit and one agency.")
        return unit_origin(str(agencies[0].value), str(units[0].value))

    def valid_ms(self) -> tuple[int, int]:
        """Give the first and last instant of its validity, milliseconds since 1970."""
        return _valid_ms(self.certificate)

    def chain_valid_ms(self) -> tuple[int, int]:
        """Give the instants between which it is valid, and so are all its issuers here."""
        spans = [_valid_ms(each) for each in (self.certificate, *self.issuers)]
        return max(since for since, _ in spans), min(until for _, until in spans)


def _valid_ms(certificate: x509.Certificate) -> tuple[int, int]:
    return (
        _unix_ms(certificate.not_valid_before_utc),
        _unix_ms(certificate.not_valid_after_utc),
    )


def _unix_ms(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000


def read_signer(files: PackageFiles) -> Signer:
    """Read `identity/chain.pem`; raise Malformed if it does not hold a unit's certificate."""
    data = read_whole(files, UNIT + CHAIN_FILE, MOST_CHAIN_BYTES)
    try:
        certificate, *issuers = parse_certificates(data)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (Malformed, x509.ExtensionNotFound) as error:
        raise Malformed("It is not a certificate that states what its key is for.") from error
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Malformed("The unit's key is not on the curve P-256.")
    if not usage.digital_signature:
        raise Malformed("The certificate does not allow its key to sign.")
    signer = Signer(certificate, tuple(issuers), key)
    signer.origin()
    return signer


def check_issuers(signer: Signer, roots: Sequence[x509.Certificate]) -> None:
    """Raise BadSignature unless the chain leads, link by link, to one of `roots`."""
    chain = (signer.certificate, *signer.issuers)
    for between, (below, above) in enumerate(pairwise(chain)):
        _check_issued(below, above, between)
    for root in roots:
        try:
            _check_issued(chain[-1], root, len(signer.issuers))
        except BadSignature:
            continue
        return
    raise BadSignature("The chain ends at an issuer that the trust file does not name.")


def _check_issued(below: x509.Certificate, above: x509.Certificate, between: int) -> None:
    """Raise BadSignature unless `above`, with `between` issuers below it, issued `below`."""
    try:
        below.verify_directly_issued_by(above)
        authority = above.extensions.get_extension_for_class(x509.BasicConstraints).value
    except FAULTS as error:
        raise BadSignature("A certificate of the chain was not issued by the next.") from error
    too_long = authority.path_length is not None and between > authority.path_length
    if not authority.ca or too_long or not _may_issue(above):
        raise BadSignature("A certificate of the chain was issued by one that may not issue.")


def _may_issue(authority: x509.Certificate) -> bool:
    """Tell whether its key is for certificates; one that states no use is for all."""
    try:
        usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.key_cert_sign


def signer_step(
    signer: Signer, trust: Trust, ledger: Ledger, instants: Instants
) -> Iterator[Finding]:
    """Check name, chain, validity and revocation."""
    if signer.origin() != ledger.origin:
        yield found(Code.CERTIFICATE_NAME, PLACE, found=signer.origin(), stated=ledger.origin)
    try:
        check_issuers(signer, trust.roots)
    except BadSignature:
        yield found(Code.SIGNER_UNKNOWN, PLACE)
    yield from _validity(signer, ledger, instants)
    unit = signer.origin().rpartition("/")[2]
    revoked_ms = trust.revoked_from_ms(unit)
    if revoked_ms is None:
        return
    proven = [instants.bracket(facts).not_after_ms for facts in ledger.recordings.values()]
    if not proven or any(instant is None or instant >= revoked_ms for instant in proven):
        yield found(Code.UNIT_REVOKED, PLACE, unit=unit, instant=utc_text(revoked_ms))


def _validity(signer: Signer, ledger: Ledger, instants: Instants) -> Iterator[Finding]:
    since, until = signer.chain_valid_ms()
    for facts in ledger.recordings.values():
        instant = instants.bracket(facts).not_after_ms
        if instant is not None and not since <= instant <= until:
            yield found(Code.CERTIFICATE_INSTANT, PLACE, instant=utc_text(instant))
            return
