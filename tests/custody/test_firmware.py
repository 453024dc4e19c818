"""The identity key in a Pi's firmware, as Raspberry Pi documents it: no Pi is here.

The stand-in is strict: a message that the published library would not send, it does not answer.
"""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from recorder.custody.errors import KeyLost, NotReady
from recorder.custody.firmware import DEVICE_KEY, FirmwareSigner, VcMailbox
from recorder.custody.keys import FileSigner
from recorder.custody.layout import vouching_request
from recorder.evidence.record import EpochBegins, KeyStore
from recorder.programs.service import BAD_SETTINGS
from tests.contracts.signers import keeps_the_contract
from tests.custody.process import command, config_text, written
from tests.custody.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DONE = 0x80000000


@dataclass
class Firmware:
    """Answers the two tags in place, as the published library reads them; key 1 alone is set."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    spoil: Callable[[bytearray], None] = field(default=lambda _message: None)
    asked: list[int] = field(default_factory=list)

    def exchange(self, message: bytearray) -> None:
        size, state, tag, room, length = struct.unpack_from("<5I", message)
        assert (size, state, length) == (len(message), 0, 0)
        assert len(message) == 20 + room + 4
        assert message[-4:] == bytes(4), "the end tag"
        flags, key = struct.unpack_from("<2I", message, 20)
        assert flags == 0
        self.asked.append(tag)
        answer, failed = b"", 0
        if key != 1:
            failed = DONE
        elif tag == 0x00030093:
            assert room == 8 + 512
            assert not any(message[28:]), "nothing behind the key's number"
            answer = self.private.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        elif tag == 0x00030091:
            assert room == 128
            assert struct.unpack_from("<I", message, 28) == (32,)
            assert not any(message[64:]), "nothing behind the digest"
            es256 = ec.ECDSA(Prehashed(hashes.SHA256()))
            answer = self.private.sign(bytes(message[32:64]), es256)
        else:
            return
        message[20 : 20 + 8 + len(answer)] = struct.pack("<2I", failed, len(answer)) + answer
        struct.pack_into("<I", message, 4, DONE)
        struct.pack_into("<I", message, 16, DONE | (8 + len(answer)))
        self.spoil(message)


def test_a_firmware_key_keeps_the_signers_contract() -> None:
    firmware = Firmware()
    signer = FirmwareSigner.open(firmware)
    keeps_the_contract(signer)
    assert signer.key_store is KeyStore.FIRMWARE
    assert firmware.asked[:2] == [0x00030093, 0x00030091]


def test_a_key_in_a_file_keeps_the_same_contract() -> None:
    keeps_the_contract(FileSigner(ec.generate_private_key(ec.SECP256R1())))


def test_custody_signs_its_epochs_with_the_firmwares_key(folder: Path) -> None:
    rig = Rig(folder)
    rig.settings = replace(rig.settings, firmware=Firmware())
    rig.start()
    rig.cut()
    rig.start()
    bodies = [r.body for r in rig.records() if isinstance(r.body, EpochBegins)]
    assert {body.key_store for body in bodies} == {KeyStore.FIRMWARE}
    rig.clear_away()


def test_a_machine_without_such_a_firmware_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "vcio").write_bytes(b"a file, and no mailbox")
    for device in (tmp_path / "vcio", tmp_path / "none"):
        with pytest.raises(NotReady, match="is this a Raspberry Pi"):
            FirmwareSigner.open(VcMailbox(device))


@pytest.mark.slow
def test_a_unit_that_is_told_of_a_firmware_that_is_not_there_says_so(rig: Rig) -> None:
    firmware = '[firmware]\ndevice = "/nonexistent/vcio"\n'
    token = '[token]\nlibrary = "/lib/x.so"\nlabel = "unit"\nkey = "k"\npin_file = "/pin"\n'
    for more, code, word in (
        (firmware, 1, "is this a Raspberry Pi"),
        (firmware + token, BAD_SETTINGS, "not in both"),
        (firmware + 'colour = "red"\n', BAD_SETTINGS, "unknown keys"),
    ):
        config = written(rig, config_text(rig) + more)
        done = subprocess.run(
            command("custody", "--config", config), capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        assert word in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_firmwares_key_cannot_be_asked_for_a_certificate_here(rig: Rig) -> None:
    settings = replace(rig.settings, firmware=Firmware())
    with pytest.raises(NotReady, match="own tools"):
        vouching_request(settings, "ab" * 32)
    assert b"CERTIFICATE REQUEST" in vouching_request(rig.settings, "ab" * 32)


def test_a_key_that_is_not_there_or_of_another_kind_is_one_sentence() -> None:
    with pytest.raises(NotReady, match="no such key"):
        FirmwareSigner.open(Firmware(), DEVICE_KEY + 1)
    other = Firmware(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(NotReady, match="no P-256"):
        FirmwareSigner.open(other)


def _unknown(message: bytearray) -> None:
    struct.pack_into("<I", message, 4, 0x80000001 & ~DONE)


def _of_another_tag(message: bytearray) -> None:
    struct.pack_into("<I", message, 8, 0x00030092)


def _unanswered(message: bytearray) -> None:
    struct.pack_into("<I", message, 16, 0)


def _empty(message: bytearray) -> None:
    struct.pack_into("<I", message, 24, 0)


def _too_long(message: bytearray) -> None:
    struct.pack_into("<I", message, 24, 4096)


def _no_der(message: bytearray) -> None:
    message[28] ^= 1


SPOILT = (_unknown, _of_another_tag, _unanswered, _empty, _too_long, _no_der)


@pytest.mark.parametrize("spoil", SPOILT)
def test_an_answer_that_is_none_is_one_sentence(spoil: Callable[[bytearray], None]) -> None:
    with pytest.raises(NotReady, match="firmware"):
        FirmwareSigner.open(Firmware(spoil=spoil))
    firmware = Firmware()
    signer = FirmwareSigner.open(firmware)
    firmware.spoil = spoil
    with pytest.raises(KeyLost, match="hand the unit in"):
        signer.sign(b"epoch 2")


def test_a_signature_of_another_key_is_never_handed_on() -> None:
    firmware = Firmware()
    signer = FirmwareSigner.open(firmware)
    firmware.private = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(KeyLost, match="not of the key"):
        signer.sign(b"epoch 2")
