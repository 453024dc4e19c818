"""What must be true of a unit after any crash, told what its callers had been told until then."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from recorder.evidence.record import CommandTaken, Ordered
from recorder.evidence.words import digest
from recorder.handover.orders import Assign
from tests.custody.judge import clear_of, disproofs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.evidence.record import Record
    from tests.custody.rig import Caller, Rig

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


@dataclass(frozen=True, slots=True)
class After:
    """What a crash has cost: pieces that were given, and film that was made, if a lens filmed."""

    missing: int
    loss_ms: int | None = None
    late_ms: int = 0  # how late the rig's own lens was: a busy machine is late with everything
    answers_ms: tuple[int, ...] = ()  # how long each piece waited until it was called kept


def check_after(rig: Rig, words: Words, cut_ns: int = 0) -> After:
    """Nothing told is lost, nothing is disproved, and recording goes on.

    Counts how many pieces are missing that were given, whether they were called kept or not; and
    how much film was made until `cut_ns` that is not there, the piece in the making included.
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
    check_orders(conductor, before, words)
    rig.stop(conductor, lens)
    assert rig.types().endswith("start segment stop")
    assert disproofs(rig) == set()
    every = {word["given"] for word in words if "given" in word}
    return After(
        len(every - held), _loss_ms(words, held, cut_ns), _late_ms(words), tuple(answers_ms(words))
    )


def check_orders(conductor: Caller, records: list[Record], words: Words) -> None:
    """Whoever was ordered is bound by the newest command of the log, or nobody is."""
    taken = [r.body for r in records if isinstance(r.body, CommandTaken)]
    assert [one.number for one in taken] == sorted({one.number for one in taken})
    newest = [one.number for one in taken if one.what is Ordered.OFFICERS][-1:]
    assert [one.number for one in conductor.of(Assign)] == newest
    told = [word["ordered"] for word in words if "ordered" in word]
    for assigned in conductor.of(Assign)[: len(told)]:
        assert list(assigned.officers.names) == told[-1], "an order that was told is forgotten"


def _loss_ms(words: Words, held: set[str], cut_ns: int) -> int | None:
    """Reckon from the last picture that is there; None if nobody filmed when the power went."""
    filming = [word for word in words if "filming" in word]
    if not (filming and filming[-1]["filming"]):
        return None
    there = [word["until_ns"] for word in words if word.get("given") in held]
    return int((cut_ns - max([filming[-1]["since_ns"], *there])) // 1_000_000)


def answers_ms(words: Words) -> Iterator[int]:
    """Reckon for each piece, from being handed over to being called kept."""
    given: list[int] = []
    for word in words:
        if "lens" in word:
            given = []
        if "given_ns" in word:
            given.append(word["given_ns"])
        if "kept_ns" in word:
            done, given = given[: word["kept"]], [0] * word["kept"] + given[word["kept"] :]
            yield from ((word["kept_ns"] - at) // 1_000_000 for at in done if at)


def _late_ms(words: Words) -> int:
    """Reckon from the pieces of the newest filming; what was kept back in a ring is no measure."""
    began = [at for at, word in enumerate(words) if word.get("filming")]
    given = [word for word in words[began[-1] :] if "given_ns" in word] if began else []
    since_ns = words[began[-1]]["since_ns"] if began else 0
    late = [word["given_ns"] - word["until_ns"] for word in given if word["until_ns"] > since_ns]
    return int(max(late, default=0) // 1_000_000)
