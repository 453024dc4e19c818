"""What the makers of vectors share: fixed keys, a repeatable source of bytes, the form."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from recorder.evidence.note import (
    VerifierKey,
)

ORIGIN = "baofeng-mz.shilu/BF-0007"
STATION = "baofeng-mz.shilu/station"
SECONDS = 1_795_255_533
SALT = "000102030405060708090a0b0c0d0e0f"
Vector = dict[str, Any]


def signing_key(number: int) -> Ed25519PrivateKey:
    """Give the fixed key whose seed is 32 times one byte."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def key_text(name: str, kind: int, number: int) -> str:
    """Write a fixed key as a C2SP verifier key."""
    return VerifierKey.of(name, kind, signing_key(number).public_key()).text()


def dice(seed: str) -> Any:  # noqa: ANN401 - a function from a count to bytes
    """Give a source of bytes that is the same each time."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        start, drawn = drawn, drawn + count
        return hashlib.shake_256(seed.encode()).digest(drawn)[start:]

    return draw


def named(kind: str, name: str, expect: str, **given: object) -> Vector:
    """Make one vector."""
    return {"name": name, "kind": kind, **given, "expect": expect}


def packed(data: bytes) -> str:
    """Write bytes as base64."""
    return base64.b64encode(data).decode()


class FixedSigner:
    """An identity key that signs the same text the same way each time (RFC 6979)."""

    key_store = "file"

    def __init__(self, number: int) -> None:
        self._private = ec.derive_private_key(number, ec.SECP256R1())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public key."""
        return self._private.public_key()

    def sign(self, text: bytes) -> bytes:
        """Sign without a random source."""
        return self._private.sign(text, ec.ECDSA(SHA256(), deterministic_signing=True))

    def pem(self) -> str:
        """Write the public key."""
        public = self.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
