"""Steps 10 and 12: receipts that count, and whether one covers the end of each recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import BadProof, BadSignature, EvidenceError, Malformed
from recorder.evidence.head import check_head
from recorder.evidence.package import UNIT, read_whole
from recorder.evidence.receipt import Receipt, TlogProof, check_receipt
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recorder.evidence.head import SignedHead
    from recorder.evidence.package import PackageFiles
    from recorder.evidence.receipt import LogPolicy
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Ledger

MOST_RECEIPT_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """A receipt whose signatures, quorum and proof hold, and the file it lies in."""

    file: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Receipts:
    """All receipts of a package that count, and what is wrong with the others."""

    good: tuple[ReadReceipt, ...]
    findings: tuple[Finding, ...]


def read_receipts(files: PackageFiles, names: Iterable[str], policy: LogPolicy) -> Receipts:
    """Read and check the receipts `names`, each for itself."""
    good: list[ReadReceipt] = []
    findings: list[Finding] = []
    for name in sorted(names):
        place = Place(file=name)
        try:
            proof = TlogProof.parse(read_whole(files, name, MOST_RECEIPT_BYTES))
            good.append(ReadReceipt(name, check_receipt(proof, policy)))
        except BadSignature as error:
            findings.append(found(Code.RECEIPT_SIGNATURE, place, why=error))
        except BadProof as error:
            findings.append(found(Code.RECEIPT_PROOF, place, why=error))
        except Malformed as error:
            findings.append(found(Code.RECEIPT_FORM, place, why=error))
    return Receipts(tuple(good), tuple(findings))


def receipts_step(ledger: Ledger, receipts: Receipts, present: frozenset[str]) -> Iterator[Finding]:
    """Check each receipt against this log, and this package's files against the receipts."""
    yield from receipts.findings
    digests = _digests(ledger)
    received: set[str] = set()
    for read in receipts.good:
        entry = read.receipt.entry
        place = Place(file=read.file)
        if entry.log != ledger.origin:
            yield found(Code.RECEIPT_OTHER_LOG, place, found=entry.log)
            continue
        yield from _history(ledger, entry.size, bytes.fromhex(entry.root), read.file)
        for filed in entry.files:
            if digests.get(filed.file, filed.sha256) != filed.sha256:
                yield found(Code.RECEIPT_FILES, place, other=filed.file)
            received.add(filed.sha256)
    for filed_record in ledger.filed:
        if UNIT + filed_record.body.file not in present:
            yield found(
                Code.RECEIPT_ABSENT,
                Place(seq=filed_record.seq, file=UNIT + filed_record.body.file),
            )
    if not any(read.receipt.entry.log == ledger.origin for read in receipts.good):
        yield found(Code.NO_RECEIPT)
        return
    for file, sha256 in digests.items():
        if sha256 not in received:
            yield found(Code.NOT_RECEIVED, Place(file=UNIT + file))


def _digests(ledger: Ledger) -> dict[str, str]:
    digests = {}
    for kept in ledger.segments():
        digests[kept.body.media.file] = kept.body.media.sha256
        digests[kept.body.side.file] = kept.body.side.sha256
    return digests


def _history(ledger: Ledger, size: int, root: bytes, file: str) -> Iterator[Finding]:
    place = Place(seq=min(size, ledger.records) - 1, file=file)
    if size > ledger.records:
        yield found(Code.TRUNCATED, place, size=size, found=ledger.records)
    elif size not in ledger.sizes or ledger.sizes[size].root != root:
        yield found(Code.HISTORY_REWRITTEN, place, size=size)


@dataclass(frozen=True, slots=True)
class Outside:
    """A head that somebody kept outside the package, and what to call it in a sentence."""

    signed: SignedHead
    name: str


def end_step(ledger: Ledger, receipts: Receipts, outside: Outside | None) -> Iterator[Finding]:
    """Check that the end of each recording is covered, and that a given head agrees."""
    covered = [
        read.receipt.entry.size
        for read in receipts.good
        if read.receipt.entry.log == ledger.origin and read.receipt.entry.size <= ledger.records
    ]
    if outside is not None:
        head = outside.signed.head
        why = _unusable(ledger, outside)
        if why:
            yield found(Code.OUTSIDE_FORM, Place(file=outside.name), why=why)
        else:
            yield from _history(ledger, head.size, head.root, outside.name)
            covered.append(head.size)
    newest = max(covered, default=0)
    last = max((facts.last_seq() for facts in ledger.recordings.values()), default=-1)
    for number, facts in sorted(ledger.recordings.items()):
        if facts.last_seq() >= newest:
            yield found(Code.TAIL_OPEN, Place(seq=facts.last_seq()), recording=number)
    if last < newest < ledger.records:
        yield found(Code.TAIL_AFTER, Place(seq=newest), count=ledger.records - newest)


def _unusable(ledger: Ledger, outside: Outside) -> str:
    """Say why the head from outside proves nothing here; empty if it does."""
    signed = outside.signed
    if signed.head.origin != ledger.origin:
        return f"It is of {signed.head.origin}."
    facts = ledger.sizes.get(signed.head.size)
    keys = list(ledger.epoch_keys.values()) if facts is None else [facts.key]
    for key in keys:
        if key is None:
            continue
        try:
            check_head(signed, key)
        except EvidenceError:
            continue
        return ""
    return "None of the keys that this log knows signed it."
