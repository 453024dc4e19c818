"""Show every value in force, and the file and line it comes from."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.origins import LAYERS, origins
from config.refusal import read_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0, or as `check` answers; what is wrong is not shown as if it were in force."""
    parser = saying.parser("show", __doc__)
    saying.add_layers(parser)
    parser.add_argument("--layer", choices=LAYERS, help="only this one")
    parser.add_argument("--set", action="store_true", help="only what somebody wrote")
    return saying.run(parser, argv, _show)


def _show(args: argparse.Namespace) -> int:
    given = saying.layers(args)
    config = load.load(*given)
    sources = {name: _source(one) for name, one in zip(LAYERS, given, strict=True)}
    shown = [
        one
        for one in origins(config, sources)
        if args.layer in {None, one.layer} and (one.line or not args.set)
    ]
    if args.json:
        values = [dataclasses.asdict(one) for one in shown]
        print(json.dumps({"digest": config.digest, "values": values}, ensure_ascii=False, indent=1))
        return saying.OK
    for one in shown:
        print(one.text)
    print(f"digest {config.digest}")
    return saying.OK


def _source(given: load.Source | Path) -> load.Source:
    if isinstance(given, Path):
        return load.Source(given.name, read_text(given).encode())
    return given
