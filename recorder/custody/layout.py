"""The folders and first keys of a new unit; made once, before anything is recorded."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from recorder.custody.effects import Effect
from recorder.custody.errors import NotReady
from recorder.custody.keys import IDENTITY_FILE, NEXT_KEY, FileSigner, NextKeys
from recorder.custody.slots import Slots
from recorder.custody.spool import FOLDERS

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.custody.house import World
    from recorder.custody.settings import Settings

REQUEST_FILE = "identity.csr"
_FIRST_EPOCH = 1


def make_layout(settings: Settings, world: World) -> Path:
    """Make folders, identity key, its certificate request and the first epoch's key.

    Gives the path of the request. NotReady if there is an identity already, or no right to write.
    Order of effects: folders; the key of epoch 1; the identity key; the request. A crash before
    the identity key leaves a unit that can be made anew.
    """
    if (settings.keys / IDENTITY_FILE).exists():
        raise NotReady(f"This unit has an identity in {settings.keys} already; nothing was done.")
    try:
        for name in FOLDERS:
            (settings.spool / name).mkdir(parents=True, exist_ok=True, mode=0o750)
        for folder in (settings.keys, settings.state):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        effects = (Effect.WRITE_NEXT_KEY, Effect.SYNC_NEXT_KEY)
        slots = Slots(settings.keys, NEXT_KEY, world.disk, world.step, effects)
        NextKeys(slots, world.random).prepare(_FIRST_EPOCH)
        slots.close()
        private = ec.generate_private_key(ec.SECP256R1())
        _write_new(settings.keys / IDENTITY_FILE, _pem(private), 0o600)
        request = settings.keys / REQUEST_FILE
        _write_new(request, identity_request(private, settings.agency, settings.unit), 0o644)
    except OSError as error:
        raise NotReady(f"{error.filename} cannot be made: {error.strerror}.") from error
    return request


def vouching_request(settings: Settings, courier_key_sha256: str) -> bytes:
    """Ask for the unit's certificate, PEM, and vouch for its courier's TLS key by its digest.

    The digest is of the key's SubjectPublicKeyInfo; it stands in the request as a name of
    RFC 6920. KeyMissing if there is no identity key, NotReady if a token holds it.
    """
    if settings.token is not None or settings.firmware is not None:
        raise NotReady("The key is in no file: make the request with the token's own tools.")
    signer = FileSigner.load(settings.keys / IDENTITY_FILE)
    return identity_request(
        signer.private, settings.agency, settings.unit, bytes.fromhex(courier_key_sha256)
    )


def _pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def identity_request(
    private: ec.EllipticCurvePrivateKey, agency: str, unit: str, courier: bytes | None = None
) -> bytes:
    """Ask for the certificate of docs/format.md §5, PEM; `courier` is what it vouches for."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, unit),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, agency),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if courier is not None:
        named = base64.urlsafe_b64encode(courier).decode().rstrip("=")
        uri = x509.UniformResourceIdentifier(f"ni:///sha-256;{named}")
        builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=False)
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, mode)
    try:
        os.write(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
