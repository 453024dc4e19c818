"""One visit of the release process: ask custody, and remove what it wrote down as released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import EvidenceError
from recorder.handover.committed import files_of
from recorder.handover.packets import Fault, Released, ReleaseRequest
from recorder.release.log import UnitLog, read_log
from recorder.release.policy import Proven, ReleasePolicy, candidates, check_filed
from recorder.release.remove import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from recorder.evidence.receipt import LogPolicy
    from recorder.handover.packets import FromCustody


@dataclass(frozen=True, slots=True)
class Freed:
    """The files of a segment are gone; `byte_count` came free."""

    segment_seq: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class Stays:
    """A segment or receipt that was looked at, and why nothing was freed for it."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Order:
    """On whose behalf space is freed: which unit, whom it trusts, and what its agency allows."""

    spool: Path
    origin: str
    trust: LogPolicy
    policy: ReleasePolicy


def visit(
    order: Order, now_unix_ms: int, ask: Callable[[ReleaseRequest], FromCustody]
) -> Iterator[Freed | Stays]:
    """Free what may go, oldest first; `ask` gives custody's answer to one request.

    Raises Malformed if the log cannot be read.
    """
    log = read_log(order.spool)
    yield from _finish(order, log)
    may_go = candidates(log, order.policy, now_unix_ms)
    proven = Proven()
    for name, filed in sorted(log.receipts.items()):
        if not may_go or filed.size <= may_go[0].seq:
            continue  # for older footage than all that may go
        try:
            text = (order.spool / name).read_bytes()
            proven.take(name, check_filed(filed, text, log, order.trust, order.origin))
        except (EvidenceError, OSError) as error:
            yield Stays(name, str(error))
    for sealed in may_go:
        receipt = proven.covering(sealed)
        if receipt is None:
            continue
        answer = ask(ReleaseRequest(sealed.seq, receipt))
        names = {each.file for each in files_of(sealed.segment)}
        if isinstance(answer, Released) and set(answer.files) == names:
            yield Freed(sealed.seq, remove(order.spool, answer.files))
        else:
            why = answer.sentence if isinstance(answer, Fault) else f"custody said {answer}"
            yield Stays(sealed.segment.media.file, why)


def _finish(order: Order, log: UnitLog) -> Iterator[Freed]:
    """Remove what a visit before this one was cut off behind: its release is written down."""
    for sealed in log.segments:
        names = [each.file for each in files_of(sealed.segment)]
        if sealed.seq in log.released and any((order.spool / n).exists() for n in names):
            yield Freed(sealed.seq, remove(order.spool, names))
