"""Receipts and station heads: checked whole, filed, and only then good for a release.

A forged, foreign, partial, stale or inconsistent one is refused with its reason, and remembered.

Order of effects for a receipt: 1. its file, complete and durable; 2. the station head it proves,
kept durably; 3. the `receipt` record. A crash before 3 leaves a file that no record names; the
same receipt, offered again, is filed then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.custody.errors import HoldsOther, RefusedRequest, StorageLost
from recorder.custody.written import Written
from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.head import Head, parse_head
from recorder.evidence.receipt import (
    CustodyEntry,
    LogPolicy,
    Receipt,
    TlogProof,
    check_receipt,
    check_station_head,
)
from recorder.evidence.record import Anchor, ReceiptFiled, Release, ReleasedFile, Segment
from recorder.evidence.tree import EMPTY_ROOT, check_consistency
from recorder.evidence.words import base64_bytes, digest, parse_file, receipt_file
from recorder.handover.committed import NamedFile, files_of
from recorder.handover.packets import Filed, Released

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.custody.history import History
    from recorder.custody.slots import Slots
    from recorder.custody.spool import Spool
    from recorder.evidence.record import Body, Record
    from recorder.handover.packets import AnchorOffer, ReceiptOffer, ReleaseRequest

MAX_CHECKPOINT_CHARACTERS = 16_384


class StationHead:
    """The newest head of the station's log that this unit has seen."""

    def __init__(self, slots: Slots, origin: str) -> None:
        self._slots = slots
        self._newest = Head(origin, 0, EMPTY_ROOT)
        for payload in slots.payloads():
            head = parse_head(payload.decode())
            if head.origin == origin and head.size > self._newest.size:
                self._newest = head

    @property
    def newest(self) -> Head:
        """Size 0 if none was seen."""
        return self._newest

    def check_extends(self, head: Head, from_size: int, consistency: tuple[str, ...]) -> None:
        """Raise BadProof or RefusedRequest unless `head` extends the newest one seen.

        The newest one itself needs no proof: a crash between 2 and 3 has us offered it again.
        """
        if head == self._newest:
            return
        if from_size != self._newest.size:
            raise RefusedRequest(
                f"The proof begins at the station's head of {from_size} entries; "
                f"this unit has seen {self._newest.size}: ask for a proof from there."
            )
        proof = tuple(map(base64_bytes, consistency))
        check_consistency(from_size, self._newest.root, head.size, head.root, proof)

    def keep(self, head: Head) -> None:
        """Remember a head that was checked, durably."""
        if head.size > self._newest.size:
            self._slots.write(head.text().encode())
            self._newest = head


class Receipts:
    """What the courier and the release process may ask."""

    def __init__(  # noqa: PLR0913 - a check needs all that it compares
        self,
        *,
        origin: str,
        policy: LogPolicy,
        spool: Spool,
        history: History,
        seen: StationHead,
        commit: Callable[[Body], Record],
    ) -> None:
        self._origin = origin
        self._policy = policy
        self._spool = spool
        self._history = history
        self._written = Written(spool, history)
        self._seen = seen
        self._commit = commit

    def file_receipt(self, offer: ReceiptOffer) -> Filed:
        """Check and file a receipt; RefusedRequest with the reason if it proves nothing here."""
        text = offer.proof.encode()
        try:
            receipt = check_receipt(TlogProof.parse(text), self._policy)
            self._check_entry(receipt.entry)
            name = receipt_file(receipt.entry.size)
            seq = self._history.filings.seq_of(receipt.entry.size)
            if seq is not None and self._written.body(seq, ReceiptFiled).sha256 == digest(text):
                return Filed(seq, receipt.entry.size)
            self._seen.check_extends(receipt.head, offer.from_size, offer.consistency)
        except EvidenceError as error:
            raise RefusedRequest(f"The receipt proves nothing here: {error}") from error
        try:
            self._spool.complete(name, text)  # 1
        except HoldsOther as error:
            raise RefusedRequest(
                f"There is a receipt for {receipt.entry.size} records already; "
                "offer one for a longer log."
            ) from error
        except StorageLost as error:
            raise RefusedRequest(f"The receipt cannot be filed: {error}") from error
        self._keep_head(receipt.head)  # 2
        record = self._commit(  # 3
            ReceiptFiled(name, digest(text), receipt.entry.size, receipt.head.size)
        )
        self._spool.seal(name)
        return Filed(record.seq, receipt.entry.size)

    def file_anchor(self, offer: AnchorOffer) -> Filed:
        """Check and write down a station head; RefusedRequest with the reason."""
        try:
            head, _ = check_station_head(offer.checkpoint.encode(), self._policy)
            self._seen.check_extends(head, offer.from_size, offer.consistency)
        except EvidenceError as error:
            raise RefusedRequest(f"The station's head proves nothing here: {error}") from error
        if len(offer.checkpoint) > MAX_CHECKPOINT_CHARACTERS:
            raise RefusedRequest("The station's head has too many cosignatures to be written down.")
        self._keep_head(head)
        return Filed(self._commit(Anchor(offer.checkpoint)).seq, head.size)

    def release(self, asked: ReleaseRequest) -> Released:
        """Write down that a segment's files may go; RefusedRequest unless a receipt covers each."""
        if not self._history.seals.is_seal(asked.segment_seq):
            raise RefusedRequest(f"Record {asked.segment_seq} seals no segment of this unit.")
        named = self._sealed_by(asked.segment_seq)
        files = tuple(sorted(each.file for each in named))
        released_by = self._history.seals.release_of(asked.segment_seq)
        if released_by is not None:
            return Released(released_by, files)
        receipt = self._filed(asked.receipt)
        if receipt.entry.size <= asked.segment_seq:
            raise RefusedRequest(f"{asked.receipt} does not reach record {asked.segment_seq}.")
        held = {(each.file, each.sha256) for each in receipt.entry.files}
        for each in named:
            if (each.file, each.sha256) not in held:
                raise RefusedRequest(f"{asked.receipt} does not cover {each.file}.")
        released = tuple(
            ReleasedFile(each.file, each.sha256) for each in sorted(named, key=lambda n: n.file)
        )
        record = self._commit(Release(asked.segment_seq, released, asked.receipt))
        return Released(record.seq, files)

    def _keep_head(self, head: Head) -> None:
        try:
            self._seen.keep(head)
        except StorageLost as error:
            raise RefusedRequest(f"The station's head cannot be kept: {error}") from error

    def _filed(self, name: str) -> Receipt:
        """Read a filed receipt again, and check it again."""
        seq = self._history.filings.seq_of(_size_of(name))
        if seq is None:
            raise RefusedRequest(f"No receipt {name} was filed on this unit.")
        try:
            text = b"".join(self._spool.read(name))
            if digest(text) != self._written.body(seq, ReceiptFiled).sha256:
                raise Malformed(f"{name} is not what was filed.")
            receipt = check_receipt(TlogProof.parse(text), self._policy)
            self._check_entry(receipt.entry)
        except (EvidenceError, OSError) as error:
            raise RefusedRequest(f"The receipt proves nothing any more: {error}") from error
        return receipt

    def _check_entry(self, entry: CustodyEntry) -> None:
        """Raise Malformed unless the entry speaks of this unit's log and of its files."""
        if entry.log != self._origin:
            raise Malformed(f"it is for {entry.log}, and this unit is {self._origin}.")
        if not 1 <= entry.size <= self._history.size:
            raise Malformed(
                f"it is for {entry.size} records, and this unit has {self._history.size}."
            )
        if self._written.root(entry.size).hex() != entry.root:
            raise Malformed(f"its root at {entry.size} records is not this unit's.")
        sealed: dict[tuple[int, int], frozenset[NamedFile]] = {}
        for held in entry.files:
            name = parse_file(held.file)
            of = name.recording, name.segment
            if of not in sealed:
                seq = self._history.seals.seq_of(*of)
                sealed[of] = frozenset(
                    () if seq is None else files_of(self._written.body(seq, Segment))
                )
            if NamedFile(held.file, held.sha256) not in sealed[of]:
                raise Malformed(f"{held.file} is not what this unit sealed.")

    def _sealed_by(self, seq: int) -> tuple[NamedFile, ...]:
        """Give the files of a segment; RefusedRequest if its record cannot be read."""
        try:
            return files_of(self._written.body(seq, Segment))
        except Malformed as error:
            raise RefusedRequest(f"The seal cannot be read any more: {error}") from error


def _size_of(name: str) -> int:
    """Give the size in the name of a receipt, 0 if it is none: no receipt has that."""
    try:
        return parse_file(name).size
    except Malformed:
        return 0
