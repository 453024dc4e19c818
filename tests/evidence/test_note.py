"""Signed notes: the C2SP example, openssl as a second opinion, and forgers."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.errors import BadSignature, EvidenceError, Malformed
from recorder.evidence.note import (
    COSIGNATURE,
    ED25519,
    MAX_SIGNATURES,
    Note,
    NoteSignature,
    VerifierKey,
    add_signature,
    check_note,
    note_bytes,
    parse_note,
    sign_note,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
    "mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
NAME = "shilu.example/key"


def test_the_example_of_the_specification_verifies() -> None:
    key = VerifierKey.parse(C2SP_KEY)
    note = parse_note(C2SP_NOTE)
    assert note.text == "This is an example message.\n"
    check_note(note, key)
    assert key.text() == C2SP_KEY
    assert note_bytes(note) == C2SP_NOTE
    with pytest.raises(BadSignature, match="does not fit"):
        check_note(parse_note(C2SP_NOTE.replace(b"example message", b"Example message")), key)


def test_openssl_verifies_our_signature(
    tmp_path: Path,
    need: Callable[[str], Path],
    signing_key: Callable[[int], Ed25519PrivateKey],
) -> None:
    private = signing_key(1)
    note = parse_note(sign_note("the log stands\n", NAME, private))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(public)
    (tmp_path / "signature").write_bytes(note.signatures[0].blob)
    command = [
        *(str(need("openssl")), "pkeyutl", "-verify", "-rawin", "-pubin"),
        *("-inkey", str(tmp_path / "key.pem"), "-sigfile", str(tmp_path / "signature")),
        *("-in", str(tmp_path / "text")),
    ]
    (tmp_path / "text").write_text(note.text)
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    (tmp_path / "text").write_text("the log fell\n")
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


def test_a_note_may_hold_empty_lines(signing_key: Callable[[int], Ed25519PrivateKey]) -> None:
    written = sign_note("one\n\ntwo\n\n", NAME, signing_key(1))
    note = parse_note(written)
    assert note.text == "one\n\ntwo\n\n"
    check_note(note, VerifierKey.of(NAME, ED25519, signing_key(1).public_key()))


def test_unknown_signatures_are_ignored_but_no_bad_one_of_a_known_key(
    signing_key: Callable[[int], Ed25519PrivateKey],
) -> None:
    key = VerifierKey.of(NAME, ED25519, signing_key(1).public_key())
    note = parse_note(sign_note("text\n", NAME, signing_key(1)))
    stranger = NoteSignature("stranger", b"abcd", b"who knows")
    same_name = NoteSignature(NAME, b"abcd", b"who knows")
    check_note(parse_note(note_bytes(add_signature(add_signature(note, stranger), same_name))), key)
    for forged in (bytes(64), b"short"):
        with pytest.raises(BadSignature, match="does not fit"):
            check_note(add_signature(note, NoteSignature(NAME, key.key_id, forged)), key)
    with pytest.raises(BadSignature, match="not signed by"):
        check_note(Note("text\n", (stranger, same_name)), key)


def test_a_witness_key_does_not_sign_notes(
    signing_key: Callable[[int], Ed25519PrivateKey],
) -> None:
    witness = VerifierKey.of(NAME, COSIGNATURE, signing_key(1).public_key())
    with pytest.raises(BadSignature, match="cosigns"):
        check_note(parse_note(sign_note("text\n", NAME, signing_key(1))), witness)


def test_a_note_has_at_most_64_signatures() -> None:
    signature = NoteSignature("x", b"abcd", b"e")
    full = Note("text\n", (signature,) * MAX_SIGNATURES)
    assert parse_note(note_bytes(full)) == full
    with pytest.raises(Malformed, match="already"):
        add_signature(full, signature)
    over = Note("text\n", (signature,) * (MAX_SIGNATURES + 1))
    with pytest.raises(Malformed, match="more than 64"):
        parse_note(note_bytes(over))


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n— x YWJjZGU=\n",
        "text\n\n— x YWJjZGU=",
        "text\n\n— x YWJjZGU=\n\n",
        "text\n\n- x YWJjZGU=\n",
        "text\n\n— x\n",
        "text\n\n— x YWJjZA==\n",
        "text\n\n— x YWJjZGU\n",
        "text\n\n— x YWJjZGV=\n",
        "text\n\n— x+y YWJjZGU=\n",
        "text\n\n—  YWJjZGU=\n",
        "text\n\n— x\u00a0y YWJjZGU=\n",
        "te\rxt\n\n— x YWJjZGU=\n",
        "te\0xt\n\n— x YWJjZGU=\n",
    ],
)
def test_what_is_not_a_note_is_refused(note: str) -> None:
    with pytest.raises(Malformed):
        parse_note(note.encode())


def test_a_note_is_utf_8() -> None:
    with pytest.raises(Malformed, match="UTF-8"):
        parse_note(b"\xff" + C2SP_NOTE)


@settings(deadline=None)
@given(
    st.binary(max_size=60)
    | st.text("ab—\n +=", max_size=40).map(lambda text: f"a\n\n— {text}\n".encode())
)
def test_no_bytes_break_the_reader_of_notes(data: bytes) -> None:
    with contextlib.suppress(EvidenceError):
        assert note_bytes(parse_note(data)) == data


@pytest.mark.parametrize("text", ["no line feed", "bell\a\n", "return\r\n"])
def test_what_cannot_be_read_is_not_signed(
    text: str, signing_key: Callable[[int], Ed25519PrivateKey]
) -> None:
    with pytest.raises(Malformed):
        sign_note(text, NAME, signing_key(1))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\tb"])
def test_a_key_has_a_plain_name(name: str, signing_key: Callable[[int], Ed25519PrivateKey]) -> None:
    with pytest.raises(Malformed, match="cannot name a key"):
        VerifierKey.of(name, ED25519, signing_key(1).public_key())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        C2SP_KEY.replace("530d903a", "530d903b"),
        C2SP_KEY.replace("530d903a", "530D903A"),
        C2SP_KEY.replace("example.com/foo", "example.com/bar"),
        C2SP_KEY.replace("+Ae", "+Be"),
        C2SP_KEY.replace("U2k", ""),
        C2SP_KEY + "AAAA",
        C2SP_KEY + "\n",
    ],
)
def test_a_mistyped_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        VerifierKey.parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_keys(text: str) -> None:
    for candidate in (text, f"x+530d903a+{text}"):
        with contextlib.suppress(EvidenceError):
            assert VerifierKey.parse(candidate).text() == candidate
