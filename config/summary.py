"""What sets one regulation apart from another, in a few lines that a person can compare.

Each line names the article it comes from, or says that it is a default. It decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.deadline import Due, due_at
from config.notice import notice_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from config.regulation import Retention, Rule
    from config.schema import Rules

_OCCASIONS = {"enforcement": "执法前告知", "questioning": "询问当事人前告知"}
_KEEPS = {
    "case_file": "随案卷",
    "long_term": "长期",
    "permanent": "永久",
    "never_purge": "永不清除",
}
_DEFAULT = "默认"


@dataclass(frozen=True, slots=True)
class Line:
    """One difference: its name in both languages, what holds, and by which article."""

    name: str
    name_en: str
    words: str
    article: str

    @property
    def text(self) -> str:
        """`交回 hand in：结束后 24 小时内（第十五条）`."""
        return f"{self.name} {self.name_en}：{self.words}（{self.article}）"


def summary(
    rules: Rules, agency: str, officers: Sequence[str], end: dt.datetime | None = None
) -> tuple[Line, ...]:
    """Return how this regulation tells, collects, approves and keeps.

    With `end` (it has a time zone), also until when footage that ends then is handed in.
    """
    notice, access, said = rules.notice, rules.access, notice_text(rules, agency, officers)
    kept = "；".join(f"{one.name} {_term(one)}" for one in rules.retention)
    return (
        Line("告知", "notice", _OCCASIONS[notice.occasion.before], _source(notice.occasion)),
        Line("用语", "wording", f"“{said}”", _source(notice.wording)),
        Line("交回", "hand in", _hand_in(rules, end), _source(rules.hand_in)),
        Line("内部调阅", "inside", " → ".join(access.inside.approvers), _source(access.inside)),
        Line("外单位调阅", "outside", _outside(rules), _source(access.outside)),
        Line("保存", "kept", kept, _sources(rules.retention)),
    )


def _source(rule: Rule) -> str:
    return rule.article or _DEFAULT


def _sources(rules: Sequence[Rule]) -> str:
    """Name each article once, without its items, in the order of first mention."""
    return "、".join(dict.fromkeys(_source(rule).partition("第（")[0] for rule in rules))


def _hand_in(rules: Rules, end: dt.datetime | None) -> str:
    within = (
        "当天" if rules.hand_in.within == "same_day" else f"结束后 {rules.hand_in.hours} 小时内"
    )
    due = due_at(rules, end, None, "") if end is not None else None
    at = f"，现在结束即为 {due.at:%m-%d %H:%M} 前" if isinstance(due, Due) else ""
    away = rules.hand_in.exceptions
    later = f"；{len(away)} 种例外返回后 {away[0].hours_after_return} 小时" if away else ""
    return f"{within}{at}{later}"


def _outside(rules: Rules) -> str:
    outside = rules.access.outside
    also = "，只给复制件" if outside.copy_only else ""
    also += "，留存函件" if outside.letter_kept else ""
    return " → ".join(outside.approvers) + also


def _term(rule: Retention) -> str:
    return f"{rule.years} 年" if rule.keep == "years" else _KEEPS[rule.keep]
