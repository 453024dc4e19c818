"""A sixth agency's rule file, begun: valid from the start, and honest about what is not cited yet.

What was cited stands as a rule with its article and words; all else is a default that says so. What
only some regulations rule stands behind it, as examples to be taken in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from config import load
from config.refusal import refusal
from config.rule_manual import fullest_example, manual
from config.schema import Rules
from config.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNCITED = "尚未对照原文填写；没有规定的，把理由写在这里"
_COMMON_WORDS = (
    "您好，我们是{agency}执法人员{officers}，为保护您的合法权益，监督我们的执法行为，"
    "本次执法全程录音录像。"
)
SECTIONS: Mapping[str, str] = {
    "self_check": "出发前必须检查什么 what to check before going out",
    "crew": "几人到场、几人佩戴 how many officers, how many of them wear a unit",
    "notice.occasion": "何时告知：enforcement 凡执法 / questioning 询问时 when the party is told",
    "notice.wording": "告知用语 the words; {agency} and {officers} are filled in",
    "notice.inside_recording": "告知本身是否必须录下 must the notice be recorded",
    "span": "录制起止 from when to when",
    "continuity": "何时允许中断 when a recording may be interrupted",
    "no_editing": "不得剪辑、删改 no editing",
    "resume": "恢复录像时要说明什么 what is said when recording resumes",
    "hand_in": "最迟何时交回 until when footage is handed in",
    "clearing": "何时腾出空间 when receipted footage is freed",
    "retention.general": "保存多久 how long footage is kept",
    "access.inside": "本单位调阅由谁批准 who approves retrieval by own staff",
    "access.outside": "外单位调阅由谁批准 who approves retrieval by others",
    "pre_record": "预录 what is kept from before the press",
    "live": "实时上传 live upload",
}
_MORE = """\
# 以下各节，原文写到才要：去掉行首的 # 就生效，再照原文改。例子出自别的制度。
# What follows is needed only where the original speaks of it: take the # away, then write its
# words. The examples are other agencies'."""
_AGAIN = {
    "hand_in.exceptions": "# 交回期限的例外，见上 hand_in。 Exceptions from the deadline above.",
    "retention": "# 另外的保存类别，见上 retention。 More classes of retention.",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """An article and its words, as the original has them."""

    article: str
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agency answers; `hours` None: the same day; `years` None: no term, never purged."""

    id: str
    title: str
    agency: str
    articles: int
    hours: int | None = 24
    years: int | None = None
    inside: tuple[str, ...] = ("执法单位负责人",)
    outside: tuple[str, ...] = ("主要领导",)
    occasion: Literal["enforcement", "questioning"] = "enforcement"
    wording: str = _COMMON_WORDS
    citations: Mapping[str, Citation] = field(default_factory=dict)

    @property
    def uncited(self) -> tuple[str, ...]:
        """The sections that still are defaults."""
        return tuple(name for name in SECTIONS if name not in self.citations)


def parse_citation(word: str) -> tuple[str, Citation]:
    """Take `hand_in=第八条=原文` apart; ConfigRefused with the form and the names."""
    section, _, rest = word.partition("=")
    article, _, text = rest.partition("=")
    if section not in SECTIONS or not article or not text:
        raise refusal(
            "--cite",
            Words("写法是 节=条=原文", "is written SECTION=ARTICLE=TEXT"),
            Words(f"节有 {'、'.join(SECTIONS)}", f"Sections: {', '.join(SECTIONS)}"),
            word,
        )
    return section, Citation(article, text)


def draft_text(draft: Draft) -> str:
    """Return the rule file; ConfigRefused with every problem if it would not be valid."""
    above = manual()
    lines = [
        f"# {draft.title}",
        '# 每一节要么写 article 和原文 text，要么写 source = "default" 和理由 reason。',
        "# Each section either cites its article and words, or says why it is a default.",
        "format = 1",
        "",
        above["regulation"],
        "[regulation]",
        f"id = {_quoted(draft.id)}",
        f"title = {_quoted(draft.title)}",
        f"agency = {_quoted(draft.agency)}",
        f"articles = {draft.articles}",
    ]
    for name, values in _values(draft).items():
        section = name.removesuffix(".general")
        header = f"[[{section}]]" if section != name else f"[{section}]"
        lines += ["", above[section], header, *values, *_source(draft, name)]
    lines += ["", _MORE]
    for section in optional_sections():
        lines += ["", _AGAIN.get(section) or above[section]]
        lines += [f"#{line}" for line in fullest_example(section).split("\n")]
    text = "\n".join(lines) + "\n"
    load.load_rules(load.Source(f"{draft.id}.toml", text.encode()))
    return text


def optional_sections() -> tuple[str, ...]:
    """Return the sections that a regulation may do without, in the order of the file."""
    always = {name.partition(".")[0] for name in SECTIONS} | {"format", "regulation"}
    more = [name for name in Rules.__struct_fields__ if name not in always]
    return (*more, "hand_in.exceptions", "retention")


def _values(draft: Draft) -> dict[str, list[str]]:
    """What each section says, in the order of the file."""
    return {
        "self_check": ['checks = ["faults", "battery", "storage", "clock"]'],
        "crew": ["officers = 2", "wearers = 1"],
        "notice.occasion": [f"before = {_quoted(draft.occasion)}"],
        "notice.wording": [f"say = {_quoted(draft.wording)}"],
        "notice.inside_recording": ["required = true"],
        "span": ['begins = "arrival"', 'ends = "activity_end"'],
        "continuity": ['interruption = "objective_causes"'],
        "no_editing": [],
        "resume": ['explain = ["cause", "reason_to_continue"]'],
        "hand_in": list(_hand_in(draft.hours)),
        "clearing": ['when = "when_space_is_needed"'],
        "retention.general": ['id = "general"', 'name = "一般资料"', *_keep(draft.years)],
        "access.inside": _approvers(draft.inside),
        "access.outside": [*_approvers(draft.outside), "copy_only = true"],
        "pre_record": ['mode = "off"'],
        "live": ['mode = "off"'],
    }


def _hand_in(hours: int | None) -> Iterator[str]:
    yield f'within = "{"same_day" if hours is None else "hours_after_end"}"'
    if hours is not None:
        yield f"hours = {hours}"


def _keep(years: int | None) -> Iterator[str]:
    yield f'keep = "{"never_purge" if years is None else "years"}"'
    if years is not None:
        yield f"years = {years}"


def _approvers(names: tuple[str, ...]) -> list[str]:
    return [f"approvers = [{', '.join(map(_quoted, names))}]", "registered = true"]


def _source(draft: Draft, name: str) -> Iterator[str]:
    cited = draft.citations.get(name)
    if cited is None:
        yield 'source = "default"'
        yield f"reason = {_quoted(_UNCITED)}"
    else:
        yield f"article = {_quoted(cited.article)}"
        yield f"text = {_quoted(cited.text)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
