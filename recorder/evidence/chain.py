"""How records follow each other: numbers, links, and the keys that take over (§3, §5).

Each check raises and names the record. What it takes to go on after a break is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.epoch import (
    EpochStatement,
    check_identity_signature,
    check_previous_signature,
    epoch_key,
)
from recorder.evidence.errors import BadSignature, BrokenChain
from recorder.evidence.words import base64_bytes, digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from recorder.evidence.note import VerifierKey
    from recorder.evidence.record import EpochBegins, Record


@dataclass(frozen=True, slots=True)
class EpochInForce:
    """The epoch whose key signs now: its number, run and key, and the next key's digest."""

    number: int
    run: int
    key: VerifierKey
    next_sha256: str


def check_seq(record: Record, due: int) -> None:
    """Raise BrokenChain unless `record` is number `due` of the unit's life."""
    if record.seq != due:
        raise BrokenChain(f"Record {due} should stand here, but it is record {record.seq}.")


def check_link(record: Record, before: str) -> None:
    """Raise BrokenChain unless `record` carries `before`, the digest of the line before it."""
    if record.prev != before:
        raise BrokenChain(f"Record {record.seq} does not follow the line before it.")


def due_epoch(before: EpochInForce | None) -> int:
    """Give the number of the epoch that may begin now."""
    return 1 if before is None else before.number + 1


def check_commitment(begins: EpochBegins, before: EpochInForce | None) -> None:
    """Raise BrokenChain unless the new key is the one that the epoch before promised."""
    if before is not None and digest(base64_bytes(begins.public_key)) != before.next_sha256:
        raise BrokenChain("The new epoch's key is not the one that was promised.")


def statement_of(record: Record, begins: EpochBegins) -> EpochStatement:
    """Give what the signatures of an epoch record cover."""
    return EpochStatement(
        origin=record.origin,
        epoch=record.epoch,
        seq=record.seq,
        prev=record.prev,
        public_key=begins.public_key,
        next_sha256=begins.next_sha256,
    )


def check_handover(record: Record, begins: EpochBegins, before: EpochInForce | None) -> None:
    """Raise BadSignature unless the key before signed this one, where it could.

    Only at the beginning of a run may it be gone (§5).
    """
    if begins.previous_signature:
        if before is None:
            raise BadSignature("The first epoch has no key before it, and yet its signature.")
        statement = statement_of(record, begins)
        check_previous_signature(before.key, statement, begins.previous_signature)
    elif before is not None and before.run == record.run:
        raise BadSignature("The key before was alive and did not sign its successor.")


def check_identity(record: Record, begins: EpochBegins, identity: EllipticCurvePublicKey) -> None:
    """Raise BadSignature unless the unit's identity key signed the new epoch."""
    check_identity_signature(identity, statement_of(record, begins), begins.identity_signature)


def epoch_in_force(record: Record, begins: EpochBegins) -> EpochInForce:
    """Give the epoch that `record` begins."""
    return EpochInForce(
        number=record.epoch,
        run=record.run,
        key=epoch_key(record.origin, begins),
        next_sha256=begins.next_sha256,
    )
