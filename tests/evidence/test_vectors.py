"""The golden vectors: what anybody else's implementation must answer too."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymerkle
import pyrage
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from recorder.evidence import canonical
from recorder.evidence.age import Identity, decrypt
from recorder.evidence.command import check_command, parse_command
from recorder.evidence.epoch import (
    EpochStatement,
    check_identity_signature,
    check_previous_signature,
)
from recorder.evidence.errors import EvidenceError
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.head import check_cosignature, check_head, parse_signed_head
from recorder.evidence.note import VerifierKey, parse_note
from recorder.evidence.receipt import LogPolicy, TlogProof, check_receipt
from recorder.evidence.record import encode_record, parse_record
from recorder.evidence.sidecar import parse_side
from recorder.evidence.standing import check_standing
from recorder.evidence.tree import FullTree, check_consistency, check_inclusion, leaf_hash
from recorder.evidence.words import parse_file

if TYPE_CHECKING:
    from collections.abc import Callable

    Vector = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "vectors" / "primitives"
MAKER = "tests.vectors.make_primitives"
VECTORS: list[tuple[str, Vector]] = [
    (f"{file.stem}: {vector['name']}", vector)
    for file in sorted(FOLDER.glob("*.json"))
    for vector in json.loads(file.read_text(encoding="utf-8"))
]


def read_canonical(v: Vector) -> None:
    canonical.decode(v["input"].encode())


def read_root(v: Vector) -> None:
    tree = FullTree(leaf_hash(entry.encode()) for entry in v["entries"])
    assert tree.root().hex() == v["root"]


def read_inclusion(v: Vector) -> None:
    leaf, proof = leaf_hash(v["entry"].encode()), list(map(bytes.fromhex, v["proof"]))
    check_inclusion(leaf, v["index"], v["size"], proof, bytes.fromhex(v["root"]))


def read_consistency(v: Vector) -> None:
    old, new = bytes.fromhex(v["old_root"]), bytes.fromhex(v["new_root"])
    proof = list(map(bytes.fromhex, v["proof"]))
    check_consistency(v["old_size"], old, v["new_size"], new, proof)


def read_head(v: Vector) -> None:
    check_head(parse_signed_head(v["note"].encode()), VerifierKey.parse(v["key"]))


def read_cosignature(v: Vector) -> None:
    seen = check_cosignature(parse_note(v["note"].encode()), VerifierKey.parse(v["key"]))
    assert seen == v["unix_s"]


def read_record(v: Vector) -> None:
    line = v["line"].encode()
    assert encode_record(parse_record(line)) == line


def read_epoch(v: Vector) -> None:
    fields = ("origin", "epoch", "seq", "prev", "public_key", "next_sha256")
    statement = EpochStatement(*(v[field] for field in fields))
    identity = load_pem_public_key(v["identity_pem"].encode())
    assert isinstance(identity, EllipticCurvePublicKey)
    check_identity_signature(identity, statement, v["identity_signature"])
    before = VerifierKey.parse(v["previous_key"])
    check_previous_signature(before, statement, v["previous_signature"])
    assert statement.text().decode() == v["statement"]


def read_age(v: Vector) -> None:
    clear = decrypt(base64.b64decode(v["file"]), [Identity.parse(v["identity"])])
    assert clear == base64.b64decode(v["clear"])


def read_standing(v: Vector) -> None:
    check_standing(v["note"].encode(), v["epoch"], VerifierKey.parse(v["key"]))


def read_command(v: Vector) -> None:
    signed = parse_command(v["note"].encode())
    check_command(signed, VerifierKey.parse(v["key"]))
    assert signed.sha256 == v["sha256"]


def read_receipt(v: Vector) -> None:
    known = v["policy"]
    witnesses = tuple(map(VerifierKey.parse, known["witnesses"]))
    policy = LogPolicy(VerifierKey.parse(known["station"]), witnesses, known["quorum"])
    receipt = check_receipt(TlogProof.parse(v["proof"].encode()), policy)
    assert receipt.entry.line().decode() == v["entry"]


def read_file_name(v: Vector) -> None:
    parse_file(v["file"])


def read_fragments(v: Vector) -> None:
    hasher = FragmentHasher()
    hasher.feed(base64.b64decode(v["film"]))
    count, root = hasher.finish() if v["complete"] else hasher.finish_cut()
    assert (count, root.hex()) == (v["count"], v["root"])


def read_sidecar(v: Vector) -> None:
    parse_side(v["clear"].encode())


READERS: dict[str, Callable[[Vector], None]] = {
    "canonical": read_canonical,
    "root": read_root,
    "inclusion": read_inclusion,
    "consistency": read_consistency,
    "head": read_head,
    "cosignature": read_cosignature,
    "record": read_record,
    "epoch": read_epoch,
    "age": read_age,
    "standing": read_standing,
    "receipt": read_receipt,
    "command": read_command,
    "file name": read_file_name,
    "fragments": read_fragments,
    "sidecar": read_sidecar,
}


def answer(vector: Vector) -> str:
    """Say how the reader of its kind takes a vector: ok, or the error's name."""
    try:
        READERS[vector["kind"]](vector)
    except EvidenceError as error:
        return type(error).__name__
    return "ok"


@pytest.mark.parametrize("vector", [pytest.param(one, id=name) for name, one in VECTORS])
def test_a_vector_has_its_expected_answer(vector: Vector) -> None:
    assert answer(vector) == vector["expect"]


def test_the_vectors_are_the_ones_that_their_maker_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", MAKER, str(tmp_path)], cwd=ROOT, check=True)
    made, kept = ({f.name: f.read_bytes() for f in at.iterdir()} for at in (tmp_path, FOLDER))
    assert made == kept


def test_every_kind_has_vectors_that_pass_and_vectors_that_fail() -> None:
    answers: dict[str, set[bool]] = {kind: set() for kind in READERS}
    for _, vector in VECTORS:
        answers[vector["kind"]].add(vector["expect"] == "ok")
    assert answers.pop("root") == {True}
    assert all(seen == {True, False} for seen in answers.values())


def vectors(kind: str) -> list[Vector]:
    """Give all vectors of a kind."""
    return [vector for _, vector in VECTORS if vector["kind"] == kind]


def test_pyrage_answers_the_encrypted_files_as_we_do() -> None:
    for vector in vectors("age"):
        identity = pyrage.x25519.Identity.from_str(vector["identity"])
        file = base64.b64decode(vector["file"])
        if vector["expect"] == "ok":
            assert pyrage.decrypt(file, [identity]) == base64.b64decode(vector["clear"])
        else:
            with pytest.raises(pyrage.DecryptError):
                pyrage.decrypt(file, [identity])


def test_rfc8785_and_pymerkle_answer_as_we_do() -> None:
    for vector in vectors("canonical"):
        if vector["expect"] == "ok":
            assert rfc8785.dumps(json.loads(vector["input"])) == vector["input"].encode()
    for vector in vectors("root"):
        tree = pymerkle.InmemoryTree(algorithm="sha256")
        for entry in vector["entries"]:
            tree.append_entry(entry.encode())
        assert tree.get_root().hex() == vector["root"]
