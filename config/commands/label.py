"""Print A4 label sheets of enrolled units: number, QR, six words, the notice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.notice import notice_text
from config.provision.labels import Label, enrolled_keys, sheet
from config.refusal import refusal, write_new
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the sheets are written."""
    parser = saying.parser("label", __doc__)
    parser.add_argument("units", nargs="*", metavar="UNIT", help="all enrolled ones if none")
    parser.add_argument("--station", type=Path, required=True, help="the station's folder")
    parser.add_argument("--rules", required=True, help="a file, or the name of a shipped one")
    parser.add_argument("--agency", required=True, help="its identifier, as in fleet.toml")
    parser.add_argument("--to", type=Path, required=True, help="the PDF")
    return saying.run(parser, argv, _label)


def _label(args: argparse.Namespace) -> int:
    rules = load.load_rules(saying.rules_source(args.rules))
    name = rules.regulation.agency
    keys = enrolled_keys(args.station / "data" / "units" / args.agency)
    strange = [unit for unit in args.units if unit not in keys]
    if strange:
        raise refusal(
            "、".join(strange),
            Words("不在采集站名册里", "is not on the station's roll"),
            Words("先登记，或核对编号", "Enrol it first, or check the number"),
        )
    notice = notice_text(rules, name, ())
    wanted = args.units or list(keys)
    labels = tuple(Label(args.agency, name, unit, notice, keys[unit]) for unit in wanted)
    write_new(args.to, sheet(labels))
    print(f"{len(labels)} 张标签 labels → {args.to}")
    return saying.OK
