"""Heads of one station's log, laid side by side: do they tell one story, or two? Pure.

Two heads of one size with different roots prove a lie by themselves: whoever holds the log's key
signed both. Heads of different sizes need the proof that the station sent along; where that does
not lead from the one to the other, the station is asked for a better one, or for its log.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recorder.evidence.errors import BadProof, BadSignature
from recorder.evidence.head import Head, check_cosignature, check_head, parse_signed_head
from recorder.evidence.receipt import LogPolicy
from recorder.evidence.tree import check_consistency


@dataclass(frozen=True, slots=True)
class Told:
    """A head that the station signed, where it was found, and which known witnesses cosigned it."""

    where: str
    head: Head
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extension:
    """What the station sent to show that the head at `where` extends its head of size `since`."""

    where: str
    since: int
    proof: tuple[bytes, ...]


def told(where: str, checkpoint: bytes, policy: LogPolicy) -> Told:
    """Read a head. Raise Malformed, or BadSignature if the station never signed it."""
    signed = parse_signed_head(checkpoint)
    check_head(signed, policy.station)
    return Told(where, signed.head, tuple(_cosigned(checkpoint, policy)))


def _cosigned(checkpoint: bytes, policy: LogPolicy) -> Iterator[str]:
    note = parse_signed_head(checkpoint).note
    for witness in policy.witnesses:
        if note.by(witness):
            try:
                check_cosignature(note, witness)
            except BadSignature:
                continue  # then that witness did not sign it
            yield witness.name


def two_stories(heads: Iterable[Told]) -> tuple[tuple[Told, Told], ...]:
    """Pair each head with the first one of its size, where their roots differ: a proven lie."""
    first: dict[int, Told] = {}
    found: list[tuple[Told, Told]] = []
    for one in sorted(heads, key=lambda told: told.where):
        known = first.setdefault(one.head.size, one)
        if known.head.root != one.head.root:
            found.append((known, one))
    return tuple(found)


def unshown(heads: Iterable[Told], extensions: Iterable[Extension]) -> tuple[Extension, ...]:
    """List the extensions whose proof does not lead from the older head to the newer one."""
    heads = tuple(heads)
    at, sizes = {one.where: one.head for one in heads}, {one.head.size: one.head for one in heads}
    known = (one for one in extensions if one.where in at and one.since in sizes)
    return tuple(one for one in known if not _leads(sizes[one.since], at[one.where], one))


def _leads(old: Head, new: Head, extension: Extension) -> bool:
    try:
        check_consistency(old.size, old.root, new.size, new.root, extension.proof)
    except BadProof:
        return False
    return True
