"""Steps 2, 3, 4 and 6 in one pass: records, heads, epochs and runs, from the first line on.

A break is reported once, where it begins; the pass goes on from what it finds there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.chain import (
    EpochInForce,
    check_commitment,
    check_handover,
    check_identity,
    check_link,
    check_seq,
    due_epoch,
    epoch_in_force,
)
from recorder.evidence.errors import BadSignature, BrokenChain, EvidenceError, Malformed
from recorder.evidence.head import check_head, parse_signed_head, split_heads
from recorder.evidence.package import UNIT, read_whole
from recorder.evidence.record import EpochBegins, Record, RunBegins, Shutdown, Torn, parse_record
from recorder.evidence.tree import Tree, leaf_hash
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found
from recorder.evidence.verify.ledger import HeadFacts
from recorder.evidence.verify.lines import NOTHING_TORN, TornMeter, lines_of
from recorder.evidence.words import ZERO_DIGEST, digest, heads_file, log_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from recorder.evidence.head import SignedHead
    from recorder.evidence.package import PackageFiles
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Ledger


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, as its files show."""

    run: int
    torn: Torn
    shutdown: bool


class Walk:
    """One pass over the log; `ledger` and `findings` (step → findings) hold what it saw."""

    def __init__(
        self,
        files: PackageFiles,
        ledger: Ledger,
        wanted_sizes: Iterable[int],
        identity: EllipticCurvePublicKey | None,
        witness: Callable[[Record], None],
    ) -> None:
        """`witness` sees each committed record; `wanted_sizes` are those whose roots are kept."""
        self.ledger = ledger
        self.findings: dict[int, list[Finding]] = {2: [], 3: [], 4: [], 6: []}
        self._files = files
        self._wanted = frozenset(wanted_sizes)
        self._identity = identity
        self._witness = witness
        self._tree = Tree()
        self._due = 0
        self._before = ZERO_DIGEST
        self._epoch: EpochInForce | None = None
        self._ended: RunEnd | None = RunEnd(0, NOTHING_TORN, shutdown=True)
        self._heads: dict[int, list[SignedHead]] = {}
        self._root_agrees = True
        self._accused_epochs: set[int] = set()

    def runs(self, logs: Iterable[int], heads: Iterable[int]) -> None:
        """Go through the runs whose logs are here, in order; `heads` are those with heads."""
        due, newest = 1, RunEnd(0, NOTHING_TORN, shutdown=True)
        ordered = sorted(logs)
        if not ordered:
            self._found(2, Code.LOG_MISSING)
        for run in ordered:
            if run != due:
                self._found(6, Code.RUN_MISSING, first=due, last=run - 1)
                self._ended = None
            self._ended = newest = self._run(run)
            due = run + 1
        newest_heads = max(heads, default=0)
        if ordered and newest_heads >= due:
            self._found(6, Code.RUN_MISSING, first=due, last=newest_heads)
        self._newest_end(newest)
        self.ledger.records = self._due
        self._keep_size()

    def _found(self, step: int, code: Code, place: Place | None = None, **facts: object) -> None:
        self.findings[step].append(found(code, place or Place(), **facts))

    def _run(self, run: int) -> RunEnd:
        heads_rest = self._read_heads(run)
        last_size = max(self._heads, default=0)
        name = UNIT + log_file(run)
        torn, index, shutdown = TornMeter(), 0, False
        try:
            for line in lines_of(self._files.read(name)):
                record, why = _parsed(line)
                size = (self._due if record is None else record.seq) + 1
                if torn.size or size > last_size or not line.endswith(b"\n"):
                    torn.add(line)
                    continue
                self._line(line, record, why, name)
                shutdown = record is not None and isinstance(record.body, Shutdown)
                self._opening(run, index, record)
                index += 1
        except Malformed as error:
            self._found(2, Code.RECORD_FORM, Place(seq=self._due, file=name), why=error)
        for size in sorted(self._heads):
            self._found(3, Code.HEAD_EXTRA, Place(seq=size - 1, file=UNIT + heads_file(run)))
        if self._epoch is not None and self._epoch.run == run:
            self.ledger.last_epochs[run] = self._epoch.number
        return RunEnd(run, torn.torn(heads_rest), shutdown)

    # Step 3, first half: the heads of a run by their size.
    def _read_heads(self, run: int) -> bytes:
        self._heads = {}
        name = UNIT + heads_file(run)
        try:
            heads, rest = split_heads(read_whole(self._files, name))
        except Malformed as error:
            self._found(3, Code.HEAD_FORM, Place(file=name), why=error)
            return b""
        for data in heads:
            try:
                signed = parse_signed_head(data)
            except Malformed as error:
                self._found(3, Code.HEAD_FORM, Place(file=name), why=error)
                continue
            self._heads.setdefault(signed.head.size, []).append(signed)
        return rest

    # Step 2: form, number, link, origin and run of one committed line.
    def _line(self, line: bytes, record: Record | None, why: str, name: str) -> None:
        self._tree.append(leaf_hash(line))
        place = Place(seq=self._due, file=name)
        if record is None:
            self._found(2, Code.RECORD_FORM, place, why=why)
            self._heads.pop(self._due + 1, None)
            self._root_agrees = False
        else:
            self._placed(record, place)
            self._keys(record)
            self._head(record)
            self.ledger.take(record)
            self._witness(record)
            self._due = record.seq
        self._before = digest(line)
        self._due += 1
        if self._due in self._wanted:
            self._keep_size()

    def _placed(self, record: Record, place: Place) -> None:
        try:
            check_seq(record, self._due)
        except BrokenChain:
            self._found(2, Code.RECORD_SEQ, place, found=record.seq)
        here = Place(seq=record.seq, file=place.file)
        try:
            check_link(record, self._before)
        except BrokenChain:
            self._found(2, Code.RECORD_LINK, here)
        self.ledger.origin = self.ledger.origin or record.origin
        if record.origin != self.ledger.origin:
            self._found(2, Code.RECORD_ORIGIN, here, found=record.origin)
        if here.file != UNIT + log_file(record.run):
            self._found(2, Code.RECORD_RUN, here, found=record.run)

    # Step 4: the key in force, and each that takes over.
    def _keys(self, record: Record) -> None:
        body, place = record.body, Place(seq=record.seq)
        if not isinstance(body, EpochBegins):
            due = 0 if self._epoch is None else self._epoch.number
            if record.epoch != due:
                self._found(4, Code.EPOCH_NUMBER, place, found=record.epoch, stated=due)
            return
        due = due_epoch(self._epoch)
        if record.epoch != due:
            self._found(4, Code.EPOCH_NUMBER, place, found=record.epoch, stated=due)
        try:
            check_commitment(body, self._epoch)
        except BrokenChain:
            self._found(4, Code.EPOCH_COMMITMENT, place)
        try:
            check_handover(record, body, self._epoch)
        except BadSignature:
            self._found(4, Code.EPOCH_PREVIOUS, place)
        if self._identity is not None:
            try:
                check_identity(record, body, self._identity)
            except BadSignature:
                self._found(4, Code.EPOCH_IDENTITY, place)
        self._epoch = epoch_in_force(record, body)
        self.ledger.epoch_keys[record.epoch] = self._epoch.key

    # Step 3, second half: the head after a record.
    def _head(self, record: Record) -> None:
        place = Place(seq=record.seq)
        signed = self._heads.pop(record.seq + 1, None)
        if signed is None:
            self._found(3, Code.HEAD_MISSING, place)
            return
        if len({each.head.root for each in signed}) > 1:
            self._found(3, Code.HEAD_TWICE, place)
        agrees = all(each.head.root == self._tree.root() for each in signed)
        if self._root_agrees and not agrees:
            self._found(3, Code.HEAD_ROOT, place)
        self._root_agrees = agrees
        try:
            for each in signed:
                self._signed(each)
        except BadSignature:
            if record.epoch not in self._accused_epochs:
                self._found(3, Code.HEAD_SIGNATURE, place)
            self._accused_epochs.add(record.epoch)

    def _signed(self, signed: SignedHead) -> None:
        if self._epoch is None:
            raise BadSignature("No epoch has begun.")
        check_head(signed, self._epoch.key)

    # Step 6: how a run opens, and what it says of the one before.
    def _opening(self, run: int, index: int, record: Record | None) -> None:
        body = None if record is None else record.body
        in_its_place = (
            isinstance(body, EpochBegins)
            if index == 0
            else isinstance(body, RunBegins) is (index == 1)
        )
        if not in_its_place:
            self._found(6, Code.RUN_OPENING, run=run)
        elif isinstance(body, RunBegins) and self._ended is not None:
            self._end_stated(run, body, self._ended)

    def _end_stated(self, run: int, begins: RunBegins, ended: RunEnd) -> None:
        if begins.clean != ended.shutdown:
            self._found(6, Code.RUN_CLEAN, run=run)
        elif not begins.clean:
            self._found(6, Code.RUN_CUT, run=ended.run)
        stated, torn = begins.torn, ended.torn
        there = max(ended.run, 1)  # what run 1 states of no run before it stands in its own file
        log_agrees = (stated.log_bytes, stated.log_sha256) == (torn.log_bytes, torn.log_sha256)
        heads_agree = (stated.heads_bytes, stated.heads_sha256) == (
            torn.heads_bytes,
            torn.heads_sha256,
        )
        parts = (
            (log_file(there), torn.log_bytes, log_agrees),
            (heads_file(there), torn.heads_bytes, heads_agree),
        )
        for file, size, agrees in parts:
            if not agrees:
                self._found(6, Code.TORN_UNSTATED, Place(file=UNIT + file), size=size)
            elif size:
                self._found(6, Code.TORN_STATED, Place(file=UNIT + file), size=size)

    def _newest_end(self, ended: RunEnd) -> None:
        for file, size in (
            (log_file(max(ended.run, 1)), ended.torn.log_bytes),
            (heads_file(max(ended.run, 1)), ended.torn.heads_bytes),
        ):
            if size:
                self._found(6, Code.TORN_END, Place(file=UNIT + file), size=size)

    def _keep_size(self) -> None:
        key = None if self._epoch is None else self._epoch.key
        self.ledger.sizes[self._due] = HeadFacts(self._tree.root(), key)


def _parsed(line: bytes) -> tuple[Record | None, str]:
    try:
        return parse_record(line), ""
    except EvidenceError as error:
        return None, str(error)
