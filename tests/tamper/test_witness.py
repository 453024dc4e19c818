"""Case 52: a station that writes its log anew finds no witness for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.evidence.head import Head, sign_head
from recorder.evidence.note import ED25519, VerifierKey, parse_note
from recorder.evidence.tree import FullTree, leaf_hash
from tests.verify.unit import Dice
from uplink.station.log.witness import LocalWitness, WitnessRefused

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "baofeng-mz.shilu/station"


def test_52_a_station_rebuilds_its_log_and_the_witness_refuses(tmp_path: Path) -> None:
    """a b c → a x c d: the fourth entry is new, the second is another one."""
    key = Dice(1).ed25519()
    known = (VerifierKey.of(ORIGIN, ED25519, key.public_key()),)
    witness = LocalWitness("witness-1.example", Dice(2).ed25519(), tmp_path, known, lambda: 1)
    (tmp_path / "seen").mkdir()
    true = FullTree(leaf_hash(entry) for entry in (b"a", b"b", b"c"))
    witness.cosign(0, (), parse_note(sign_head(Head(ORIGIN, 3, true.root()), key)))

    again = FullTree(leaf_hash(entry) for entry in (b"a", b"x", b"c", b"d"))
    rewritten = parse_note(sign_head(Head(ORIGIN, 4, again.root()), key))
    with pytest.raises(WitnessRefused, match="fork"):
        witness.cosign(3, again.consistency(3, 4), rewritten)

    true.append(leaf_hash(b"d"))
    honest = parse_note(sign_head(Head(ORIGIN, 4, true.root()), key))
    witness.cosign(3, true.consistency(3, 4), honest)
