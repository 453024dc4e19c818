"""`shilu config check`: every mistake in a configuration at once, each with its line and remedy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.words import ConfigRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, UNREADABLE, REFUSED = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the three layers are in order, 1 if one cannot be read, 2 if one is wrong."""
    parser = argparse.ArgumentParser(prog="shilu config", description=__doc__)
    check = parser.add_subparsers(dest="part", required=True).add_parser(
        "check", help="check rules, fleet and unit together"
    )
    check.add_argument("--rules", required=True, help="a file, or the name of a shipped one")
    check.add_argument("--fleet", type=Path, required=True)
    check.add_argument("--unit", type=Path, required=True)
    check.add_argument("--lang", choices=("zh", "en"), default="zh")
    args = parser.parse_args(argv)
    try:
        shipped = args.rules in load.shipped_rules()
        rules = load.shipped(args.rules) if shipped else Path(args.rules)
        effective = load.load(rules, args.fleet, args.unit)
    except ConfigRefused as refused:
        for problem in refused.problems:
            print(problem.zh if args.lang == "zh" else problem.en, file=sys.stderr)
        return UNREADABLE if refused.unreadable else REFUSED
    print(f"{effective.unit.number}  {effective.fleet.agency.name}  {effective.digest}")
    return OK
