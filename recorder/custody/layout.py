"""The folders and first keys of a new unit; made once, before anything is recorded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from recorder.custody.effects import Effect
from recorder.custody.errors import NotReady
from recorder.custody.keys import IDENTITY_FILE, NEXT_KEY, NextKeys
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
        _write_new(request, _request(private, settings), 0o644)
    except OSError as error:
        raise NotReady(f"{error.filename} cannot be made: {error.strerror}.") from error
    return request


def _pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _request(private: ec.EllipticCurvePrivateKey, settings: Settings) -> bytes:
    """Ask for the certificate of docs/format.md §5."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, settings.unit),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, settings.agency),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
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
