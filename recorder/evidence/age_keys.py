"""X25519 keys of age: who may open a file (c2sp.org/age)."""

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from recorder.evidence.age_header import (
    KEY_BYTES,
    Stanza,
    base64_unpadded,
    derived,
    unpadded_bytes,
)
from recorder.evidence.bech32 import bech32_bytes, bech32_text
from recorder.evidence.errors import Malformed

FILE_KEY_BYTES = 16

_RECIPIENT = "age"
_IDENTITY = "age-secret-key-"
_KIND = "X25519"
_LABEL = "age-encryption.org/v1/X25519"
_ZERO_NONCE = bytes(12)
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key that files are encrypted to: `age1…`."""

    public: bytes

    @classmethod
    def parse(cls, text: str) -> "Recipient":
        """Read `age1…`, lower case."""
        return cls(_key(bech32_bytes(_RECIPIENT, text)))

    def text(self) -> str:
        """Write `age1…`."""
        return bech32_text(_RECIPIENT, self.public)

    def stanza(self, file_key: bytes, ephemeral: bytes) -> Stanza:
        """Wrap `file_key` (16 bytes) with a fresh secret `ephemeral` (32 bytes)."""
        private = X25519PrivateKey.from_private_bytes(ephemeral)
        share = private.public_key().public_bytes_raw()
        wrap = _wrap_key(_shared(private, self.public), share, self.public)
        body = ChaCha20Poly1305(wrap).encrypt(_ZERO_NONCE, file_key, None)
        return Stanza((_KIND, base64_unpadded(share)), body)


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key that opens files: `AGE-SECRET-KEY-1…`; it is never printed by accident."""

    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "Identity":
        """Take 32 bytes as the key."""
        return cls(_key(secret))

    @classmethod
    def parse(cls, text: str) -> "Identity":
        """Read `AGE-SECRET-KEY-1…`, upper case."""
        if text != text.upper() or not text.isascii():
            raise Malformed("An age key is written in capitals: AGE-SECRET-KEY-1…")
        return cls(_key(bech32_bytes(_IDENTITY, text.lower())))

    def text(self) -> str:
        """Write `AGE-SECRET-KEY-1…`."""
        return bech32_text(_IDENTITY, self.secret).upper()

    def recipient(self) -> Recipient:
        """Give the public key to this one."""
        private = X25519PrivateKey.from_private_bytes(self.secret)
        return Recipient(private.public_key().public_bytes_raw())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Give the file key (16 bytes), or None if the stanza is not for this key.

        Raises Malformed if it is an X25519 stanza that breaks the format.
        """
        if stanza.arguments[0] != _KIND:
            return None
        if len(stanza.arguments) != 2:
            raise Malformed("An X25519 stanza of the age header has not exactly one argument.")
        if len(stanza.body) != FILE_KEY_BYTES + _TAG_BYTES:
            raise Malformed("An X25519 stanza of the age header has not 32 bytes.")
        share = _key(unpadded_bytes(stanza.arguments[1]))
        private = X25519PrivateKey.from_private_bytes(self.secret)
        wrap = _wrap_key(_shared(private, share), share, self.recipient().public)
        try:
            return ChaCha20Poly1305(wrap).decrypt(_ZERO_NONCE, stanza.body, None)
        except InvalidTag:
            return None


def _shared(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:  # the shared secret is all zeros
        raise Malformed("An X25519 key of low order was used; it hides nothing.") from None


def _wrap_key(shared: bytes, share: bytes, public: bytes) -> bytes:
    return derived(shared, share + public, _LABEL)


def _key(data: bytes) -> bytes:
    if len(data) != KEY_BYTES:
        raise Malformed(f"An X25519 key has 32 bytes, not {len(data)}.")
    return data
