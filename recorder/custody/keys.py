"""The keys of a unit: its identity, and the epoch keys that come and go.

An epoch key is used from memory. Only the next one, whose digest is published already, lies in a
file, because losing it would end the log. CPython cannot wipe memory, and flash may keep what is
overwritten: an epoch key is dropped as well as this machine can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.custody.effects import Effect
from recorder.custody.errors import KeyLost, KeyMissing
from recorder.evidence import canonical
from recorder.evidence.epoch import next_digest
from recorder.evidence.record import KeyStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

    from recorder.custody.slots import Slots

IDENTITY_FILE = "identity.pem"
NEXT_KEY = "next-epoch-key"


class FileSigner:
    """The identity key in a PEM file that only custody can read."""

    key_store = KeyStore.FILE

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key; KeyMissing if it is missing, readable by others, or not P-256."""
        try:
            if path.stat().st_mode & 0o077:
                raise KeyMissing(f"The identity key {path} is open to others: chmod 600 {path}.")
            private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except FileNotFoundError:
            raise KeyMissing(f"The identity key {path} is missing; make it with --init.") from None
        except OSError as error:
            raise KeyMissing(f"The identity key {path} cannot be read: {error.strerror}.") from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyMissing(
                f"{path} is no private key in PEM form; enrol the unit anew."
            ) from None
        if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(
            private.curve, ec.SECP256R1
        ):
            return cls(private)
        raise KeyMissing(f"{path} is no P-256 key; enrol the unit anew.")

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public key that the unit's certificate names."""
        return self.private.public_key()

    def sign(self, text: bytes) -> bytes:
        """Sign with ES256; DER."""
        return self.private.sign(text, ec.ECDSA(hashes.SHA256()))


class NextKeys:
    """The epoch keys that are promised, in two slots.

    Effects of an epoch's change, from epoch e−1 to e:
    1. the key of e+1 is written over the older slot, durably; a crash leaves e and e+1, nothing
       is promised yet, and the next start uses both as they are;
    2. the record of epoch e, which promises e+1, is committed; a crash before leaves the promise
       of e, which is still there, and after it the promise of e+1, which is there;
    3. the slot of e is overwritten with nothing; a crash before leaves e on the card until the
       next change, and no longer in use.
    """

    def __init__(self, slots: Slots, random: Callable[[int], bytes]) -> None:
        self._slots = slots
        self._random = random

    def promised(self, epoch: int, public_sha256: str) -> Ed25519PrivateKey:
        """Give the key of `epoch`, or raise KeyLost if no slot holds the one that was promised.

        For epoch 1, `public_sha256` is empty: nothing was promised before.
        """
        private = self._find(epoch)
        if private is None:
            raise KeyLost(
                f"The key of epoch {epoch} is gone, and the log has promised it: "
                "enrol this unit anew with an empty card; the old card stays good evidence."
            )
        if public_sha256 and next_digest(private.public_key()) != public_sha256:
            raise KeyLost(
                f"The key of epoch {epoch} is not the one that the log has promised: "
                "were the keys or the card put back from a copy? Enrol this unit anew."
            )
        return private

    def prepare(self, epoch: int) -> Ed25519PrivateKey:
        """Effect 1: make the key of `epoch` and keep it; the one made before, if there is."""
        private = self._find(epoch)
        if private is None:
            seed = self._random(32)
            self._slots.write(canonical.encode({"epoch": epoch, "key": seed.hex()}))
            private = Ed25519PrivateKey.from_private_bytes(seed)
        return private

    def forget_used(self) -> None:
        """Effect 3: overwrite the key that now lives in memory only."""
        self._slots.blank_older(Effect.FORGET_KEY)

    def _find(self, epoch: int) -> Ed25519PrivateKey | None:
        for payload in self._slots.payloads():
            number, private = _parse(payload)
            if number == epoch:
                return private
        return None


def _parse(payload: bytes) -> tuple[int, Ed25519PrivateKey]:
    match canonical.decode(payload):
        case {"epoch": int(epoch), "key": str(key)}:
            return epoch, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    raise KeyLost("The file of the next epoch key holds something else; enrol this unit anew.")
