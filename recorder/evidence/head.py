"""Heads: C2SP checkpoints of a log, signed by its key and cosigned by witnesses.

Promises that a head is three lines of text in exactly one form. Knows nothing of records.
"""

import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.evidence.errors import BadSignature, Malformed
from recorder.evidence.note import (
    COSIGNATURE,
    Note,
    NoteSignature,
    VerifierKey,
    check_note,
    parse_note,
    sign_note,
)
from recorder.evidence.tree import EMPTY_ROOT
from recorder.evidence.words import base64_bytes, base64_text, decimal_number

LINES = 5
_TIMESTAMP = struct.Struct(">Q")
_MAX_UNIX_SECONDS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a log: its name, how many entries it has, and their root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head and the note it was read from."""

    head: Head
    note: Note


def parse_head(text: str) -> Head:
    """Read the three lines of a head; extension lines are refused."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise Malformed("A head has three lines: origin, size and root.")
    head = Head(lines[0], decimal_number(lines[1]), base64_bytes(lines[2]))
    if len(head.root) != len(EMPTY_ROOT):
        raise Malformed("The root of a head is not 32 bytes.")
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise Malformed("The head of an empty log has the root of a log with entries.")
    return head


def sign_head(head: Head, private: Ed25519PrivateKey) -> bytes:
    """Sign a head under its origin's name: five lines."""
    return sign_note(head.text(), head.origin, private)


def parse_signed_head(data: bytes) -> SignedHead:
    """Read a head with its signatures, verifying none of them."""
    note = parse_note(data)
    return SignedHead(parse_head(note.text), note)


def check_head(signed: SignedHead, key: VerifierKey) -> None:
    """Raise BadSignature unless `key`, named as the head's origin, signed the head."""
    if key.name != signed.head.origin:
        raise BadSignature(f"The head is of {signed.head.origin}, the key is of {key.name}.")
    check_note(signed.note, key)


def split_heads(data: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Part a heads file into whole heads of five lines and the torn bytes behind them."""
    lines = data.split(b"\n")
    whole = (len(lines) - 1) // LINES
    heads = tuple(
        b"\n".join(lines[first : first + LINES]) + b"\n" for first in range(0, whole * LINES, LINES)
    )
    return heads, b"\n".join(lines[whole * LINES :])


def cosign(note: Note, name: str, private: Ed25519PrivateKey, unix_s: int) -> NoteSignature:
    """Cosign a checkpoint as a witness does who saw it, consistent, at `unix_s` (seconds)."""
    if not 0 <= unix_s <= _MAX_UNIX_SECONDS:
        raise Malformed(f"{unix_s} seconds since 1970 cannot stand in a cosignature.")
    key = VerifierKey.of(name, COSIGNATURE, private.public_key())
    signature = private.sign(_cosigned(note, unix_s))
    return NoteSignature(name, key.key_id, _TIMESTAMP.pack(unix_s) + signature)


def check_cosignature(note: Note, key: VerifierKey) -> int:
    """Give the time (seconds since 1970) at which `key` (kind 0x04) cosigned.

    Raises BadSignature if it did not, or if any cosignature that claims to be its own is bad. Of
    several, the earliest counts.
    """
    if key.kind != COSIGNATURE:
        raise BadSignature(f"The key of {key.name} signs notes; it does not cosign.")
    claimed = note.by(key)
    if not claimed:
        raise BadSignature(f"The head is not cosigned by {key.name} with the key that is known.")
    return min(_check_blob(note, key, blob) for blob in claimed)


def _check_blob(note: Note, key: VerifierKey, blob: bytes) -> int:
    if len(blob) != _TIMESTAMP.size + 64:
        raise BadSignature(f"The cosignature of {key.name} has {len(blob)} bytes, not 72.")
    (unix_s,) = _TIMESTAMP.unpack_from(blob)
    if unix_s > _MAX_UNIX_SECONDS:
        raise BadSignature(f"The cosignature of {key.name} has an impossible time.")
    key.check(blob[_TIMESTAMP.size :], _cosigned(note, unix_s))
    return int(unix_s)


def _cosigned(note: Note, unix_s: int) -> bytes:
    return f"cosignature/v1\ntime {unix_s}\n{note.text}".encode()
