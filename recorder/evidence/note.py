"""C2SP signed notes: text, an empty line, and signatures under it.

Promises that a note is read in one way only, that unknown signatures are ignored, and that a bad
signature of a known key is an error.
"""

import binascii
import hashlib
import re
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from recorder.evidence.errors import BadSignature, Malformed
from recorder.evidence.words import base64_bytes, base64_text

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_SIGNATURES = 64

_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under: a C2SP vkey of kind 0x01 or 0x04."""

    name: str
    key_id: bytes
    kind: int
    public_key: bytes

    @classmethod
    def of(cls, name: str, kind: int, public: Ed25519PublicKey) -> "VerifierKey":
        """Name a public key; raise Malformed if the name cannot stand in a note."""
        if kind not in (ED25519, COSIGNATURE):
            raise Malformed(f"A key of kind {kind} is not known here; use 1 or 4.")
        _check_name(name)
        raw = public.public_bytes_raw()
        key_id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + raw).digest()[:4]
        return cls(name, key_id, kind, raw)

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read `name+12345678+base64`."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        if not _KEY_ID.fullmatch(key_id):
            raise Malformed(f"{text[:80]!r} is not a verifier key 'name+12345678+base64'.")
        material = base64_bytes(encoded)
        if len(material) != 33:
            raise Malformed(f"The verifier key of {name!r} does not hold 33 bytes.")
        key = cls.of(name, material[0], Ed25519PublicKey.from_public_bytes(material[1:]))
        if key.key_id != binascii.unhexlify(key_id):
            raise Malformed(f"The verifier key of {name!r} has a key ID that is not its own.")
        return key

    def text(self) -> str:
        """Write the key as C2SP writes it."""
        material = base64_text(bytes([self.kind]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def check(self, signature: bytes, message: bytes) -> None:
        """Raise BadSignature unless `signature` is this key's over `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            raise BadSignature(
                f"The signature of {self.name} does not fit what it signs."
            ) from None


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: whose key, and the bytes behind the key ID."""

    name: str
    key_id: bytes
    blob: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, with its last line feed, and the signatures under it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def by(self, key: VerifierKey) -> tuple[bytes, ...]:
        """Give the signature bytes that claim to be of `key`."""
        return tuple(
            s.blob for s in self.signatures if (s.name, s.key_id) == (key.name, key.key_id)
        )


def parse_note(data: bytes) -> Note:
    """Read a signed note; the last empty line parts text and signatures."""
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Malformed("The note is not UTF-8.") from None
    if _CONTROL.search(whole):
        raise Malformed("The note holds a control character.")
    text, gap, rest = whole.rpartition("\n\n")
    if not gap or not rest.endswith("\n"):
        raise Malformed("The note does not end with an empty line and its signature lines.")
    lines = rest.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed(f"The note has more than {MAX_SIGNATURES} signatures.")
    return Note(text + "\n", tuple(_parse_signature(line) for line in lines))


def note_bytes(note: Note) -> bytes:
    """Write a signed note."""
    lines = "".join(f"{_DASH}{s.name} {base64_text(s.key_id + s.blob)}\n" for s in note.signatures)
    return f"{note.text}\n{lines}".encode()


def sign_note(text: str, name: str, private: Ed25519PrivateKey) -> bytes:
    """Sign `text` (it ends with a line feed) under `name`, Ed25519, and write the note."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise Malformed("A note's text ends with a line feed and has no control character.")
    key = VerifierKey.of(name, ED25519, private.public_key())
    signature = NoteSignature(name, key.key_id, private.sign(text.encode()))
    return note_bytes(Note(text, (signature,)))


def add_signature(note: Note, signature: NoteSignature) -> Note:
    """Put one more signature under a note."""
    if len(note.signatures) == MAX_SIGNATURES:
        raise Malformed(f"The note has {MAX_SIGNATURES} signatures already.")
    return replace(note, signatures=(*note.signatures, signature))


def check_note(note: Note, key: VerifierKey) -> None:
    """Raise BadSignature unless `key` (kind 0x01) signed the text, each time it claims to."""
    if key.kind != ED25519:
        raise BadSignature(f"The key of {key.name} cosigns; it does not sign notes of its own.")
    claimed = note.by(key)
    if not claimed:
        raise BadSignature(f"The note is not signed by {key.name} with the key that is known.")
    for blob in claimed:
        key.check(blob, note.text.encode())


def _parse_signature(line: str) -> NoteSignature:
    name, gap, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not gap:
        raise Malformed(f"{line[:80]!r} is not a signature line '— name base64'.")
    _check_name(name)
    blob = base64_bytes(encoded)
    if len(blob) < 5:
        raise Malformed(f"The signature of {name!r} is too short to be one.")
    return NoteSignature(name, blob[:4], blob[4:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(mark.isspace() for mark in name) or _CONTROL.search(name):
        raise Malformed(f"{name[:80]!r} cannot name a key: no spaces, no '+', not empty.")
