"""What a verdict is: five axes, findings that never hide each other, one exit code.

It refuses to know how a finding was made, and it never says that something is genuine: only
whether it was changed, who signed it, between which instants it existed and who holds a copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recorder.evidence.canonical import Value


class Axis(StrEnum):
    """The five questions, in the order in which they are answered."""

    CONTENT = "content"
    COMPLETENESS = "completeness"
    IDENTITY = "identity"
    TIME = "time"
    CUSTODY = "custody"


class Weight(StrEnum):
    """What a finding does to its axis."""

    DISPROOF = "disproof"
    DOUBT = "doubt"
    NOTE = "note"


class Word(StrEnum):
    """The answer on one axis."""

    PROVEN = "proven"
    DISPROVED = "disproved"
    NOT_PROVABLE = "not provable"


class Language(StrEnum):
    """The languages of a verdict; Chinese is the first."""

    ZH = "zh"
    EN = "en"


class Exit(IntEnum):
    """What `shilu verify` tells the shell."""

    PROVEN = 0
    COULD_NOT_RUN = 1
    CHANGED = 2
    SIGNER = 3
    NOT_PROVABLE = 4


@dataclass(frozen=True, slots=True)
class Wording:
    """One sentence in both languages."""

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """Give the sentence in `language`."""
        return self.zh if language is Language.ZH else self.en


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is; what is not known is None.

    `from_byte` is the first byte concerned, `to_byte` the first behind. `second_ms` counts
    milliseconds from the first picture of the recording.
    """

    seq: int | None = None
    file: str | None = None
    from_byte: int | None = None
    to_byte: int | None = None
    second_ms: int | None = None


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation or remark: stable code, axis, weight, a sentence, and where it is."""

    code: str
    axis: Axis
    weight: Weight
    wording: Wording
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Answer:
    """The word on one axis and its short reason."""

    word: Word
    because: Wording


@dataclass(frozen=True, slots=True)
class NoticeHeard:
    """Whether the spoken notice was found in the microphone's sound."""

    recording: int
    seq: int
    heard: bool
    score_permille: int


@dataclass(frozen=True, slots=True)
class StatedGap:
    """Material that the unit itself states as missing; times in ms from the first picture."""

    recording: int
    seq: int
    source: str
    cause: str
    second_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class MarkedInstant:
    """An instant that the officer marked, in ms from the recording's first picture."""

    recording: int
    seq: int
    second_ms: int
    kind: str = ""  # `photo`, if one was asked for


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a reader wants to see at once besides the five answers."""

    notice: tuple[NoticeHeard, ...] = ()
    gaps: tuple[StatedGap, ...] = ()
    marks: tuple[MarkedInstant, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Five answers with reasons, every finding, and the exit code that follows from them."""

    origin: str
    recordings: tuple[int, ...]
    records: int
    size_bytes: int
    axes: dict[Axis, Answer]
    findings: tuple[Finding, ...]
    exit: Exit
    timeline: Timeline = field(default_factory=Timeline)


def word_of(axis: Axis, findings: Iterable[Finding]) -> Word:
    """Give the answer on `axis`: the heaviest finding decides, notes change nothing."""
    weights = {finding.weight for finding in findings if finding.axis is axis}
    if Weight.DISPROOF in weights:
        return Word.DISPROVED
    if Weight.DOUBT in weights:
        return Word.NOT_PROVABLE
    return Word.PROVEN


def exit_of(findings: Iterable[Finding], signer_doubts: frozenset[str]) -> Exit:
    """Give the exit code of §11; `signer_doubts` are the codes that mean an unknown signer."""
    findings = tuple(findings)
    words = {axis: word_of(axis, findings) for axis in Axis}
    if Word.DISPROVED in (words[Axis.CONTENT], words[Axis.COMPLETENESS]):
        return Exit.CHANGED
    if words[Axis.IDENTITY] is Word.DISPROVED:
        return Exit.SIGNER
    if any(finding.code in signer_doubts for finding in findings):
        return Exit.SIGNER
    if any(word is not Word.PROVEN for word in words.values()):
        return Exit.NOT_PROVABLE
    return Exit.PROVEN


def _finding_value(finding: Finding, language: Language) -> dict[str, Value]:
    value: dict[str, Value] = {
        "code": finding.code,
        "axis": finding.axis.value,
        "weight": finding.weight.value,
        "sentence": finding.wording.text(language),
    }
    place = finding.place
    known = (
        ("seq", place.seq),
        ("file", place.file),
        ("from_byte", place.from_byte),
        ("to_byte", place.to_byte),
        ("second_ms", place.second_ms),
    )
    return value | {key: part for key, part in known if part is not None}


def _timeline_value(timeline: Timeline) -> dict[str, Value]:
    return {
        "notice": [
            {
                "recording": notice.recording,
                "seq": notice.seq,
                "heard": notice.heard,
                "score_permille": notice.score_permille,
            }
            for notice in timeline.notice
        ],
        "gaps": [
            {
                "recording": gap.recording,
                "seq": gap.seq,
                "source": gap.source,
                "cause": gap.cause,
                "second_ms": gap.second_ms,
                "duration_ms": gap.duration_ms,
            }
            for gap in timeline.gaps
        ],
        "marks": [
            {"recording": mark.recording, "seq": mark.seq, "second_ms": mark.second_ms}
            | ({"kind": mark.kind} if mark.kind else {})
            for mark in timeline.marks
        ],
    }


def verdict_value(verdict: Verdict, language: Language) -> dict[str, Value]:
    """Give the object that `--json` prints (schema in `docs/verify.md`)."""
    return {
        "v": 1,
        "exit": int(verdict.exit),
        "origin": verdict.origin,
        "recordings": list(verdict.recordings),
        "records": verdict.records,
        "bytes": verdict.size_bytes,
        "axes": {
            axis.value: {"word": answer.word.value, "because": answer.because.text(language)}
            for axis, answer in verdict.axes.items()
        },
        "findings": [_finding_value(finding, language) for finding in verdict.findings],
        **_timeline_value(verdict.timeline),
    }
