"""The agency's own small authority: one root for identities, one for TLS, never mixed.

It promises P-256 throughout, and that a TLS certificate cannot pass for a unit's identity: they
come from different roots.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from recorder.evidence.words import check_agency, check_unit

_ROOT_DAYS = 3650
_LEAF_DAYS = 1096
_EARLY = timedelta(days=1)
"""A new certificate counts from a day before, since a unit's clock may be behind."""


@dataclass(frozen=True, slots=True)
class Papers:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Authority:
    """A root certificate and the key that signs under it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, agency: str, what: str, now: datetime) -> "Authority":
        """Make a new root, called after the agency and what it is for."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(check_agency(agency), f"{agency} {what}")
        builder = _builder(name, name, key.public_key(), now, _ROOT_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), True)
        builder = builder.add_extension(_usage(signs_certificates=True), True)
        return cls(builder.sign(key, SHA256()), key)

    @classmethod
    def load(cls, papers: Papers) -> "Authority":
        """Read a root. Raise ValueError or TypeError when it is not P-256 PEM."""
        key = load_pem_private_key(papers.key, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the key of the authority is not on P-256; make a new authority")
        return cls(x509.load_pem_x509_certificate(papers.certificate), key)

    def papers(self) -> Papers:
        """Write certificate and key as PEM."""
        return Papers(self.certificate.public_bytes(Encoding.PEM), key_pem(self.key))

    def identity(
        self, agency: str, unit: str, public: ec.EllipticCurvePublicKey, now: datetime
    ) -> bytes:
        """Return a unit's identity certificate, PEM: it signs epochs, and nothing else."""
        name = _name(check_agency(agency), check_unit(unit))
        builder = _builder(name, self.certificate.subject, public, now, _LEAF_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(_usage(signs_certificates=False), True)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM)

    def client(self, agency: str, common_name: str, now: datetime) -> Papers:
        """Return a TLS client's papers; the common name is what the broker knows it by."""
        return self._leaf(agency, common_name, (), ExtendedKeyUsageOID.CLIENT_AUTH, now)

    def client_of(
        self, agency: str, common_name: str, public: ec.EllipticCurvePublicKey, now: datetime
    ) -> bytes:
        """Return the certificate of a TLS client whose key stays where it was made."""
        name = _name(check_agency(agency), common_name)
        return self._certify(name, public, (), ExtendedKeyUsageOID.CLIENT_AUTH, now)

    def server(self, agency: str, hosts: Sequence[str], now: datetime) -> Papers:
        """Return a TLS server's papers for these names and addresses, the first one its name."""
        return self._leaf(agency, hosts[0], hosts, ExtendedKeyUsageOID.SERVER_AUTH, now)

    def revocations(self, serials: Iterable[int], now: datetime) -> bytes:
        """Return the list of certificates of this authority that count no more, PEM.

        It lasts as long as the root: a list that ran out would lock every unit out.
        """
        builder = x509.CertificateRevocationListBuilder()
        builder = builder.issuer_name(self.certificate.subject).last_update(now - _EARLY)
        builder = builder.next_update(self.certificate.not_valid_after_utc)
        for serial in serials:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            builder = builder.add_revoked_certificate(one.build())
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM)

    def clips(self, agency: str, now: datetime) -> Papers:
        """Return the papers that sign exported clips (C2PA); no unit can have this name."""
        return self._leaf(agency, "clips", (), ExtendedKeyUsageOID.EMAIL_PROTECTION, now)

    def _leaf(
        self,
        agency: str,
        common_name: str,
        hosts: Sequence[str],
        usage: x509.ObjectIdentifier,
        now: datetime,
    ) -> Papers:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(check_agency(agency), common_name)
        return Papers(self._certify(name, key.public_key(), hosts, usage, now), key_pem(key))

    def _certify(
        self,
        name: x509.Name,
        public: ec.EllipticCurvePublicKey,
        hosts: Sequence[str],
        usage: x509.ObjectIdentifier,
        now: datetime,
    ) -> bytes:
        builder = _builder(name, self.certificate.subject, public, now, _LEAF_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(_usage(signs_certificates=False), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
        if hosts:
            names = x509.SubjectAlternativeName([_host(one) for one in hosts])
            builder = builder.add_extension(names, False)
        # TLS verifiers of newer Python demand both key identifiers.
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(own, False)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PKCS #8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(agency: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, agency),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
