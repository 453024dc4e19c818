"""Step 11: each record lies between the newest anchor before it and a receipt that covers it.

A witness's time is good to the second, so a bracket is widened by two. A claim is only disproved
if it lies outside by more than the error that it states; a claim of unknown error claims nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import EvidenceError
from recorder.evidence.moment import utc_ms, utc_text
from recorder.evidence.package import STAMPS
from recorder.evidence.receipt import check_station_head
from recorder.evidence.record import Anchor, ClockStep, RunBegins, Start
from recorder.evidence.verdict import Place
from recorder.evidence.verify.closed_words import CLOCKS
from recorder.evidence.verify.codes import Code, found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recorder.evidence.receipt import LogPolicy, Receipt
    from recorder.evidence.record import Record
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Ledger, RecordingFacts

SLACK_MS = 2000
# A step is stated by a record of its own, which may come a little behind it.
STEP_STATED_WITHIN_MS = 10_000
STEP_SLACK_MS = 500


@dataclass(frozen=True, slots=True)
class Bracket:
    """Between which instants (ms since 1970, UTC) something was recorded; None unknown."""

    not_before_ms: int | None
    not_after_ms: int | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """The two clocks at one record; `utc` is None where it claims nothing."""

    boottime_ms: int
    utc: int | None
    error_ms: int


@dataclass(frozen=True, slots=True)
class Jump:
    """A step of UTC that no record has stated yet."""

    seq: int
    boottime_ms: int
    delta_ms: int


class Instants:
    """Sees each record once, and knows afterwards between which instants it was written."""

    def __init__(self, policy: LogPolicy, receipts: Iterable[Receipt]) -> None:
        """`receipts` are those whose signatures hold; of which unit they are is seen here."""
        self.findings: list[Finding] = []
        self._policy = policy
        self._receipts = tuple(receipts)
        self._sizes: list[int] = []
        self._oldest_ms: list[int] = []
        self._begun = False
        self._not_before_ms: int | None = None
        self._starts: dict[int, int | None] = {}
        self._boot_id = ""
        self._last: Pulse | None = None
        self._last_of_run: Pulse | None = None
        self._run = 0
        self._jump: Jump | None = None
        self._accused = False

    def see(self, record: Record) -> None:
        """Take the next committed record."""
        if not self._begun:
            self._begin(record.origin)
        if isinstance(record.body, Anchor):
            self._anchor(record.seq, record.body)
        if isinstance(record.body, Start):
            self._starts[record.body.recording] = self._not_before_ms
        self._clocks(record)
        self._claim(record)

    def finish(self) -> None:
        """Tell that the log has ended."""
        self._blame_jump()

    def bracket(self, facts: RecordingFacts) -> Bracket:
        """Give the bracket around a whole recording."""
        return Bracket(self._starts.get(facts.number), self.not_after_ms(facts.last_seq()))

    def not_after_ms(self, seq: int) -> int | None:
        """Give the time of the oldest receipt that covers record `seq`, or None."""
        index = bisect_right(self._sizes, seq)
        return self._oldest_ms[index] if index < len(self._sizes) else None

    def _begin(self, origin: str) -> None:
        self._begun = True
        own = sorted(
            (receipt.entry.size, _latest_ms(receipt.cosigned))
            for receipt in self._receipts
            if receipt.entry.log == origin
        )
        self._sizes = [size for size, _ in own]
        oldest: list[int] = []
        for _, instant in reversed(own):
            oldest.append(min(instant, oldest[-1]) if oldest else instant)
        self._oldest_ms = oldest[::-1]

    def _anchor(self, seq: int, anchor: Anchor) -> None:
        try:
            _, cosigned = check_station_head(anchor.checkpoint.encode(), self._policy)
        except EvidenceError as error:
            self.findings.append(found(Code.ANCHOR_NOT_COUNTED, Place(seq=seq), why=error))
            return
        instant = min(unix_s for _, unix_s in cosigned) * 1000
        self._not_before_ms = max(instant, self._not_before_ms or instant)
        oldest = self.not_after_ms(seq)
        if oldest is not None and instant > oldest + SLACK_MS:
            self.findings.append(found(Code.BRACKET_CROSSED, Place(seq=seq)))

    def _claim(self, record: Record) -> None:
        at = record.at
        if not at.utc or at.error_ms < 0:
            return
        claimed, slack = utc_ms(at.utc), at.error_ms + SLACK_MS
        oldest = self.not_after_ms(record.seq)
        early = self._not_before_ms is not None and claimed + slack < self._not_before_ms
        late = oldest is not None and claimed - slack > oldest
        if not (early or late):
            self._accused = False
            return
        if not self._accused:
            code, instant = (
                (Code.TIME_TOO_EARLY, self._not_before_ms)
                if early
                else (Code.TIME_TOO_LATE, oldest)
            )
            self.findings.append(
                found(code, Place(seq=record.seq), stated=at.utc, instant=utc_text(instant or 0))
            )
        self._accused = True

    def _clocks(self, record: Record) -> None:
        at = record.at
        now = Pulse(at.boottime_ms, utc_ms(at.utc) if at.utc else None, at.error_ms)
        if record.run != self._run:
            self._blame_jump()
            self._run, self._last_of_run, self._last = record.run, self._last, None
        if isinstance(record.body, RunBegins):
            if record.body.kernel_boot_id == self._boot_id and self._last_of_run is not None:
                self._ordered(record.seq, self._last_of_run, now)
            self._boot_id = record.body.kernel_boot_id
        if self._last is not None:
            self._ordered(record.seq, self._last, now)
            self._steps(record, self._last, now)
        self._last = now

    def _ordered(self, seq: int, before: Pulse, now: Pulse) -> None:
        if now.boottime_ms < before.boottime_ms:
            self.findings.append(found(Code.BOOTTIME_BACK, Place(seq=seq)))

    def _steps(self, record: Record, before: Pulse, now: Pulse) -> None:
        if isinstance(record.body, ClockStep):
            self._jump = None
            self.findings.append(
                found(
                    Code.CLOCK_STEP,
                    Place(seq=record.seq),
                    delta=record.body.delta_ms,
                    source=CLOCKS[record.body.source],
                )
            )
            return
        late = self._jump is not None and (
            now.boottime_ms > self._jump.boottime_ms + STEP_STATED_WITHIN_MS
        )
        if late:
            self._blame_jump()
        if before.utc is None or now.utc is None or min(before.error_ms, now.error_ms) < 0:
            return
        delta = (now.utc - before.utc) - (now.boottime_ms - before.boottime_ms)
        if abs(delta) > before.error_ms + now.error_ms + STEP_SLACK_MS and self._jump is None:
            self._jump = Jump(record.seq, now.boottime_ms, delta)

    def _blame_jump(self) -> None:
        if self._jump is not None:
            self.findings.append(
                found(
                    Code.CLOCK_STEP_UNSTATED,
                    Place(seq=self._jump.seq),
                    delta=self._jump.delta_ms,
                )
            )
            self._jump = None


def _latest_ms(cosigned: Iterable[tuple[str, int]]) -> int:
    # The latest, not the earliest: one hasty witness must not accuse an honest unit.
    return max(unix_s for _, unix_s in cosigned) * 1000


def brackets_step(ledger: Ledger, instants: Instants) -> Iterator[Finding]:
    """Say for which recordings a bracket is lacking, or the unit's clock claimed nothing."""
    for number, facts in sorted(ledger.recordings.items()):
        if facts.start is None:
            continue
        bracket = instants.bracket(facts)
        if bracket.not_before_ms is None:
            yield found(Code.NO_ANCHOR, recording=number)
        if bracket.not_after_ms is None:
            yield found(Code.NO_RECEIPT_TIME, recording=number)
        if not facts.start.at.utc or facts.start.at.error_ms < 0:
            yield found(Code.CLOCK_UNSURE, Place(seq=facts.start.seq), recording=number)


def stamps_step(names: Iterable[str]) -> Iterator[Finding]:
    """Say that the package has time-stamps; no answer rests on them."""
    count = sum(name.startswith(STAMPS) and name.endswith(".tsr") for name in names)
    if count:
        yield found(Code.TIME_STAMPS, count=count)
