"""Step 11, with a key: what satellites said in the sidecars agrees with the unit's own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms, utc_text
from recorder.evidence.package import UNIT
from recorder.evidence.record import RunBegins, UnitKind
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recorder.evidence.record import Record, Segment
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.fix_clock import FixClock
    from recorder.evidence.verify.ledger import Kept, Ledger, RecordingFacts
    from recorder.evidence.verify.reading import Seen

# A receiver that has just woken may lack leap seconds, and a sentence takes a while on its line.
SATELLITES_SLACK_MS = 30_000


class Claims:
    """What a unit claimed in each run: how far UTC lies before CLOCK_BOOTTIME, and how surely."""

    def __init__(self) -> None:
        # A bench unit replays satellites of another day.
        self._benches: set[int] = set()
        # run → offset in whole seconds → (offset, error), the widest error of each
        self._offsets: dict[int, dict[int, tuple[int, int]]] = {}

    def see(self, record: Record) -> None:
        """Take the next committed record."""
        if isinstance(record.body, RunBegins) and record.body.unit_kind is UnitKind.BENCH:
            self._benches.add(record.run)
        at = record.at
        if at.utc and at.error_ms >= 0:
            offset = utc_ms(at.utc) - at.boottime_ms
            run = self._offsets.setdefault(record.run, {})
            _, widest = run.get(offset // 1000, (offset, 0))
            run[offset // 1000] = (offset, max(widest, at.error_ms))

    def nearest(self, clock: FixClock, runs: range) -> int | None:
        """Give what the unit's clock claimed then, as near to the satellites as it did in `runs`.

        None if it claimed nothing, or agrees within what it stated and the slack.
        """
        offset = clock.unix_ms - clock.boottime_ms
        claims = [
            claim
            for run in runs
            if run not in self._benches
            for claim in self._offsets.get(run, {}).values()
        ]
        if any(abs(one - offset) <= error + SATELLITES_SLACK_MS for one, error in claims):
            return None
        nearest = min((one for one, _ in claims), key=lambda one: abs(one - offset), default=None)
        return None if nearest is None else nearest + clock.boottime_ms


def satellites_step(ledger: Ledger, claims: Claims, seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """Say where satellites and the unit's clock contradict each other, once for each segment."""
    for _, facts in sorted(ledger.recordings.items()):
        for kept in facts.segments:
            file = seen.get(UNIT + kept.body.side.file)
            if file is not None and file.opened is not None:
                yield from _segment(facts, kept, claims, file.opened.fixes)


def _segment(
    facts: RecordingFacts, kept: Kept[Segment], claims: Claims, fixes: tuple[FixClock, ...]
) -> Iterator[Finding]:
    # What power cut off is sealed in a later run than the one it was recorded in.
    first = kept.run if facts.start is None else facts.start.run
    for clock in fixes:
        claimed = claims.nearest(clock, range(first, kept.run + 1))
        if claimed is not None:
            yield found(
                Code.SATELLITES_DISAGREE,
                Place(
                    seq=kept.seq,
                    file=UNIT + kept.body.side.file,
                    second_ms=clock.boottime_ms - facts.first_ms(),
                ),
                recording=facts.number,
                satellites=utc_text(clock.unix_ms),
                claimed=_instant(claimed),
            )
            return


def _instant(unix_ms: int) -> str:
    """Give an instant that may be of a lie: outside the calendar, it is said in milliseconds."""
    try:
        return utc_text(unix_ms)
    except Malformed:
        return f"1970 + {unix_ms} ms"
