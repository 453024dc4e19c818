"""The whole examination: twelve steps in order, none of which stops another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.package import UNIT, is_package
from recorder.evidence.verdict import Verdict, exit_of
from recorder.evidence.verify.bag import Bag, bag_step, litter, read_bag, statement_step
from recorder.evidence.verify.codes import SIGNER_DOUBTS, Code, found
from recorder.evidence.verify.commands import commands_step, numbers_step
from recorder.evidence.verify.files import FilesStep, known_recordings, sealed_of
from recorder.evidence.verify.inside import inside_step
from recorder.evidence.verify.instants import Instants, brackets_step, stamps_step
from recorder.evidence.verify.ledger import Ledger, RecordingFacts
from recorder.evidence.verify.reading import Reader, Seen, Spread, Wanted
from recorder.evidence.verify.receipts import (
    Outside,
    Receipts,
    end_step,
    read_receipts,
    receipts_step,
)
from recorder.evidence.verify.recordings import recordings_step, timeline_of
from recorder.evidence.verify.satellites import Claims, satellites_step
from recorder.evidence.verify.signer import PLACE, Signer, read_signer, signer_step
from recorder.evidence.verify.standings import prefixes, standings_step
from recorder.evidence.verify.summary import Summary
from recorder.evidence.verify.walk import Walk
from recorder.evidence.words import FileKind, parse_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from recorder.evidence.age import Identity
    from recorder.evidence.package import PackageFiles
    from recorder.evidence.record import Record
    from recorder.evidence.trust import Trust
    from recorder.evidence.verdict import Finding


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: whom to believe, which keys to open with, a head from outside."""

    trust: Trust
    identities: tuple[Identity, ...] = ()
    outside: Outside | None = None


@dataclass(frozen=True, slots=True)
class _Log:
    """The log after its pass, with what was read before it."""

    walk: Walk
    receipts: Receipts
    instants: Instants
    claims: Claims
    signer: Signer | None
    signer_trouble: str


def examine(files: PackageFiles, question: Question, spread: Spread) -> Verdict:
    """Give the verdict on a package; raise Malformed if this never was one.

    `spread` works like the built-in `map` and may read several files at once.
    """
    names = sorted(files.names())
    if not is_package(names):
        raise Malformed(
            "This is not an evidence package: it has neither bagit.txt nor data/unit. "
            "Give the folder that holds bagit.txt."
        )
    bag = read_bag(files)
    log = _read_log(files, names, bag, question)
    seen = _read_files(files, names, log.walk.ledger, question, spread)
    findings = tuple(_steps(files, bag, log, seen, question))
    ledger = log.walk.ledger
    summary = Summary(
        ledger=ledger,
        seen=seen,
        receipts=log.receipts,
        instants=log.instants,
        signer=log.signer,
        trust=question.trust,
    )
    return Verdict(
        origin=ledger.origin,
        recordings=tuple(sorted(ledger.recordings)),
        records=ledger.records,
        size_bytes=sum(file.size for file in seen.values()),
        axes=summary.answers(findings),
        findings=findings,
        exit=exit_of(findings, SIGNER_DOUBTS),
        timeline=timeline_of(ledger),
    )


def _read_log(files: PackageFiles, names: Sequence[str], bag: Bag, question: Question) -> _Log:
    recordings = known_recordings(names) if bag.statement is None else bag.statement.recordings
    ledger = Ledger(recordings={number: RecordingFacts(number) for number in recordings})
    receipts = read_receipts(files, _of_kind(names, FileKind.RECEIPT), question.trust.policy)
    instants = Instants(question.trust.policy, (read.receipt for read in receipts.good))
    signer, trouble = None, ""
    try:
        signer = read_signer(files)
    except Malformed as error:
        trouble = str(error)
    sizes = [read.receipt.entry.size for read in receipts.good]
    if question.outside is not None:
        sizes.append(question.outside.signed.head.size)
    claims = Claims()

    def witness(record: Record) -> None:
        instants.see(record)
        claims.see(record)

    walk = Walk(files, ledger, sizes, None if signer is None else signer.key, witness)
    logs, heads = (
        [parse_file(name.removeprefix(UNIT)).run for name in _of_kind(names, kind)]
        for kind in (FileKind.LOG, FileKind.HEADS)
    )
    walk.runs(logs, heads)
    instants.finish()
    if not ledger.origin and signer is not None:
        ledger.origin = signer.origin()  # no record is left to say it; receipts still do
    return _Log(walk, receipts, instants, claims, signer, trouble)


def _of_kind(names: Iterable[str], kind: FileKind) -> Iterator[str]:
    for name in names:
        if not name.startswith(UNIT):
            continue
        try:
            here = parse_file(name.removeprefix(UNIT)).kind
        except Malformed:
            continue
        if here is kind:
            yield name


def _read_files(
    files: PackageFiles,
    names: Sequence[str],
    ledger: Ledger,
    question: Question,
    spread: Spread,
) -> Mapping[str, Seen]:
    sealed, lengths = sealed_of(ledger), prefixes(ledger)
    wanted = [Wanted(name, sealed.get(name), lengths.get(name)) for name in names]
    reader = Reader(files, question.identities)
    return {seen.name: seen for seen in spread(reader.read, wanted)}


def _steps(
    files: PackageFiles, bag: Bag, log: _Log, seen: Mapping[str, Seen], question: Question
) -> Iterator[Finding]:
    ledger, found_in = log.walk.ledger, log.walk.findings
    yield from bag_step(bag, seen)  # 1
    yield from statement_step(bag, ledger)
    yield from found_in[2]  # records
    yield from numbers_step(ledger)
    yield from found_in[3]  # heads
    yield from found_in[4]  # epochs
    if log.signer is None:  # 5
        yield found(Code.CERTIFICATE_FORM, PLACE, why=log.signer_trouble)
    else:
        yield from signer_step(log.signer, question.trust, ledger, log.instants)
    yield from found_in[6]  # runs
    yield from recordings_step(ledger)  # 7
    strays = litter(bag, seen)
    yield from FilesStep(files, ledger, seen, log.receipts, strays).findings()  # 8
    yield from standings_step(ledger, seen)
    yield from inside_step(ledger, seen, with_key=bool(question.identities))  # 9
    yield from commands_step(ledger, seen, question.trust)
    yield from receipts_step(ledger, log.receipts, frozenset(seen))  # 10
    yield from log.instants.findings  # 11
    yield from brackets_step(ledger, log.instants)
    yield from satellites_step(ledger, log.claims, seen)
    yield from stamps_step(seen)
    yield from end_step(ledger, log.receipts, question.outside)  # 12
