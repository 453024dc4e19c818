"""Epochs: two signatures over one statement, one of which openssl checks too."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from recorder.evidence.epoch import (
    EpochStatement,
    check_identity_signature,
    check_previous_signature,
    epoch_body,
    epoch_key,
    next_digest,
)
from recorder.evidence.errors import BadSignature, Malformed
from recorder.evidence.record import EpochBegins, KeyStore
from recorder.evidence.words import ZERO_DIGEST, base64_bytes, base64_text, digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Keys = Callable[[int], Ed25519PrivateKey]

ORIGIN = "baofeng-mz.shilu/BF-0007"


class SoftSigner:
    """The identity key in memory."""

    key_store = "file"

    def __init__(self, number: int) -> None:
        self._private = ec.derive_private_key(number, ec.SECP256R1())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._private.public_key()

    def sign(self, text: bytes) -> bytes:
        return self._private.sign(text, ec.ECDSA(SHA256()))


def begun(signing_key: Keys, *, previous: bool) -> EpochBegins:
    return epoch_body(
        origin=ORIGIN,
        epoch=2,
        seq=64,
        prev=ZERO_DIGEST,
        key=signing_key(2),
        next_public=signing_key(3).public_key(),
        signer=SoftSigner(7),
        previous=signing_key(1) if previous else None,
    )


def stated(body: EpochBegins) -> EpochStatement:
    return EpochStatement(ORIGIN, 2, 64, ZERO_DIGEST, body.public_key, body.next_sha256)


def test_both_keys_vouch_for_the_new_one(signing_key: Keys) -> None:
    body = begun(signing_key, previous=True)
    assert body.key_store is KeyStore.FILE
    assert body.next_sha256 == next_digest(signing_key(3).public_key())
    assert body.next_sha256 == digest(signing_key(3).public_key().public_bytes_raw())
    check_identity_signature(SoftSigner(7).public_key(), stated(body), body.identity_signature)
    before = epoch_key(ORIGIN, replace(body, public_key=key_text(signing_key, 1)))
    check_previous_signature(before, stated(body), body.previous_signature)


def key_text(signing_key: Keys, number: int) -> str:
    return base64_text(signing_key(number).public_key().public_bytes_raw())


def test_the_statement_is_seven_lines(signing_key: Keys) -> None:
    body = begun(signing_key, previous=False)
    assert stated(body).text().decode() == (
        f"shilu/1 epoch\n{ORIGIN}\n2\n64\n{ZERO_DIGEST}\n{body.public_key}\n{body.next_sha256}\n"
    )


def test_a_first_epoch_has_no_epoch_before_it(signing_key: Keys) -> None:
    assert begun(signing_key, previous=False).previous_signature == ""


def test_the_epoch_key_signs_under_the_name_of_the_log(signing_key: Keys) -> None:
    key = epoch_key(ORIGIN, begun(signing_key, previous=False))
    assert key.name == ORIGIN
    key.check(signing_key(2).sign(b"x"), b"x")


@pytest.mark.parametrize(
    "change", [{"epoch": 3}, {"seq": 65}, {"prev": "f" * 64}, {"next_sha256": "f" * 64}]
)
def test_a_changed_statement_is_signed_by_nobody(change: dict[str, Any], signing_key: Keys) -> None:
    body = begun(signing_key, previous=True)
    other = replace(stated(body), **change)
    with pytest.raises(BadSignature, match="not signed by the identity key"):
        check_identity_signature(SoftSigner(7).public_key(), other, body.identity_signature)
    before = epoch_key(ORIGIN, replace(body, public_key=key_text(signing_key, 1)))
    with pytest.raises(BadSignature):
        check_previous_signature(before, other, body.previous_signature)


def test_another_identity_or_curve_or_no_signature_is_refused(signing_key: Keys) -> None:
    body = begun(signing_key, previous=False)
    with pytest.raises(BadSignature):
        check_identity_signature(SoftSigner(8).public_key(), stated(body), body.identity_signature)
    p384 = ec.derive_private_key(7, ec.SECP384R1()).public_key()
    with pytest.raises(BadSignature, match="P-256"):
        check_identity_signature(p384, stated(body), body.identity_signature)
    for nonsense in ("", "AAAA"):
        with pytest.raises(BadSignature):
            check_identity_signature(SoftSigner(7).public_key(), stated(body), nonsense)
    with pytest.raises(Malformed):
        check_identity_signature(SoftSigner(7).public_key(), stated(body), "not base64")


def test_openssl_agrees_on_the_identity_signature(
    tmp_path: Path, need: Callable[[str], Path], signing_key: Keys
) -> None:
    body = begun(signing_key, previous=False)
    public = (
        SoftSigner(7).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "identity.pem").write_bytes(public)
    (tmp_path / "signature").write_bytes(base64_bytes(body.identity_signature))
    command = [
        *(str(need("openssl")), "dgst", "-sha256", "-verify", str(tmp_path / "identity.pem")),
        *("-signature", str(tmp_path / "signature"), str(tmp_path / "statement")),
    ]
    (tmp_path / "statement").write_bytes(stated(body).text())
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    (tmp_path / "statement").write_bytes(stated(body).text() + b"\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
