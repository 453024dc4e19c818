"""How a command of `shilu config` ends: what it said, and with which code."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.words import ConfigRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OK, UNREADABLE, REFUSED = 0, 1, 2


def parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """Return a command's parser; every command takes --lang and --json for its problems."""
    made = argparse.ArgumentParser(prog=f"shilu config {name}", description=doc)
    made.add_argument("--lang", choices=("zh", "en"), default="zh", help="of the problems")
    made.add_argument("--json", action="store_true", help="for scripts")
    return made


def add_layers(made: argparse.ArgumentParser) -> None:
    """Let a command name the three layers, one by one or by their folder."""
    made.add_argument("--rules", help="a file, or the name of a shipped one")
    made.add_argument("--fleet", type=Path)
    made.add_argument("--unit", type=Path)
    made.add_argument("--config", type=Path, help="folder with rules.toml, fleet.toml, unit.toml")


def layers(args: argparse.Namespace) -> tuple[load.Source | Path, Path, Path]:
    """Return the three layers that were named; those that were not lie in --config, or here."""
    folder: Path = args.config or Path()
    rules = rules_source(args.rules) if args.rules else folder / "rules.toml"
    return rules, args.fleet or folder / "fleet.toml", args.unit or folder / "unit.toml"


def rules_source(name: str) -> load.Source | Path:
    """Return a shipped rule file by its name, or the path of another one."""
    return load.shipped(name) if name in load.shipped_rules() else Path(name)


def run(
    made: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    act: Callable[[argparse.Namespace], int],
) -> int:
    """Do it; 0, or 1 if a file cannot be used, or 2 if what one says is wrong."""
    args = made.parse_args(argv)
    try:
        return act(args)
    except ConfigRefused as refused:
        if args.json:
            print(json.dumps(_facts(refused), ensure_ascii=False, indent=1))
        else:
            for problem in refused.problems:
                print(problem.zh if args.lang == "zh" else problem.en, file=sys.stderr)
        return UNREADABLE if refused.unreadable else REFUSED


def _facts(refused: ConfigRefused) -> dict[str, object]:
    return {
        "ok": False,
        "problems": [
            {
                "file": one.file,
                "line": one.line,
                "key": one.key,
                "value": one.value,
                "zh": one.zh,
                "en": one.en,
            }
            for one in refused.problems
        ],
    }
