"""From admitted files to receipts: entry, head, witnesses, proof. One worker at a time.

Effects of `receipt_for`, continuing docs/station.md: 7 the entry is in the journal · 8 the head is
signed (both in `log`) · 9 witnesses cosigned and the checkpoint is published · 10 the receipt is in
the index. Whatever was cut off between 7 and 10 is found by its entry and finished, never doubled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recorder.evidence.errors import EvidenceError
from recorder.evidence.head import Head
from recorder.evidence.note import note_bytes
from recorder.evidence.receipt import (
    CustodyEntry,
    FiledFile,
    LogPolicy,
    TlogProof,
    check_station_head,
)
from uplink.station.log.changes import Change
from uplink.station.log.cosigners import cosigned_checkpoint
from uplink.station.log.declaration import Declaration
from uplink.station.log.index import Index
from uplink.station.log.station_log import Signed, StationLog
from uplink.station.log.witness import Witness
from uplink.station.steps import Step
from uplink.station.store.durable import held
from uplink.station.store.layout import Layout
from uplink.wire.proofs import AnchorLetter, ReceiptLetter


class UnitAhead(Exception):
    """A unit has seen a larger station log than this one; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an entry shall confirm: files of a unit's log, and its root at `size`."""

    log: str
    size: int
    root: bytes
    files: tuple[FiledFile, ...]


@dataclass(slots=True)
class Registrar:
    """Writes entries and makes receipts; `random` gives salts, `utc` the time of an entry."""

    layout: Layout
    log: StationLog
    index: Index
    witnesses: Sequence[Witness]
    policy: LogPolicy
    station: str
    random: Callable[[int], bytes]
    utc: Callable[[], str]
    step: Step
    copies: int = 1

    def receipt_for(self, claim: Claim, since: int) -> tuple[int, ReceiptLetter]:
        """Return entry and receipt for a claim, entering it unless an entry confirms it already.

        `since` is the size of the newest station head that the unit has seen. Raise QuorumMissing.
        """
        with held(self.layout.log_lock):
            newest = self._catch_up()
            number = self._number_of(claim)
            if number is None:
                number = self.log.size
                line = self._entry(claim).line()
                newest = self.log.grow([line])  # 7, 8
                self.index.take(number, line)
            return number, self._letter(number, newest, since)

    def enter(self, entry: Change | Declaration) -> int:
        """Enter what is no receipt, and return its number. Raise QuorumMissing, the entry made."""
        with held(self.layout.log_lock):
            self._catch_up()
            number, line = self.log.size, entry.line(self.random)
            newest = self.log.grow([line])
            self.index.take(number, line)
            self._cosigned(newest)
            return number

    def again(self, number: int, since: int) -> ReceiptLetter:
        """Return the receipt of an entry again. Raise QuorumMissing.

        The same bytes as before, as long as they do not fall behind what the unit has seen: it may
        have kept them before it was cut off. Otherwise a proof under the newest head.
        """
        with held(self.layout.log_lock):
            newest = self._catch_up()
            entry = CustodyEntry.parse(self.log.entry(number))
            issued = self.index.newest_issued(entry.log, entry.size)
            if issued is None or issued.station_size < since:
                return self._letter(number, newest, since)
            consistency = self._consistency(since, issued.station_size)
            files = tuple(one.file for one in entry.files)
            return ReceiptLetter(issued.proof.decode(), consistency, since, files)

    def anchor(self, since: int) -> AnchorLetter:
        """Return the newest cosigned head. Raise QuorumMissing."""
        with held(self.layout.log_lock):
            newest = self._catch_up()
            checkpoint = self._cosigned(newest)
            return AnchorLetter(
                checkpoint.decode(), self._consistency(since, newest.head.size), since
            )

    def catch_up(self) -> int:
        """Index what other workers entered; return the size of the newest head."""
        with held(self.layout.log_lock):
            return self._catch_up().head.size

    def _catch_up(self) -> Signed:
        newest = self.log.refresh()
        for number in range(self.index.entries, self.log.size):
            self.step("index: before an entry of the log")
            self.index.take(number, self.log.entry(number))
        return newest

    def _number_of(self, claim: Claim) -> int | None:
        if not claim.files:
            return self.index.entry_at(claim.log, claim.size)
        first = claim.files[0]
        return self.index.entry_of(claim.log, first.file, first.sha256)

    def _entry(self, claim: Claim) -> CustodyEntry:
        return CustodyEntry(
            copies=self.copies,
            files=claim.files,
            log=claim.log,
            root=claim.root.hex(),
            salt=self.random(16).hex(),
            size=claim.size,
            station=self.station,
            utc=self.utc(),
        )

    def _letter(self, number: int, newest: Signed, since: int) -> ReceiptLetter:
        size = newest.head.size
        checkpoint = self._cosigned(newest)
        line = self.log.entry(number)
        entry = CustodyEntry.parse(line)
        proof = TlogProof(line, number, self.log.inclusion(number, size), checkpoint).text()
        self.step("receipt: before 10 (index)")
        self.index.issue(entry.log, entry.size, size, proof)  # 10
        return ReceiptLetter(
            proof.decode(),
            self._consistency(since, size),
            since,
            tuple(one.file for one in entry.files),
        )

    def _consistency(self, since: int, size: int) -> tuple[bytes, ...]:
        if since > size:
            raise UnitAhead(
                f"a unit has seen {since} entries of this station's log, and it has {size}: the "
                "log lost entries; stop, and restore it from a backup"
            )
        return self.log.consistency(since, size)

    def _cosigned(self, newest: Signed) -> bytes:
        """Return the newest head with its quorum, asking the witnesses where it has none yet."""
        known = note_bytes(newest.note)
        try:
            check_station_head(known, self.policy)
        except EvidenceError:
            self.step("receipt: before 9 (witnesses)")
            known = self._ask(newest.head, newest)  # 9
        return known

    def _ask(self, head: Head, newest: Signed) -> bytes:
        checkpoint = cosigned_checkpoint(
            self.log, head, newest.note, self.witnesses, self.policy.quorum
        )
        check_station_head(checkpoint, self.policy)
        self.step("receipt: within 9 (publish)")
        self.log.publish(checkpoint)
        return checkpoint
