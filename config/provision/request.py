"""What a unit asks for: papers for its identity key, and for the courier's TLS key it vouches for.

Two certificate requests in one text. The first is signed by the identity key and names the digest
of the TLS key; so whoever compares the six words of the first has compared both.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

_END = b"-----END CERTIFICATE REQUEST-----"


@dataclass(frozen=True, slots=True)
class Asked:
    """The two public keys that a request is for."""

    identity: ec.EllipticCurvePublicKey
    courier: ec.EllipticCurvePublicKey


def new_courier_key() -> bytes:
    """Make a TLS key, PEM; it never leaves the machine that makes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def courier_public(pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public half of a TLS key. Raise ValueError if it is none on P-256."""
    return _private(pem).public_key()


def courier_request(pem: bytes, agency: str, unit: str) -> bytes:
    """Ask for the TLS certificate, with the key's own signature as proof of possession."""
    key = _private(pem)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, agency),
            x509.NameAttribute(NameOID.COMMON_NAME, unit),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def digest_of(public: ec.EllipticCurvePublicKey) -> bytes:
    """Return SHA-256 over the key's SubjectPublicKeyInfo."""
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def parse_request(pem: bytes, unit: str) -> Asked:
    """Raise ValueError unless `unit` signed this, vouches for its courier's key, and both fit."""
    parts = [part.strip() + b"\n" + _END + b"\n" for part in pem.split(_END)[:-1]]
    if len(parts) != 2:
        raise ValueError(f"it holds {len(parts)} requests, not that of {unit} and of its courier")
    identity, courier = (x509.load_pem_x509_csr(part) for part in parts)
    asked = Asked(own_key(parts[0], unit), own_key(parts[1], unit))
    if courier.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) != (
        identity.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    ):
        raise ValueError("unit and courier are of two agencies")
    if _vouched(identity) != _named(digest_of(asked.courier)):
        raise ValueError(f"{unit} does not vouch for this courier's key")
    return asked


def own_key(pem: bytes, unit: str) -> ec.EllipticCurvePublicKey:
    """Return the key of one request. Raise ValueError unless `unit` signed it, on P-256."""
    request = x509.load_pem_x509_csr(pem)
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("the key is not on P-256")  # noqa: TRY004  what was read, not a type
    if not request.is_signature_valid:
        raise ValueError("its own key did not sign it")
    names = [one.value for one in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [unit]:
        raise ValueError(f"it is of {names}, not of {unit}")
    return key


def _vouched(request: x509.CertificateSigningRequest) -> str:
    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return " ".join(names.get_values_for_type(x509.UniformResourceIdentifier))


def _named(digest: bytes) -> str:
    return "ni:///sha-256;" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _private(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("the courier's key is not on P-256")  # noqa: TRY004  what was read
    return key
