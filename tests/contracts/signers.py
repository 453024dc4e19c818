"""What every place of the identity key must keep: a file, a PKCS#11 token, a Pi's firmware."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from recorder.evidence.epoch import EpochStatement, check_identity_signature, epoch_body
from recorder.evidence.record import KeyStore
from recorder.evidence.words import ZERO_DIGEST

if TYPE_CHECKING:
    from recorder.evidence.epoch import Signer

ORIGIN = "baofeng-mz.shilu/BF-0007"


def keeps_the_contract(signer: Signer) -> None:
    """Show that a verifier who has the public key alone believes what it signs, and only that."""
    public, es256 = signer.public_key(), ec.ECDSA(hashes.SHA256())
    assert isinstance(public.curve, ec.SECP256R1)
    assert KeyStore(signer.key_store)
    for text in (b"", b"epoch 1", bytes(100_000)):
        for _ in range(2):
            signature = signer.sign(text)
            assert encode_dss_signature(*decode_dss_signature(signature)) == signature  # DER
            public.verify(signature, text, es256)
            with pytest.raises(InvalidSignature):
                public.verify(signature, text + b".", es256)
    assert signer.public_key().public_numbers() == public.public_numbers()
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    body = epoch_body(
        origin=ORIGIN,
        epoch=1,
        seq=0,
        prev=ZERO_DIGEST,
        key=key,
        next_public=key.public_key(),
        signer=signer,
        previous=None,
    )
    said = EpochStatement(ORIGIN, 1, 0, ZERO_DIGEST, body.public_key, body.next_sha256)
    check_identity_signature(public, said, body.identity_signature)
