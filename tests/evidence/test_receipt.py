"""Receipts: space is only worth a proof that others have seen."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.evidence.errors import BadProof, BadSignature, EvidenceError, Malformed
from recorder.evidence.head import Head, cosign, sign_head
from recorder.evidence.note import (
    COSIGNATURE,
    ED25519,
    NoteSignature,
    VerifierKey,
    add_signature,
    note_bytes,
    parse_note,
)
from recorder.evidence.receipt import (
    CustodyEntry,
    FiledFile,
    LogPolicy,
    Receipt,
    TlogProof,
    check_receipt,
    check_station_head,
)
from recorder.evidence.tree import FullTree, leaf_hash
from recorder.evidence.words import digest, media_file, side_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Keys = Callable[[int], Ed25519PrivateKey]

STATION = "baofeng-mz.shilu/station"
SECONDS = 1_795_255_533
ENTRY = CustodyEntry(
    copies=1,
    files=(
        FiledFile(media_file(12, 3), digest(b"film")),
        FiledFile(side_file(12, 3), digest(b"side")),
    ),
    log="baofeng-mz.shilu/BF-0007",
    root=digest(b"root"),
    salt="00" * 16,
    size=42,
    station=STATION,
    utc="2026-11-21T18:05:33.120Z",
)


def policy(signing_key: Keys, quorum: int = 2) -> LogPolicy:
    witnesses = tuple(
        VerifierKey.of(f"witness-{n}.example", COSIGNATURE, signing_key(n).public_key())
        for n in (11, 12, 13)
    )
    station = VerifierKey.of(STATION, ED25519, signing_key(10).public_key())
    return LogPolicy(station, witnesses, quorum)


def proven(
    signing_key: Keys,
    *,
    entry: bytes = ENTRY.line(),
    cosigners: tuple[int, ...] = (11, 12),
    signer: int = 10,
    origin: str = STATION,
) -> TlogProof:
    """A receipt as an honest station makes it: entry 3 of 5."""
    tree = FullTree(leaf_hash(line) for line in (b"0", b"1", b"2", entry, b"4"))
    note = parse_note(sign_head(Head(origin, 5, tree.root()), signing_key(signer)))
    signed = note
    for n in cosigners:
        seen = cosign(note, f"witness-{n}.example", signing_key(n), SECONDS + n)
        signed = add_signature(signed, seen)
    return TlogProof(entry, 3, tree.inclusion(3, 5), note_bytes(signed))


def test_an_honest_receipt_proves_custody(signing_key: Keys) -> None:
    proof = proven(signing_key)
    assert TlogProof.parse(proof.text()) == proof
    receipt = check_receipt(proof, policy(signing_key))
    assert isinstance(receipt, Receipt)
    assert (receipt.entry, receipt.index, receipt.head.size) == (ENTRY, 3, 5)
    assert receipt.cosigned == (
        ("witness-11.example", SECONDS + 11),
        ("witness-12.example", SECONDS + 12),
    )


def test_a_receipt_has_the_form_of_c2sp(signing_key: Keys) -> None:
    lines = proven(signing_key).text().decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 3"
    assert lines[6:9] == ["", STATION, "5"]


def test_the_only_entry_of_a_log_needs_no_path(signing_key: Keys) -> None:
    head = sign_head(Head(STATION, 1, leaf_hash(ENTRY.line())), signing_key(10))
    proof = TlogProof.parse(TlogProof(ENTRY.line(), 0, (), head).text())
    assert check_receipt(proof, policy(signing_key, quorum=0)).entry == ENTRY


def test_too_few_or_false_witnesses_are_no_quorum(signing_key: Keys) -> None:
    with pytest.raises(BadSignature, match="Only 1 known witnesses"):
        check_receipt(proven(signing_key, cosigners=(11,)), policy(signing_key))
    with pytest.raises(BadSignature, match="Only 1 known"):
        check_receipt(proven(signing_key, cosigners=(11, 14)), policy(signing_key))
    with pytest.raises(BadSignature, match="Only 1 known"):
        check_receipt(proven(signing_key, cosigners=(11, 11)), policy(signing_key))
    known = policy(signing_key)
    bad = NoteSignature(known.witnesses[2].name, known.witnesses[2].key_id, bytes(72))
    proof = proven(signing_key)
    spoilt = note_bytes(add_signature(parse_note(proof.checkpoint), bad))
    with pytest.raises(BadSignature, match=r"witness-13\.example does not fit"):
        check_receipt(replace(proof, checkpoint=spoilt), known)


def test_one_hand_under_two_names_is_one_witness(signing_key: Keys) -> None:
    twice = tuple(
        VerifierKey.of(name, COSIGNATURE, signing_key(11).public_key())
        for name in ("witness-11.example", "witness-eleven.example")
    )
    note = parse_note(proven(signing_key, cosigners=()).checkpoint)
    seen = [cosign(note, key.name, signing_key(11), SECONDS) for key in twice]
    head = note_bytes(add_signature(add_signature(note, seen[0]), seen[1]))
    with pytest.raises(BadSignature, match="Only 1 known"):
        check_station_head(head, LogPolicy(policy(signing_key).station, twice, 2))


def test_another_log_key_or_log_is_refused(signing_key: Keys) -> None:
    with pytest.raises(BadSignature, match="not signed by"):
        check_receipt(proven(signing_key, signer=9), policy(signing_key))
    with pytest.raises(BadSignature, match="the key is of"):
        check_receipt(proven(signing_key, origin="other.shilu/station"), policy(signing_key))
    foreign = replace(ENTRY, station="other.shilu/station").line()
    with pytest.raises(BadProof, match="it lies in the log"):
        check_receipt(proven(signing_key, entry=foreign), policy(signing_key))


def test_the_proof_is_of_this_entry_at_this_place(signing_key: Keys) -> None:
    proof = proven(signing_key)
    other = replace(ENTRY, copies=2).line()
    for wrong in (
        replace(proof, extra=other),
        replace(proof, index=2),
        replace(proof, index=5),
        replace(proof, hashes=proof.hashes[:-1]),
    ):
        with pytest.raises(BadProof):
            check_receipt(wrong, policy(signing_key))


def test_an_entry_is_one_canonical_line_with_sorted_files() -> None:
    assert CustodyEntry.parse(ENTRY.line()) == ENTRY
    with pytest.raises(Malformed, match="sorted by name"):
        replace(ENTRY, files=ENTRY.files[::-1]).line()
    with pytest.raises(Malformed, match="sorted by name"):
        replace(ENTRY, files=ENTRY.files[:1] * 2).line()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"custody"', b'"theft"'),
        (b'"copies":1', b'"copies":0'),
        (b'"size":42', b'"size":-1'),
        (b"media/000012-0003.mp4.age", b"/etc/passwd"),
        (b"BF-0007", b"station"),
        (b"/station", b"/BF-0007"),
        (b'"2026-11-21T18:05:33.120Z"', b'""'),
        (b"}\n", b"}"),
        (b"}\n", b"}\n\n"),
        (b'{"copies"', b'{ "copies"'),
    ],
)
def test_what_is_not_an_entry_is_refused(old: bytes, new: bytes) -> None:
    assert old in ENTRY.line()
    with pytest.raises(Malformed):
        CustodyEntry.parse(ENTRY.line().replace(old, new))


def test_a_list_is_not_an_entry() -> None:
    with pytest.raises(Malformed, match="JSON object"):
        CustodyEntry.parse(b"[]\n")


HASH = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ="


def proof_text(first: str, extra: str, index: str, path: str = "", gap: str = "\n") -> bytes:
    return f"{first}\n{extra}\n{index}\n{path}{gap}checkpoint\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\n\n",
        proof_text("c2sp.org/tlog-proof@v2", "extra AAAA", "index 0"),
        proof_text("c2sp.org/tlog-proof@v1", "index 0", HASH),
        proof_text("c2sp.org/tlog-proof@v1", "extra AAA", "index 0"),
        proof_text("c2sp.org/tlog-proof@v1", "extra AAAA", "index 00"),
        proof_text("c2sp.org/tlog-proof@v1", "extra AAAA", "index 0", "AAAA\n"),
        proof_text("c2sp.org/tlog-proof@v1", "extra AAAA", "index 0", f"{HASH}\n" * 65),
        proof_text("c2sp.org/tlog-proof@v1", "extra AAAA", "index 0", gap=""),
        b"c2sp.org/tlog-proof@v1\nextra AAAA\n\ncheckpoint\n",
    ],
)
def test_what_is_not_a_proof_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        TlogProof.parse(data)
    good = proof_text("c2sp.org/tlog-proof@v1", "extra AAAA", "index 73894", f"{HASH}\n" * 64)
    assert len(TlogProof.parse(good).hashes) == 64


@given(st.binary(max_size=80))
def test_no_bytes_break_the_readers(data: bytes) -> None:
    begun = b"c2sp.org/tlog-proof@v1\n"
    for candidate in (data, begun + data, begun + b"extra AAAA\nindex 0\n" + data):
        with contextlib.suppress(EvidenceError):
            assert TlogProof.parse(candidate).text() == candidate
    for candidate in (data, data + b"\n"):
        with contextlib.suppress(EvidenceError):
            CustodyEntry.parse(candidate)
