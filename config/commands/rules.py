"""The shipped regulations: list them, compare what they say, or begin a sixth agency's file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.refusal import refusal, write_new
from config.rule_draft import Draft, draft_text, parse_citation
from config.summary import summary
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_SAME_DAY, _NEVER = "same-day", "never"


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
    new.add_argument("--articles", type=int, help="how many the original has")
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
    hand_in = _answer(args.hand_in, "交回：几小时内，或 same-day", "hand in: hours or same-day")
    keep = _answer(args.keep, "保存几年，或 never", "keep: years or never")
    articles = args.articles or _number("--articles", _answer(None, "共几条", "articles"))
    some = {} if args.wording is None else {"wording": args.wording}
    draft = Draft(
        id=_answer(args.id, "代号（小写字母、短横线）", "identifier"),
        title=_answer(args.title, "制度全称", "title"),
        agency=_answer(args.agency, "单位全称", "agency"),
        articles=articles,
        hours=None if hand_in == _SAME_DAY else _number("--hand-in", hand_in),
        years=None if keep == _NEVER else _number("--keep", keep),
        inside=tuple(args.inside or [_answer(None, "内部调阅由谁批准", "approved inside by")]),
        outside=tuple(args.outside or [_answer(None, "外单位调阅由谁批准", "outside by")]),
        occasion=args.occasion,
        citations=dict(map(parse_citation, args.cite)),
        **some,
    )
    write_new(args.to, draft_text(draft).encode())
    print(f"{args.to} 可用 is valid")
    if draft.uncited:
        print(f"还没有引条文 not cited yet: {', '.join(draft.uncited)}")
    return saying.OK


def _answer(given: str | None, asked: str, asked_en: str) -> str:
    """Return what an option said, or what a person at the terminal answers."""
    if given is not None:
        return given
    if sys.stdin.isatty():
        return input(f"{asked} {asked_en}: ").strip()
    raise refusal(
        "rules new",
        Words(f"没有回答：{asked}", f"lacks an answer: {asked_en}"),
        Words("用选项写明，或在终端里运行", "Give the option, or run it in a terminal"),
    )


def _number(option: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise refusal(
            option,
            Words("须为整数", "must be a whole number"),
            Words("写数字，如 24", "Write a number, 24 for example"),
            text,
        )
    return int(text)
