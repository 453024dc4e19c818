"""Certificates for the broker suites: a small CA of P-256 keys, made anew for each run."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from uplink.wire.post import TlsFiles

_START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def revoke(self, *certificates: Path) -> Path:
        """Write the list of what is revoked, and return it."""
        builder = x509.CertificateRevocationListBuilder()
        builder = builder.issuer_name(self.certificate.subject).last_update(_START)
        builder = builder.next_update(_END)
        for path in certificates:
            serial = x509.load_pem_x509_certificate(path.read_bytes()).serial_number
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_START)
            builder = builder.add_revoked_certificate(one.build())
        signed = builder.sign(self.key, hashes.SHA256())
        path = self.folder / "revoked.crl"
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(self, name: str, until: dt.datetime = _END) -> TlsFiles:
        """Return files for a holder of this common name, on 127.0.0.1 if it is a broker."""
        key = ec.generate_private_key(ec.SECP256R1())
        places = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (
            _builder(name, self.certificate.subject, key, until)
            .add_extension(places, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        files = TlsFiles(self.ca_file, self.folder / f"{name}.pem", self.folder / f"{name}.key")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(files.key, key)
        return files


def make_authority(folder: Path, name: str) -> Authority:
    folder.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(name, _name(name), key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority = Authority(folder, key, certificate)
    authority.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return authority


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: dt.datetime = _END
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_START)
        .not_valid_after(until)
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
