"""A verdict as text: five lines, a sentence for each finding, and what it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.verdict import Axis, Language, Weight, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.evidence.verdict import Verdict

AXES = {
    Language.ZH: {
        Axis.CONTENT: "内容",
        Axis.COMPLETENESS: "连续",
        Axis.IDENTITY: "来源",
        Axis.TIME: "时间",
        Axis.CUSTODY: "经手",
    },
    Language.EN: {
        Axis.CONTENT: "Content",
        Axis.COMPLETENESS: "Completeness",
        Axis.IDENTITY: "Identity",
        Axis.TIME: "Time",
        Axis.CUSTODY: "Custody",
    },
}
WORDS = {
    Language.ZH: {
        Word.PROVEN: "通过",
        Word.DISPROVED: "不通过",
        Word.NOT_PROVABLE: "无法判断",
    },
    Language.EN: {
        Word.PROVEN: "passed",
        Word.DISPROVED: "failed",
        Word.NOT_PROVABLE: "not provable",
    },
}
WEIGHTS = {
    Language.ZH: {Weight.DISPROOF: "不符", Weight.DOUBT: "存疑", Weight.NOTE: "说明"},
    Language.EN: {Weight.DISPROOF: "differs", Weight.DOUBT: "doubt", Weight.NOTE: "note"},
}
CLOSING = {
    Language.ZH: "本结果只说明文件是否被改动及其来源，不判断执法行为是否合法，也不代替鉴定意见。",
    Language.EN: "This result only says whether files were changed and where they come from. It "
    "does not judge whether the law was kept, and it replaces no expert opinion.",
}
HEAVIEST_FIRST = (Weight.DISPROOF, Weight.DOUBT, Weight.NOTE)


def page_of(verdict: Verdict, language: Language) -> str:
    """Give the verdict as lines of text, the heaviest findings first."""
    return "".join(f"{_plain(line)}\n" for line in _lines(verdict, language))


def _plain(line: str) -> str:
    """Spell out what a terminal would obey: a package's words are not to be trusted."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in line
    )


def _lines(verdict: Verdict, language: Language) -> Iterator[str]:
    wide = 4 if language is Language.ZH else 12
    for axis in Axis:
        answer = verdict.axes[axis]
        name = AXES[language][axis]
        # A Chinese character takes two columns of a terminal.
        gap = " " * (wide - len(name) * (2 if language is Language.ZH else 1))
        word = WORDS[language][answer.word]
        pad = " " * (8 - len(word) * 2 if language is Language.ZH else 12 - len(word))
        yield f"{name}{gap}  {word}{pad}  {answer.because.text(language)}"
    for weight in HEAVIEST_FIRST:
        for finding in verdict.findings:
            if finding.weight is weight:
                yield f"- [{WEIGHTS[language][weight]}] {finding.wording.text(language)}"
    yield CLOSING[language]
