"""What must be true of a unit after any crash, told what its callers had been told until then."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from recorder.evidence.words import digest
from tests.custody.judge import clear_of, disproofs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.custody.rig import Rig

Words: TypeAlias = "list[dict[str, Any]]"


def pieces_in(rig: Rig) -> set[str]:
    """Give the digest of every opening and every fragment that any sealed film holds."""
    return {
        digest(clear[start:end])
        for segment in rig.segments()
        for clear in [clear_of(rig, segment.media)]
        for start, end in pairwise([*starts(clear), len(clear)])
    }


def starts(clear: bytes) -> Iterator[int]:
    at = 0
    while at < len(clear):
        if clear[at + 4 : at + 8] in {b"ftyp", b"moof"}:
            yield at
        at += int.from_bytes(clear[at : at + 4], "big")


def check_after(rig: Rig, words: Words) -> int:
    """Nothing told is lost, nothing is disproved, and recording goes on.

    Gives how many pieces are missing that were given, whether they were called kept or not.
    """
    rig.start()
    before, held = rig.records(), pieces_in(rig)
    given: list[str] = []
    for word in words:
        if "lens" in word:
            given = []
        if "given" in word:
            given.append(word["given"])
        lost = [piece for piece in given[: word.get("kept", 0)] if piece not in held]
        assert lost == [], "a piece that was called kept is gone"
        assert word.get("record", 0) < len(before), "a record that was told is gone"
    found = disproofs(rig)
    assert found == set(), f"an honest unit is called forged: {found}"
    conductor, lens = rig.record(pieces=2)
    rig.stop(conductor, lens)
    assert rig.types().endswith("start segment stop")
    assert disproofs(rig) == set()
    every = {word["given"] for word in words if "given" in word}
    return len(every - held)
