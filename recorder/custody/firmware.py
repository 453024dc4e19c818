"""The identity key in a Raspberry Pi's one-time memory: its firmware signs, the key stays there.

Written from what Raspberry Pi publishes of its mailbox and of `rpi-fw-crypto`; it has never run on
a Pi. Raspberry Pi says itself that this is no hardware security module: root can read the memory.
Every answer is held against what was asked, and every signature against the public key before
anybody hears of it, so that a firmware that answers otherwise is a sentence and no false record.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from recorder.custody.errors import KeyLost, NotReady
from recorder.evidence.record import KeyStore

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

DEVICE_KEY = 1  # the number of the one key that is the device's own
SIGN, PUBLIC_KEY = 0x00030091, 0x00030093
_PROPERTY = 0xC0006400 | struct.calcsize("P") << 16  # _IOWR(100, 0, char *)
# Length of the message, its state, tag, room for the answer, length of the answer.
_LEAD = struct.Struct("<5I")
_ANSWER = struct.Struct("<2I")  # state, length
_END = bytes(4)
_DONE = _FAILED = 0x80000000
_SIGN_ROOM, _PUBLIC_ROOM = 128, 8 + 512


class Mailbox(Protocol):
    """The way to the firmware."""

    def exchange(self, message: bytearray) -> None:
        """Let the firmware answer in place; OSError if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class VcMailbox:
    """The kernel's `/dev/vcio`."""

    device: Path

    def exchange(self, message: bytearray) -> None:
        """Ask by the kernel's one call."""
        fd = os.open(self.device, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(fd, _PROPERTY, message, True)
        finally:
            os.close(fd)


class FirmwareSigner:
    """Signs in the firmware."""

    key_store = KeyStore.FIRMWARE

    def __init__(self, mailbox: Mailbox, key: int, public: ec.EllipticCurvePublicKey) -> None:
        self._mailbox = mailbox
        self._key = key
        self._public = public

    @classmethod
    def open(cls, mailbox: Mailbox, key: int = DEVICE_KEY) -> Self:
        """Ask for the public key; NotReady with a sentence if there is none."""
        asked = struct.pack("<2I", 0, key)
        try:
            der = _ask(mailbox, PUBLIC_KEY, asked, _PUBLIC_ROOM)
            public = serialization.load_der_public_key(der)
        except OSError as error:
            raise NotReady(
                f"The firmware gives no key {key} ({error.strerror}): is this a Raspberry Pi with "
                "a key of its own? See rpi-fw-crypto get-key-status."
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            raise NotReady(f"What the firmware gives as key {key} is no public key.") from None
        if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
            return cls(mailbox, key, public)
        raise NotReady(f"The firmware's key {key} is no P-256 key; enrol the unit anew.")

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public key that the unit's certificate names."""
        return self._public

    def sign(self, text: bytes) -> bytes:
        """Sign with ES256; DER. KeyLost if the firmware does not sign with this key any more."""
        asked = struct.pack("<3I", 0, self._key, 32) + hashlib.sha256(text).digest()
        try:
            signature = _ask(self._mailbox, SIGN, asked, _SIGN_ROOM)
            self._public.verify(signature, text, ec.ECDSA(hashes.SHA256()))
        except OSError as error:
            raise KeyLost(
                f"The firmware does not sign any more ({error.strerror}): hand the unit in."
            ) from error
        except InvalidSignature:
            raise KeyLost(
                "What the firmware signed is not of the key that it showed: hand the unit in."
            ) from None
        return signature


def _ask(mailbox: Mailbox, tag: int, asked: bytes, room: int) -> bytes:
    """Send one tag and give what it answers; OSError for an answer that is none."""
    whole = _LEAD.size + room + len(_END)
    message = bytearray(_LEAD.pack(whole, 0, tag, room, 0) + asked.ljust(room, b"\0") + _END)
    mailbox.exchange(message)
    _, state, answered, _, length = _LEAD.unpack_from(message)
    if answered != tag or not (state & _DONE and length & _DONE):
        raise OSError(errno.EPROTO, "it does not know what was asked")
    failed, count = _ANSWER.unpack_from(message, _LEAD.size)
    if failed & _FAILED:
        raise OSError(errno.EKEYREJECTED, "it has no such key, or may not use it")
    begin = _LEAD.size + _ANSWER.size
    if not 0 < count <= room - _ANSWER.size:
        raise OSError(errno.EPROTO, f"an answer of {count} bytes")
    return bytes(message[begin : begin + count])
