"""The header of an age v1 file: stanzas and their MAC (c2sp.org/age).

Promises that a header has one reading, and at most MAX_HEADER_BYTES. Opens no stanza.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from recorder.evidence.errors import Malformed

MAX_HEADER_BYTES = 65_536
KEY_BYTES = 32

_VERSION = b"age-encryption.org/v1\n"
_COLUMNS = 64
_ARGUMENTS = re.compile(r"-> [!-~]+(?: [!-~]+)*")
_MAC_BEGIN = b"\n---"


@dataclass(frozen=True, slots=True)
class Stanza:
    """The file key, wrapped for one recipient."""

    arguments: tuple[str, ...]
    body: bytes

    def text(self) -> str:
        """Write the stanza: its arguments, and its body in lines of 64 columns."""
        encoded = base64_unpadded(self.body)
        lines = [encoded[n : n + _COLUMNS] for n in range(0, len(encoded) + 1, _COLUMNS)]
        return "".join(f"{line}\n" for line in (f"-> {' '.join(self.arguments)}", *lines))


@dataclass(frozen=True, slots=True)
class Header:
    """A header as read; `covered` are the bytes under the MAC, `length` all its bytes."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    mac: bytes
    length: int


def derived(secret: bytes, salt: bytes, info: str) -> bytes:
    """Derive a key of 32 bytes by HKDF-SHA-256."""
    return HKDF(SHA256(), KEY_BYTES, salt, info.encode()).derive(secret)


def base64_unpadded(data: bytes) -> str:
    """Write base64 without padding, as age does."""
    return base64.b64encode(data).rstrip(b"=").decode()


def unpadded_bytes(text: str) -> bytes:
    """Read base64 without padding; refuse every spelling but the canonical one."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"The age header holds {text[:64]!r}, which is not base64.") from None
    if base64_unpadded(data) != text:
        raise Malformed(f"The age header holds {text[:64]!r}, which is not canonical base64.")
    return data


def header_bytes(stanzas: tuple[Stanza, ...], file_key: bytes) -> bytes:
    """Write a header with its MAC."""
    covered = _VERSION + "".join(stanza.text() for stanza in stanzas).encode() + b"---"
    return covered + f" {base64_unpadded(_mac(file_key, covered))}\n".encode()


def find_header(data: bytes | bytearray) -> Header | None:
    """Read the header that `data` begins with, or give None while it is not whole yet.

    Raises Malformed as soon as `data` cannot become an age file.
    """
    begun = bytes(data[: len(_VERSION)])
    if begun != _VERSION[: len(begun)]:
        raise Malformed("This is not an age file of version 1: it begins otherwise.")
    mac_begin = data.find(_MAC_BEGIN, 0, MAX_HEADER_BYTES)
    end = data.find(b"\n", mac_begin + 1, MAX_HEADER_BYTES) if mac_begin >= 0 else -1
    if end < 0:
        if len(data) >= MAX_HEADER_BYTES:
            raise Malformed(f"The age header does not end within {MAX_HEADER_BYTES} bytes.")
        return None
    covered = bytes(data[: mac_begin + len(_MAC_BEGIN)])
    mac = bytes(data[len(covered) : end])
    return _parse(covered, mac, end + 1)


def check_mac(header: Header, file_key: bytes) -> None:
    """Raise Malformed unless the header's MAC fits the file key."""
    if not hmac.compare_digest(_mac(file_key, header.covered), header.mac):
        raise Malformed("The age header was changed: its MAC does not fit.")


def _parse(covered: bytes, mac: bytes, length: int) -> Header:
    try:
        lines = covered.decode("ascii").split("\n")[1:-1]
        mac_text = mac.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("The age header is not ASCII.") from None
    tag = unpadded_bytes(mac_text[1:])
    if mac_text[:1] != " " or len(tag) != KEY_BYTES:
        raise Malformed("The MAC line of the age header is not '--- ' and 32 bytes.")
    stanzas = []
    while lines:
        stanzas.append(_take_stanza(lines))
    if not stanzas:
        raise Malformed("The age header names no recipient.")
    return Header(tuple(stanzas), covered, tag, length)


def _take_stanza(lines: list[str]) -> Stanza:
    first = lines.pop(0)
    if not _ARGUMENTS.fullmatch(first):
        raise Malformed(f"The age header holds {first[:64]!r} where a stanza should begin.")
    body = b""
    while lines:
        line = lines.pop(0)
        if len(line) > _COLUMNS:
            raise Malformed("The age header has a line of more than 64 columns.")
        body += unpadded_bytes(line)
        if len(line) < _COLUMNS:
            return Stanza(tuple(first.split(" ")[1:]), body)
    raise Malformed("A stanza of the age header does not end.")


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(derived(file_key, b"", "header"), covered, "sha256")
