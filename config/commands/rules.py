"""The shipped regulations: list them, compare what they say, or begin a sixth agency's file."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.refusal import refusal, write_new
from config.rule_draft import SECTIONS, Draft, draft_text, parse_citation
from config.summary import summary
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_SAME_DAY, _NEVER = "same-day", "never"


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, what an answer must be, and one that would do."""

    option: str
    asked: Words
    pattern: str
    must: Words
    example: Words
    counted: bool = False

    def sound(self, said: str) -> bool:
        """Say whether an answer will do."""
        return re.fullmatch(self.pattern, said) is not None


_TEXT = (r"\S.*", Words("不能空着", "must not be empty"))
_ID = _Question(
    "--id", Words("代号", "identifier"), r"[a-z][a-z0-9_-]{1,39}",
    Words("须为小写字母、数字、短横线，字母开头", "must be small letters, digits, hyphens"),
    Words("如 nanshan-shuiwu", "nanshan-shuiwu, for example"),
)  # fmt: skip
_TITLE = _Question(
    "--title", Words("制度全称", "title"), *_TEXT, Words("照原文标题写", "Copy the original's")
)
_AGENCY = _Question(
    "--agency", Words("单位全称（告知时念出来）", "agency, as spoken in the notice"), *_TEXT,
    Words("如 南山县水务局", "南山县水务局, for example"),
)  # fmt: skip
_ARTICLES = _Question(
    "--articles", Words("原文共几条", "how many articles"), r"[0-9]{1,4}",
    Words("须为整数", "must be a whole number"),
    Words("写数字，如 18", "Write a number, 18 for example"), counted=True,
)  # fmt: skip
_HAND_IN = _Question(
    "--hand-in", Words("结束后几小时内交回，或 same-day", "hours until handed in"),
    rf"[0-9]{{1,4}}|{_SAME_DAY}",
    Words("须为整数，或 same-day", "must be a whole number, or same-day"),
    Words("写数字，如 24", "Write a number, 24 for example"), counted=True,
)  # fmt: skip
_KEEP = _Question(
    "--keep", Words("保存几年，或 never（永不清除）", "keep: years or never purge"),
    rf"[0-9]{{1,4}}|{_NEVER}",
    Words("须为整数，或 never", "must be a whole number, or never"),
    Words("写数字，如 2", "Write a number, 2 for example"), counted=True,
)  # fmt: skip
_INSIDE = _Question(
    "--inside", Words("本单位调阅由谁批准，几人依次用顿号隔开", "who approves inside"),
    *_TEXT, Words("如 法制办公室、主管领导", "法制办公室、主管领导, for example"),
)  # fmt: skip
_OUTSIDE = _Question(
    "--outside", Words("外单位调阅由谁批准，几人依次用顿号隔开", "and for other bodies"),
    *_TEXT, Words("如 局领导", "局领导, for example"),
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """0 if done; 2 if an answer is missing or wrong."""
    parser = saying.parser("rules", __doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("list", help="the shipped ones, a line each")
    compare = steps.add_parser("compare", help="what sets them apart")
    compare.add_argument("rules", nargs="*", help="names or files; all shipped ones if none")
    new = steps.add_parser("new", help="begin a rule file; asks for what no option says")
    new.add_argument("--to", type=Path, required=True, help="the file to write")
    new.add_argument("--id", help="like nanshan-shuiwu")
    new.add_argument("--title", help="of the regulation")
    new.add_argument("--agency", help="its full name, as spoken in the notice")
    new.add_argument("--articles", help="how many the original has")
    new.add_argument("--hand-in", metavar="HOURS", help=f"hours after the end, or {_SAME_DAY}")
    new.add_argument("--keep", metavar="YEARS", help=f"years, or {_NEVER} purge")
    new.add_argument("--inside", action="append", help="who approves; again for the next one")
    new.add_argument("--outside", action="append", help="the same, for other bodies")
    new.add_argument("--occasion", choices=("enforcement", "questioning"), default="enforcement")
    new.add_argument("--wording", help="of the notice, with {agency} and {officers}")
    new.add_argument("--cite", action="append", default=[], metavar="SECTION=ARTICLE=TEXT")
    actions = {"list": _list, "compare": _compare, "new": _new}
    return saying.run(parser, argv, lambda args: actions[args.step](args))


def _list(_: argparse.Namespace) -> int:
    for name in load.shipped_rules():
        print(f"{name:18} {load.load_rules(load.shipped(name)).regulation.title}")
    return saying.OK


def _compare(args: argparse.Namespace) -> int:
    for name in args.rules or load.shipped_rules():
        rules = load.load_rules(saying.rules_source(name))
        print(rules.regulation.title)
        for line in summary(rules, rules.regulation.agency, ()):
            print(f"  {line.text}")
    return saying.OK


def _new(args: argparse.Namespace) -> int:
    some = {} if args.wording is None else {"wording": args.wording}
    draft = Draft(
        id=_answer(_ID, args.id),
        title=_answer(_TITLE, args.title),
        agency=_answer(_AGENCY, args.agency),
        articles=int(_answer(_ARTICLES, args.articles)),
        hours=_count(_answer(_HAND_IN, args.hand_in), _SAME_DAY),
        years=_count(_answer(_KEEP, args.keep), _NEVER),
        inside=_people(_INSIDE, args.inside),
        outside=_people(_OUTSIDE, args.outside),
        occasion=args.occasion,
        citations=dict(map(parse_citation, args.cite)),
        **some,
    )
    write_new(args.to, draft_text(draft).encode())
    print(f"{args.to} 可用 is valid")
    if draft.uncited:
        print("还没有对照原文的节，逐节改 not compared with the original yet, section by section:")
        for section in draft.uncited:
            print(f"  {section:24} {SECTIONS[section]}")
    return saying.OK


def _answer(question: _Question, given: str | None) -> str:
    """Return what an option said, or what a person at the terminal answers, asked until it fits."""
    if given is not None:
        # What is no number cannot be written down; all else the schema answers, with its line.
        if question.counted and not question.sound(given):
            raise refusal(question.option, question.must, question.example, given)
        return given
    if not sys.stdin.isatty():
        raise refusal(
            question.option,
            Words(f"没有回答：{question.asked.zh}", f"lacks an answer: {question.asked.en}"),
            Words("用选项写明，或在终端里运行", "Give the option, or run it in a terminal"),
        )
    while not question.sound(said := input(f"{question.asked.zh} {question.asked.en}: ").strip()):
        print(f"{question.must.zh}，{question.example.zh}。 It {question.must.en}.")
    return said


def _people(question: _Question, given: Sequence[str] | None) -> tuple[str, ...]:
    """Return who approves one after the other; at the terminal with 、 between them."""
    return tuple(given or re.split(r"\s*[、,，]\s*", _answer(question, None)))


def _count(said: str, word: str) -> int | None:
    return None if said == word else int(said)
