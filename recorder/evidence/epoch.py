"""Epochs: which key signs, and who vouches for it (§5)."""

from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from recorder.evidence.causes import KeyStore, Suite
from recorder.evidence.errors import BadSignature
from recorder.evidence.events import EpochBegins
from recorder.evidence.note import ED25519, VerifierKey
from recorder.evidence.words import base64_bytes, base64_text, digest


class Signer(Protocol):
    """The unit's identity key, wherever it lives."""

    @property
    def key_store(self) -> str:
        """Where the key lives, as the epoch record states it."""

    def public_key(self) -> EllipticCurvePublicKey:
        """Give the public key, on P-256."""

    def sign(self, text: bytes) -> bytes:
        """Sign `text` with ECDSA and SHA-256; give DER."""


@dataclass(frozen=True, slots=True)
class EpochStatement:
    """What both signatures of an epoch record cover; keys and digests as in the record."""

    origin: str
    epoch: int
    seq: int
    prev: str
    public_key: str
    next_sha256: str

    def text(self) -> bytes:
        """Write the seven lines that are signed."""
        lines = ("shilu/1 epoch", self.origin, self.epoch, self.seq, self.prev)
        return "".join(f"{line}\n" for line in (*lines, self.public_key, self.next_sha256)).encode()


def public_text(public: Ed25519PublicKey) -> str:
    """Write an epoch's public key as its record does: base64 of 32 bytes."""
    return base64_text(public.public_bytes_raw())


def next_digest(public: Ed25519PublicKey) -> str:
    """Give the digest by which a record promises the next epoch's key."""
    return digest(public.public_bytes_raw())


def epoch_key(origin: str, body: EpochBegins) -> VerifierKey:
    """Give the key that an epoch record names, under the name it signs heads with."""
    public = Ed25519PublicKey.from_public_bytes(base64_bytes(body.public_key))
    return VerifierKey.of(origin, ED25519, public)


def epoch_body(  # noqa: PLR0913 - it is the statement, and three keys
    *,
    origin: str,
    epoch: int,
    seq: int,
    prev: str,
    key: Ed25519PrivateKey,
    next_public: Ed25519PublicKey,
    signer: Signer,
    previous: Ed25519PrivateKey | None,
) -> EpochBegins:
    """Begin an epoch: sign its statement by the identity, and by the epoch before if it lives."""
    public, promise = public_text(key.public_key()), next_digest(next_public)
    text = EpochStatement(origin, epoch, seq, prev, public, promise).text()
    return EpochBegins(
        public_key=public,
        next_sha256=promise,
        suite=Suite.SHILU_1,
        key_store=KeyStore(signer.key_store),
        identity_signature=base64_text(signer.sign(text)),
        previous_signature=base64_text(previous.sign(text)) if previous else "",
    )


def check_identity_signature(
    public: EllipticCurvePublicKey, statement: EpochStatement, signature: str
) -> None:
    """Raise BadSignature unless the identity key signed; `signature` as in the record."""
    if not isinstance(public.curve, SECP256R1):
        raise BadSignature(f"The identity key is on {public.curve.name}, not on P-256.")
    try:
        public.verify(base64_bytes(signature), statement.text(), ECDSA(SHA256()))
    except InvalidSignature:
        raise BadSignature(
            f"Epoch {statement.epoch} is not signed by the identity key of the unit."
        ) from None


def check_previous_signature(
    previous: VerifierKey, statement: EpochStatement, signature: str
) -> None:
    """Raise BadSignature unless the epoch before signed; `signature` as in the record."""
    previous.check(base64_bytes(signature), statement.text())
