"""The five answers: one word and one short reason for each axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.moment import utc_text
from recorder.evidence.package import UNIT
from recorder.evidence.verdict import Answer, Axis, Weight, Word, Wording, word_of
from recorder.evidence.verify.closed_words import GAP_SOURCES
from recorder.evidence.verify.instants import Bracket

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from recorder.evidence.trust import Trust
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.instants import Instants
    from recorder.evidence.verify.ledger import Ledger
    from recorder.evidence.verify.reading import Seen
    from recorder.evidence.verify.receipts import Receipts
    from recorder.evidence.verify.signer import Signer

# Nobody may take a bench's recording for one of a scene, however well it is signed.
_TAPES = Wording("；试验台，画面和声音由录制带回放", "; a bench: picture and sound come from tapes")
_UNITS = (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000))


def size_text(size_bytes: int) -> str:
    """Give a length in the largest decimal unit that fits."""
    for unit, factor in _UNITS:
        if size_bytes >= factor:
            return f"{size_bytes / factor:.2f} {unit}"
    return f"{size_bytes} B"


def span_text(span_ms: int) -> str:
    """Give a duration as hh:mm:ss."""
    minutes, seconds = divmod(max(span_ms, 0) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


@dataclass(frozen=True, slots=True)
class Summary:
    """Makes the reasons from what the steps left behind."""

    ledger: Ledger
    seen: Mapping[str, Seen]
    receipts: Receipts
    instants: Instants
    signer: Signer | None
    trust: Trust

    def answers(self, findings: Sequence[Finding]) -> dict[Axis, Answer]:
        """Give the five answers; where a word is not good, its first reason stands there."""
        reasons = {
            Axis.CONTENT: self._content(),
            Axis.COMPLETENESS: self._completeness(),
            Axis.IDENTITY: self._identity(),
            Axis.TIME: self._time(),
            Axis.CUSTODY: self._custody(),
        }
        return {axis: _answer(axis, findings, good) for axis, good in reasons.items()}

    def _content(self) -> Wording:
        segments = len(self.ledger.segments())
        held = sum(
            self.seen[name].size
            for kept in self.ledger.segments()
            for name in (UNIT + kept.body.media.file, UNIT + kept.body.side.file)
            if name in self.seen
        )
        return Wording(
            f"{segments} 段 / {size_text(held)}，与封存时一致",
            f"{segments} segments / {size_text(held)}, as they were sealed",
        )

    def _completeness(self) -> Wording:
        every = self.ledger.recordings.values()
        length = sum(
            kept.body.span.last_ms - kept.body.span.first_ms
            for facts in every
            for kept in facts.segments
        )
        gaps = sum(len(facts.gaps) for facts in every)
        sources = sorted({kept.body.source for facts in every for kept in facts.gaps})
        named_zh = "、".join(GAP_SOURCES[source].zh for source in sources)
        named_en = ", ".join(GAP_SOURCES[source].en for source in sources)
        zh = f"{len(every)} 个录像，共 {span_text(length)}，"
        zh += f"{gaps} 处缺失已由设备说明（{named_zh}）" if gaps else "没有缺失"
        en = f"{len(every)} recordings, {span_text(length)} in all, "
        en += f"{gaps} stated gaps ({named_en})" if gaps else "no gaps"
        return Wording(zh, en)

    def _identity(self) -> Wording:
        agency, _, unit = self.ledger.origin.partition(".shilu/")
        if self.signer is None:
            return Wording(f"设备 {unit}（{agency}）", f"unit {unit} ({agency})")
        since, until = (utc_text(instant)[:10] for instant in self.signer.valid_ms())
        tapes = _TAPES if self.ledger.from_tapes() else Wording("", "")
        return Wording(
            f"设备 {unit}（{agency}，在册，证书 {since} 至 {until}{tapes.zh}）",
            f"unit {unit} ({agency}, known, certificate {since} to {until}{tapes.en})",
        )

    def _bracket(self) -> Bracket:
        brackets = [self.instants.bracket(facts) for facts in self.ledger.recordings.values()]
        before = [b.not_before_ms for b in brackets if b.not_before_ms is not None]
        after = [b.not_after_ms for b in brackets if b.not_after_ms is not None]
        return Bracket(min(before, default=None), max(after, default=None))

    def _time(self) -> Wording:
        bracket = self._bracket()
        if bracket.not_before_ms is None or bracket.not_after_ms is None:
            return Wording("没有录像", "no recordings")
        since, until = utc_text(bracket.not_before_ms), utc_text(bracket.not_after_ms)
        width = span_text(bracket.not_after_ms - bracket.not_before_ms)
        zh = f"录于 {since} 与 {until} 之间（相距 {width}）"
        en = f"recorded between {since} and {until} ({width} apart)"
        starts = [facts.start for facts in self.ledger.recordings.values()]
        if any(start is None or start.at.error_ms < 0 for start in starts):
            return Wording(zh, en)
        return Wording(f"{zh}，设备时钟与此相符", f"{en}; the unit's clock agrees")

    def _custody(self) -> Wording:
        own = [r for r in self.receipts.good if r.receipt.entry.log == self.ledger.origin]
        witnesses = {name for read in own for name, _ in read.receipt.cosigned}
        station = self.trust.policy.station.name
        return Wording(
            f"{len(own)} 份接收回执（{station}），{len(witnesses)} 位见证人",
            f"{len(own)} receipts of {station}, {len(witnesses)} witnesses",
        )


def _answer(axis: Axis, findings: Iterable[Finding], good: Wording) -> Answer:
    own = [finding for finding in findings if finding.axis is axis]
    word = word_of(axis, own)
    weight = {Word.DISPROVED: Weight.DISPROOF, Word.NOT_PROVABLE: Weight.DOUBT}.get(word)
    if weight is None:
        return Answer(word, good)
    reasons = [finding for finding in own if finding.weight is weight]
    more = len(reasons) - 1
    first = reasons[0].wording
    if not more:
        return Answer(word, first)
    return Answer(word, Wording(f"{first.zh}（另有 {more} 处）", f"{first.en} (and {more} more)"))
