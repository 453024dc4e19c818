"""Step 7: each recording has its start, every segment and its stop; holes are stated gaps."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from recorder.evidence.record import Ending
from recorder.evidence.verdict import (
    MarkedInstant,
    NoticeHeard,
    Place,
    StatedGap,
    Timeline,
)
from recorder.evidence.verify.closed_words import GAP_SOURCES, INTERRUPTIONS
from recorder.evidence.verify.codes import Code, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.evidence.record import Segment, Start
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Kept, Ledger, RecordingFacts

# Camera and encoder may shift a picture by some periods; a lost file takes seconds.
LEAST_HOLE_MS = 500


def recordings_step(ledger: Ledger) -> Iterator[Finding]:
    """Check every recording of the package, and say which others the log knows."""
    for seq, number, due in ledger.misnumbered:
        yield found(Code.RECORDING_NUMBER, Place(seq=seq), found=number, stated=due)
    for _, facts in sorted(ledger.recordings.items()):
        if facts.start is None:
            yield found(Code.RECORDING_MISSING, recording=facts.number)
            continue
        yield from _numbers(facts)
        yield from _holes(facts, facts.start.body.picture.rate_hz)
        yield from _remarks(facts, facts.start)
        yield from _repeats(facts, ledger)
    held = sum(1 for facts in ledger.recordings.values() if facts.start is not None)
    if ledger.starts > held:
        yield found(Code.OTHER_RECORDINGS, count=ledger.starts - held)


def _numbers(facts: RecordingFacts) -> Iterator[Finding]:
    due = 1
    for kept in facts.segments:
        if kept.body.segment != due:
            yield found(
                Code.SEGMENT_NUMBER,
                Place(seq=kept.seq),
                recording=facts.number,
                stated=due,
                found=kept.body.segment,
            )
        due = kept.body.segment + 1
    for kept in _behind_the_end(facts):
        yield found(Code.SEGMENT_AFTER, Place(seq=kept.seq), recording=facts.number)
    if facts.stop is None:
        yield found(Code.RECORDING_OPEN, recording=facts.number)
        return
    for again in facts.stopped_again:
        yield found(Code.STOP_TWICE, Place(seq=again.seq), recording=facts.number)
    stated, counted = facts.stop.body.segments, len(facts.segments)
    if stated != counted:
        yield found(
            Code.STOP_COUNT,
            Place(seq=facts.stop.seq),
            recording=facts.number,
            stated=stated,
            found=counted,
        )


def _behind_the_end(facts: RecordingFacts) -> Iterator[Kept[Segment]]:
    stopped = False
    for kept in facts.segments:
        if stopped:
            yield kept
        stopped = stopped or kept.body.ending is Ending.STOP
    yield from facts.behind_stop


def _holes(facts: RecordingFacts, rate_hz: int) -> Iterator[Finding]:
    period_ms = 1000 // rate_hz
    with_pictures = [kept for kept in facts.segments if kept.body.span.frames]
    for before, after in pairwise(with_pictures):
        if before.body.ending is not Ending.TURN:
            continue  # the interruption itself is stated
        since, until = before.body.span.last_ms, after.body.span.first_ms
        lacking = _unstated_ms(facts, since, until)
        if lacking > LEAST_HOLE_MS + 2 * period_ms:
            yield found(
                Code.PICTURE_HOLE,
                Place(seq=after.seq, second_ms=since - facts.first_ms()),
                recording=facts.number,
                length=_seconds(lacking),
            )


def _unstated_ms(facts: RecordingFacts, since_ms: int, until_ms: int) -> int:
    """Give how much of the span no gap record covers."""
    lacking, reached = 0, since_ms
    for gap in sorted(facts.gaps, key=lambda kept: kept.body.from_ms):
        if gap.body.to_ms <= reached or gap.body.from_ms >= until_ms:
            continue
        lacking += max(gap.body.from_ms - reached, 0)
        reached = gap.body.to_ms
    return lacking + max(until_ms - reached, 0)


def _seconds(span_ms: int) -> str:
    return f"{span_ms / 1000:.1f}"


def _remarks(facts: RecordingFacts, start: Kept[Start]) -> Iterator[Finding]:
    if start.body.continues:
        yield found(
            Code.RESUMED,
            Place(seq=start.seq),
            recording=facts.number,
            other=start.body.continues,
        )
    for segment in facts.segments:
        if segment.body.ending is Ending.INTERRUPTED:
            yield found(
                Code.INTERRUPTED,
                Place(seq=segment.seq, file=segment.body.media.file),
                recording=facts.number,
                segment=segment.body.segment,
                cause=INTERRUPTIONS[segment.body.cause],
            )
    for gap in facts.gaps:
        yield found(
            Code.GAP,
            Place(seq=gap.seq, second_ms=gap.body.from_ms - facts.first_ms()),
            recording=facts.number,
            length=_seconds(gap.body.to_ms - gap.body.from_ms),
            source=GAP_SOURCES[gap.body.source],
            cause=gap.body.cause,
        )
    if facts.notices and not any(notice.body.heard for notice in facts.notices):
        yield found(Code.NOTICE_UNHEARD, Place(seq=facts.notices[0].seq), recording=facts.number)


def _repeats(facts: RecordingFacts, ledger: Ledger) -> Iterator[Finding]:
    for kept in facts.segments:
        media = kept.body.media
        shown = kept.body.span.frames or kept.body.span.samples
        other = ledger.shown[media.clear.sha256] if shown else media.file
        if other != media.file:
            yield found(Code.SEGMENT_TWICE, Place(seq=kept.seq, file=media.file), other=other)


def timeline_of(ledger: Ledger) -> Timeline:
    """Give notices, stated gaps and marks of the package's recordings, in order."""
    every = [facts for _, facts in sorted(ledger.recordings.items())]
    return Timeline(
        notice=tuple(
            NoticeHeard(facts.number, kept.seq, kept.body.heard, kept.body.score_permille)
            for facts in every
            for kept in facts.notices
        ),
        gaps=tuple(
            StatedGap(
                recording=facts.number,
                seq=kept.seq,
                source=str(kept.body.source),
                cause=kept.body.cause,
                second_ms=kept.body.from_ms - facts.first_ms(),
                duration_ms=kept.body.to_ms - kept.body.from_ms,
            )
            for facts in every
            for kept in facts.gaps
        ),
        marks=tuple(
            MarkedInstant(
                facts.number,
                kept.seq,
                kept.body.media_ms - facts.first_ms(),
                kept.body.kind or "",
            )
            for facts in every
            for kept in facts.marks
        ),
    )
