"""The identity key in a PKCS#11 token: a secure element, a TPM, or SoftHSM2. It never comes out.

`python-pkcs11` is imported here only, and only when a unit is configured so: the recorder runs
without it. Used once an epoch, so that 100 ms a signature do no harm.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from recorder.custody.errors import KeyLost, NotReady
from recorder.evidence.record import KeyStore

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_POINT_BYTES = 65
_HALF_BYTES = 32


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where the key is: library, token, the label of the pair, and the file with the PIN."""

    library: Path
    token: str
    key: str
    pin_file: Path


class TokenSigner:
    """Signs in the token."""

    key_store = KeyStore.PKCS11

    def __init__(self, session: Any, private: Any, public: ec.EllipticCurvePublicKey) -> None:  # noqa: ANN401 - of an untyped library
        self._session = session
        self._private = private
        self._public = public

    @classmethod
    def open(cls, place: TokenPlace) -> Self:
        """Log in and find the pair; NotReady with a sentence for whatever is missing."""
        try:
            import pkcs11  # noqa: PLC0415 - optional: a unit without a token runs without it
        except ImportError:  # pragma: no cover - it is here where tests run
            raise NotReady(
                "The identity key is in a token, and python-pkcs11 is missing: install it."
            ) from None
        try:
            pin = place.pin_file.read_text(encoding="utf-8").strip()
            token = pkcs11.lib(str(place.library)).get_token(token_label=place.token)
            session = token.open(user_pin=pin)
            try:
                private = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label=place.key)
                pair = session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, label=place.key)
                public = _public_of(bytes(pair[pkcs11.Attribute.EC_POINT]), place)
            except BaseException:
                session.close()
                raise
        except OSError as error:
            raise NotReady(f"{place.pin_file} cannot be read: {error.strerror}.") from None
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise NotReady(
                f"The key {place.key} of the token {place.token} cannot be used "
                f"({type(error).__name__}): check {place.library}, the token and its PIN."
            ) from None
        return cls(session, private, public)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public key that the unit's certificate names."""
        return self._public

    def sign(self, text: bytes) -> bytes:
        """Sign with ES256; DER. KeyLost if the token does not answer any more."""
        import pkcs11  # noqa: PLC0415 - it was there when the token was opened

        try:
            raw = self._private.sign(
                hashlib.sha256(text).digest(), mechanism=pkcs11.Mechanism.ECDSA
            )
        except pkcs11.PKCS11Error as error:
            raise KeyLost(
                f"The token does not sign any more ({type(error).__name__}): hand the unit in."
            ) from error
        r, s = raw[:_HALF_BYTES], raw[_HALF_BYTES:]
        return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))

    def close(self) -> None:
        """Log out."""
        self._session.close()


def _public_of(point: bytes, place: TokenPlace) -> ec.EllipticCurvePublicKey:
    """Read CKA_EC_POINT: the uncompressed point, within a DER octet string or bare."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point[-_POINT_BYTES:])
    except ValueError:
        raise NotReady(f"The key {place.key} is no P-256 key; enrol the unit anew.") from None
