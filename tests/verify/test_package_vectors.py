"""The package vectors never change, and get the verdict that lies beside them."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.age import Identity
from recorder.evidence.trust import parse_trust
from tests.vectors.make_packages import FOLDER, PLAIN, Vector, small, unspoken, vectors
from tests.verify.court import judged

if TYPE_CHECKING:
    from pathlib import Path

STORED = sorted(FOLDER.glob("*.json"))


def test_there_are_honest_and_forged_ones() -> None:
    exits = [json.loads(path.read_text(encoding="utf-8"))["expected"]["exit"] for path in STORED]
    assert len(exits) >= 20
    assert set(exits) == {0, 2, 3, 4}


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_package_gets_its_verdict(path: Path) -> None:
    described = json.loads(path.read_text(encoding="utf-8"))
    files = {name: b64decode(data) for name, data in described["files"].items()}
    trust = parse_trust((FOLDER / described.get("trust", PLAIN)).read_text(encoding="utf-8"))
    key = Identity.parse((FOLDER / "station.agekey").read_text(encoding="utf-8").strip())
    verdict = judged(files, trust, *([key] if described["key"] else []))
    assert unspoken(verdict) == described["expected"]


@pytest.mark.parametrize("vector", list(vectors()), ids=lambda vector: vector.name)
def test_the_generator_still_writes_the_same_bytes(vector: Vector) -> None:
    stored = (FOLDER / f"{vector.name}.json").read_text(encoding="utf-8")
    assert vector.text(small()) == stored
