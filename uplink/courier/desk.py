"""What the courier has at hand on the unit: spool (read-only), outbox and the way to custody."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from recorder.evidence.errors import EvidenceError
from recorder.evidence.receipt import CustodyEntry, TlogProof
from recorder.evidence.words import CHAIN_FILE, digest
from uplink.courier.events import AnchorHandedIn, CommandHandedIn, NotFiled, ReceiptHandedIn
from uplink.courier.filing import Filing, FilingLost, FilingRefused
from uplink.courier.outbox import Outbox, Pending
from uplink.courier.spool import LogSpan, SpoolReader, Survey, Traveller
from uplink.wire.messages import FILES_MAX, OfferedFile
from uplink.wire.orders import CommandLetter
from uplink.wire.proofs import AnchorLetter, ReceiptLetter

_ASK_AGAIN_SECONDS = 3600.0
"""A refusal is a record, which begins a journey, at which the station sends the command again."""
_DISOBEYED_MOST = 100


@dataclass(slots=True)
class Desk:
    """Files in, receipts out."""

    spool: SpoolReader
    outbox: Outbox
    filing: Filing
    oldest_utc: str = ""
    _log_digests: dict[LogSpan, str] = field(default_factory=dict)
    _noted: tuple[tuple[Traveller, ...], frozenset[str]] | None = None
    _filed_sizes: set[int] = field(default_factory=set)
    _disobeyed: dict[str, float] = field(default_factory=dict)

    def survey(self) -> Survey:
        """Look into the spool and write down what is new. Raise SpoolUnreadable."""
        survey = self.spool.survey()
        self.oldest_utc = survey.oldest_utc
        self._filed_sizes.update(survey.filed_sizes)
        noted = (survey.travellers, survey.covered)
        if noted != self._noted:
            self.outbox.note(*noted)
            self._noted = noted
        return survey

    def pending(self) -> Pending:
        """Count what has no receipt yet."""
        return self.outbox.pending()

    def path(self, file: str) -> Path:
        """Return where a file lies in the spool."""
        return self.spool.path(file)

    def offered_logs(self, survey: Survey) -> tuple[OfferedFile, ...]:
        """Return the log files with the digests of their committed bytes."""
        fresh = {
            span: self._log_digests.get(span) or self.spool.log_sha256(span) for span in survey.logs
        }
        self._log_digests = fresh
        return tuple(OfferedFile(span.file, span.length, sha256) for span, sha256 in fresh.items())

    def to_offer(self, survey: Survey) -> tuple[OfferedFile, ...]:
        """Return what to offer now, in its order: identity, logs, then the outbox's."""
        batch = self.outbox.next_batch(FILES_MAX - len(survey.logs))
        identity = tuple(one for one in batch if one.file == CHAIN_FILE)
        rest = tuple(one for one in batch if one.file != CHAIN_FILE)
        return identity + self.offered_logs(survey) + rest

    def file_receipt(self, letter: ReceiptLetter) -> ReceiptHandedIn | NotFiled | None:
        """Hand a receipt to custody; None for one that is filed already. Raise FilingLost.

        1 custody files it · 2 the outbox marks its files. A crash between leaves files that the
        next survey finds covered by the filed receipt.
        """
        try:
            size = CustodyEntry.parse(TlogProof.parse(letter.proof.encode()).extra).size
        except EvidenceError as error:
            return NotFiled(f"what the station sent is no receipt: {error}")
        if size in self._filed_sizes:
            return None
        try:
            seq = self.filing.receipt(letter)  # 1
        except FilingRefused as refusal:
            self.outbox.keep_letter(letter.payload(), str(refusal))
            return NotFiled(str(refusal))
        self._filed_sizes.add(size)
        self.outbox.note((), letter.files)  # 2
        return ReceiptHandedIn(size, seq, letter.files)

    def file_anchor(self, letter: AnchorLetter) -> AnchorHandedIn | NotFiled:
        """Hand a newer station head to custody."""
        try:
            return AnchorHandedIn(self.filing.anchor(letter))
        except FilingRefused as refusal:
            self.outbox.keep_letter(letter.payload(), str(refusal))
            return NotFiled(str(refusal))
        except FilingLost as loss:
            return NotFiled(str(loss))

    def hand_command(
        self, letter: CommandLetter, now_seconds: float
    ) -> tuple[CommandHandedIn | NotFiled, ...]:
        """Hand a command to custody as it came, but none that it refused within the hour."""
        sha256 = digest(letter.note.encode())
        if now_seconds - self._disobeyed.get(sha256, -math.inf) < _ASK_AGAIN_SECONDS:
            return ()
        try:
            return (CommandHandedIn(self.filing.command(letter)),)
        except FilingRefused as refusal:
            if len(self._disobeyed) >= _DISOBEYED_MOST:
                self._disobeyed.clear()
            self._disobeyed[sha256] = now_seconds
            return (NotFiled(str(refusal)),)
        except FilingLost as loss:
            return (NotFiled(str(loss)),)
