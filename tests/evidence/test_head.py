"""Heads: five lines that commit to a whole life, and witnesses beside them."""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.errors import BadSignature, EvidenceError, Malformed
from recorder.evidence.head import (
    Head,
    check_cosignature,
    check_head,
    cosign,
    parse_head,
    parse_signed_head,
    sign_head,
    split_heads,
)
from recorder.evidence.note import (
    COSIGNATURE,
    ED25519,
    NoteSignature,
    VerifierKey,
    add_signature,
    note_bytes,
    parse_note,
)
from recorder.evidence.tree import EMPTY_ROOT, leaf_hash
from recorder.evidence.words import base64_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Keys = Callable[[int], Ed25519PrivateKey]

ORIGIN = "baofeng-mz.shilu/BF-0007"
HEAD = Head(ORIGIN, 42, leaf_hash(b"42"))
SECONDS = 1_795_255_533
# The example of c2sp.org/tlog-cosignature; its keys are not published, its form is.
C2SP_COSIGNED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1\
gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oy\
in1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def test_a_head_is_five_lines_signed_by_its_log(signing_key: Keys) -> None:
    written = sign_head(HEAD, signing_key(1))
    assert written.decode().split("\n")[:4] == [ORIGIN, "42", base64_text(HEAD.root), ""]
    assert split_heads(written) == ((written,), b"")
    signed = parse_signed_head(written)
    assert signed.head == HEAD
    check_head(signed, VerifierKey.of(ORIGIN, ED25519, signing_key(1).public_key()))


def test_no_other_key_and_no_other_name_will_do(signing_key: Keys) -> None:
    signed = parse_signed_head(sign_head(HEAD, signing_key(1)))
    with pytest.raises(BadSignature, match="not signed by"):
        check_head(signed, VerifierKey.of(ORIGIN, ED25519, signing_key(2).public_key()))
    with pytest.raises(BadSignature, match="the key is of"):
        check_head(signed, VerifierKey.of("other", ED25519, signing_key(1).public_key()))


def test_the_example_of_the_specification_is_read() -> None:
    signed = parse_signed_head(C2SP_COSIGNED.encode())
    assert signed.head.origin == "example.com/behind-the-sofa"
    assert signed.head.size == 20_852_163
    log, witness = signed.note.signatures
    assert (len(log.blob), len(witness.blob)) == (64, 72)
    assert struct.unpack(">Q", witness.blob[:8]) == (1_679_315_147,)
    assert note_bytes(signed.note) == C2SP_COSIGNED.encode()


ROOT = base64_text(leaf_hash(b""))


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n42\n",
        f"\n42\n{ROOT}\n",
        f"{ORIGIN}\n042\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n42\n{ROOT}",
        f"{ORIGIN}\n42\n{ROOT}\nan extension\n",
        f"{ORIGIN}\n42\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n42\nAAAA\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
    ],
)
def test_what_is_not_a_head_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_head(text)


def test_the_head_of_an_empty_log_has_the_root_of_nothing() -> None:
    empty = Head(ORIGIN, 0, EMPTY_ROOT)
    assert parse_head(empty.text()) == empty


@settings(deadline=None)
@given(st.text(max_size=20).filter(lambda t: t and "\n" not in t), st.integers(1, 2**53 - 1))
def test_heads_come_back(origin: str, size: int) -> None:
    head = Head(origin, size, leaf_hash(b""))
    assert parse_head(head.text()) == head


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader_of_heads(data: bytes) -> None:
    with contextlib.suppress(EvidenceError):
        parse_signed_head(data)
    with contextlib.suppress(EvidenceError):
        parse_head(data.decode("latin-1"))


@given(st.integers(0, 3), st.binary(max_size=30))
def test_a_heads_file_is_whole_heads_and_a_torn_end(count: int, torn: bytes) -> None:
    block = b"origin\n7\nroot\n\n" + "— name signature\n".encode()
    torn = torn.replace(b"\n", b"")
    assert split_heads(block * count + torn) == ((block,) * count, torn)
    assert split_heads(block * count + block[:-1]) == ((block,) * count, block[:-1])


def test_a_witness_says_when_it_saw_the_head(signing_key: Keys) -> None:
    note = parse_note(sign_head(HEAD, signing_key(1)))
    witness = VerifierKey.of("witness.example", COSIGNATURE, signing_key(3).public_key())
    once = add_signature(note, cosign(note, witness.name, signing_key(3), SECONDS))
    twice = add_signature(once, cosign(note, witness.name, signing_key(3), SECONDS - 5))
    assert check_cosignature(parse_note(note_bytes(once)), witness) == SECONDS
    assert check_cosignature(twice, witness) == SECONDS - 5
    assert (
        check_cosignature(
            add_signature(note, cosign(note, witness.name, signing_key(3), 0)), witness
        )
        == 0
    )
    signed = b"cosignature/v1\ntime %d\n%s" % (SECONDS, HEAD.text().encode())
    signing_key(3).public_key().verify(once.signatures[1].blob[8:], signed)


def test_a_witness_that_did_not_see_it_is_not_believed(signing_key: Keys) -> None:
    note = parse_note(sign_head(HEAD, signing_key(1)))
    other = parse_note(sign_head(Head(ORIGIN, 43, HEAD.root), signing_key(1)))
    witness = VerifierKey.of("witness.example", COSIGNATURE, signing_key(3).public_key())
    with pytest.raises(BadSignature, match="not cosigned by"):
        check_cosignature(note, witness)
    good = cosign(note, witness.name, signing_key(3), SECONDS)
    late = good.blob[:7] + bytes([good.blob[7] ^ 1]) + good.blob[8:]
    wrong = (
        (cosign(other, witness.name, signing_key(3), SECONDS).blob, "does not fit"),
        (late, "does not fit"),
        (good.blob[8:], "64 bytes, not 72"),
        (b"\xff" + good.blob[1:], "impossible time"),
    )
    for blob, sentence in wrong:
        forged = add_signature(note, NoteSignature(witness.name, witness.key_id, blob))
        with pytest.raises(BadSignature, match=sentence):
            check_cosignature(forged, witness)


def test_kinds_of_key_are_not_mixed_up(signing_key: Keys) -> None:
    note = parse_note(sign_head(HEAD, signing_key(1)))
    log = VerifierKey.of(ORIGIN, ED25519, signing_key(1).public_key())
    with pytest.raises(BadSignature, match="does not cosign"):
        check_cosignature(note, log)
    with pytest.raises(Malformed, match="cannot stand"):
        cosign(note, "witness.example", signing_key(3), -1)
    with pytest.raises(Malformed, match="kind 2"):
        VerifierKey.of(ORIGIN, 2, signing_key(1).public_key())
