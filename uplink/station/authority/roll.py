"""The roll of enrolled units: whose evidence this station takes, and by which identity key."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from recorder.evidence.errors import Malformed
from recorder.evidence.words import check_unit, digest
from uplink.station.store.durable import write_durably
from uplink.station.store.layout import Layout

_CHAIN_MAX_BYTES = 65_536


class IdentityRefused(Exception):
    """A unit that is not enrolled, or not the one that was; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Enrolled units below the station's folder, under the agency's root certificates."""

    layout: Layout
    roots: tuple[x509.Certificate, ...]

    def enrol(self, agency: str, unit: str, chain: bytes) -> None:
        """Put a unit on the roll, with its certificate chain. Raise IdentityRefused."""
        certificate = self._check_certificates(agency, unit, chain)
        place = self.layout.units(agency) / check_unit(unit) / "identity.pem"
        write_durably(place, certificate.public_bytes(Encoding.PEM))

    def note_tls(self, agency: str, unit: str, certificate: bytes) -> None:
        """Keep the TLS certificate that a unit was given, beside those it had before."""
        place = self._tls(agency, unit)
        known = place.read_bytes() if place.exists() else b""
        write_durably(place, known + certificate)

    def tls_certificates(self, agency: str, unit: str) -> tuple[x509.Certificate, ...]:
        """Return every TLS certificate that a unit was given here, the newest last."""
        place = self._tls(agency, unit)
        if not place.exists():
            return ()
        return tuple(x509.load_pem_x509_certificates(place.read_bytes()))

    def _tls(self, agency: str, unit: str) -> Path:
        return self.layout.units(agency) / check_unit(unit) / "tls.pem"

    def units(self, agency: str) -> tuple[str, ...]:
        """List the enrolled units of an agency."""
        folder = self.layout.units(agency)
        if not folder.is_dir():
            return ()
        return tuple(sorted(one.name for one in folder.iterdir()))

    def identity(self, agency: str, unit: str) -> EllipticCurvePublicKey:
        """Return the identity key that a unit was enrolled with. Raise IdentityRefused."""
        place = self.layout.units(agency) / check_unit(unit) / "identity.pem"
        revoked = place.with_name("revoked.json")
        if revoked.exists() and place.exists():
            stated = json.loads(revoked.read_text(encoding="utf-8"))
            if stated["certificate_sha256"] == digest(place.read_bytes()):
                raise IdentityRefused(
                    f"{unit} is revoked from {stated['from']}; nothing is taken from it until it "
                    "is enrolled again with a new key"
                )
        if not place.exists():
            raise IdentityRefused(
                f"{unit} of {agency} is not enrolled at this station; enrol it before it docks"
            )
        return _key(x509.load_pem_x509_certificate(place.read_bytes()))

    def revoke(self, agency: str, unit: str, since: str) -> None:
        """Take no more from a unit's present key. Raise IdentityRefused if it is not enrolled."""
        place = self.layout.units(agency) / check_unit(unit) / "identity.pem"
        if not place.exists():
            raise IdentityRefused(f"{unit} is not enrolled here; there is nothing to revoke")
        stated = {"certificate_sha256": digest(place.read_bytes()), "from": since}
        text = json.dumps(stated, sort_keys=True) + "\n"
        write_durably(place.with_name("revoked.json"), text.encode())

    def check_chain(self, agency: str, unit: str, chain: bytes) -> None:
        """Raise IdentityRefused unless a chain is of this unit, as it was enrolled."""
        certificate = self._check_certificates(agency, unit, chain)
        if _key(certificate) != self.identity(agency, unit):
            raise IdentityRefused(
                f"{unit} shows another identity key than it was enrolled with; enrol it again if "
                "it was repaired, and find out whose key this is if it was not"
            )

    def _check_certificates(self, agency: str, unit: str, chain: bytes) -> x509.Certificate:
        try:
            if len(chain) > _CHAIN_MAX_BYTES:
                raise IdentityRefused(f"the chain of {unit} has more than {_CHAIN_MAX_BYTES} bytes")
            certificates = x509.load_pem_x509_certificates(chain)
            for below, above in pairwise(certificates):
                below.verify_directly_issued_by(above)
            _check_root(certificates[-1], self.roots)
            _check_names(certificates[0], agency, unit)
        except (ValueError, TypeError, InvalidSignature, Malformed) as error:
            raise IdentityRefused(
                f"the certificate chain of {unit} does not lead to the agency's root ({error}); "
                "enrol the unit at this station"
            ) from error
        return certificates[0]


def _check_root(last: x509.Certificate, roots: tuple[x509.Certificate, ...]) -> None:
    for root in roots:
        if root.subject == last.issuer:
            last.verify_directly_issued_by(root)
            return
    raise Malformed(f"no root is named {last.issuer.rfc4514_string()}")


def _check_names(certificate: x509.Certificate, agency: str, unit: str) -> None:
    for oid, wanted in ((NameOID.COMMON_NAME, unit), (NameOID.ORGANIZATION_NAME, agency)):
        found = [one.value for one in certificate.subject.get_attributes_for_oid(oid)]
        if found != [wanted]:
            raise Malformed(f"its subject is {certificate.subject.rfc4514_string()}")
    _key(certificate)


def _key(certificate: x509.Certificate) -> EllipticCurvePublicKey:
    key = certificate.public_key()
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise Malformed("its key is not on P-256")
    return key
