"""Which footage may go: what the agency's configuration allows, and what a receipt proves.

The unit's own receipts are checked again here, from the bytes: custody is not taken at its word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import BadProof
from recorder.evidence.receipt import CustodyEntry, TlogProof, check_receipt
from recorder.evidence.words import FileKind, digest, parse_file
from recorder.handover.committed import files_of

if TYPE_CHECKING:
    from recorder.evidence.receipt import LogPolicy
    from recorder.evidence.record import ReceiptFiled
    from recorder.release.log import SealedSegment, UnitLog

_MS_OF_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class ReleasePolicy:
    """What may go at all: marked footage stays, and so does what is younger than this."""

    least_age_hours: int
    keep_marked: bool


def candidates(log: UnitLog, policy: ReleasePolicy, now_unix_ms: int) -> list[SealedSegment]:
    """Give the segments that policy lets go, oldest first; whether a receipt does is not asked.

    A segment whose age nobody knows (no clock) stays.
    """
    return [
        sealed
        for sealed in log.segments
        if sealed.seq not in log.released
        and not (policy.keep_marked and sealed.segment.recording in log.marked)
        and sealed.sealed_unix_ms >= 0
        and now_unix_ms - sealed.sealed_unix_ms >= policy.least_age_hours * _MS_OF_HOUR
    ]


def check_filed(
    filed: ReceiptFiled, text: bytes, log: UnitLog, trust: LogPolicy, origin: str
) -> CustodyEntry:
    """Give what a filed receipt proves of this unit's log; an EvidenceError says why nothing."""
    if digest(text) != filed.sha256:
        raise BadProof(f"{filed.file} is not the receipt that this unit filed.")
    entry = check_receipt(TlogProof.parse(text), trust).entry
    root = log.roots_at.get(entry.size)
    if entry.log != origin or root is None or root.hex() != entry.root:
        raise BadProof(f"{filed.file} is not for this unit's log as it is.")
    return entry


class Proven:
    """Receipts that were checked, found again by what they cover."""

    def __init__(self) -> None:
        self._by_film: dict[str, list[tuple[str, CustodyEntry]]] = {}

    def take(self, name: str, entry: CustodyEntry) -> None:
        """Learn what the receipt of this file name proves."""
        for held in entry.files:
            if parse_file(held.file).kind is FileKind.MEDIA:
                self._by_film.setdefault(held.file, []).append((name, entry))

    def covering(self, sealed: SealedSegment) -> str | None:
        """Give a receipt (by file name) that covers every file of this segment, or None."""
        named = {(each.file, each.sha256) for each in files_of(sealed.segment)}
        for name, entry in self._by_film.get(sealed.segment.media.file, ()):
            held = {(each.file, each.sha256) for each in entry.files}
            if entry.size > sealed.seq and named <= held:
                return name
        return None
