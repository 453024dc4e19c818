"""Letters that carry proofs from the station to a unit: receipts and anchors.

Parsing promises form and bounds only; whether a proof proves anything, custody decides.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Self

from recorder.evidence.canonical import Value, encode
from recorder.evidence.errors import Malformed
from uplink.wire.messages import FILES_MAX, file_name, open_fields

PROOF_MAX = 131_072
_VERSION = 1
_HASHES_MAX = 64


@dataclass(frozen=True, slots=True)
class ReceiptLetter:
    """A tlog-proof as text, the files it is for, and how its head extends head `since`."""

    proof: str
    consistency: tuple[bytes, ...]
    since: int
    files: tuple[str, ...]

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode(
            {
                "v": _VERSION,
                "proof": self.proof,
                "consistency": _texts(self.consistency),
                "from": self.since,
                "files": list(self.files),
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "a receipt")
        letter = cls(
            fields.text("proof", PROOF_MAX),
            fields.items("consistency", _HASHES_MAX, _hash),
            fields.count("from"),
            fields.items("files", FILES_MAX, file_name),
        )
        fields.end()
        return letter


@dataclass(frozen=True, slots=True)
class AnchorLetter:
    """The newest cosigned station head as text, and how it extends head `since`."""

    checkpoint: str
    consistency: tuple[bytes, ...]
    since: int

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode(
            {
                "v": _VERSION,
                "checkpoint": self.checkpoint,
                "consistency": _texts(self.consistency),
                "from": self.since,
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "an anchor")
        letter = cls(
            fields.text("checkpoint", PROOF_MAX),
            fields.items("consistency", _HASHES_MAX, _hash),
            fields.count("from"),
        )
        fields.end()
        return letter


def _texts(hashes: tuple[bytes, ...]) -> list[Value]:
    return [base64.b64encode(one).decode("ascii") for one in hashes]


def _hash(value: Value) -> bytes:
    if not isinstance(value, str) or len(value) != 44:
        raise Malformed("a hash of a consistency proof is not 44 characters of base64")
    try:
        found = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a hash of a consistency proof is not base64") from None
    if base64.b64encode(found).decode("ascii") != value or len(found) != 32:
        raise Malformed("a hash of a consistency proof is not canonical base64 of 32 bytes")
    return found
