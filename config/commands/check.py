"""Check rules, fleet and unit together: every mistake at once, each with its line and remedy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from config import load
from config.commands import saying

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the three layers are in order, 1 if one cannot be read, 2 if one is wrong."""
    parser = saying.parser("check", __doc__)
    saying.add_layers(parser)
    return saying.run(parser, argv, _check)


def _check(args: argparse.Namespace) -> int:
    config = load.load(*saying.layers(args))
    unit, agency = config.unit.number, config.fleet.agency.name
    if args.json:
        facts = {"ok": True, "unit": unit, "agency": agency, "digest": config.digest}
        print(json.dumps(facts, ensure_ascii=False))
    else:
        print(f"{unit}  {agency}  {config.digest}")
    return saying.OK
