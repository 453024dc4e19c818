"""Write each unit's cloud-init seed, into a folder of its own or a copy of an image."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.provision.batch import read_batch
from config.provision.flash import flash, seeds_of
from config.refusal import read_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0 if every unit of the list is written; nothing is written if one of them is wrong."""
    parser = saying.parser("flash", __doc__)
    parser.add_argument("--batch", type=Path, required=True, help="units.csv")
    parser.add_argument("--rules", required=True, help="a file, or the name of a shipped one")
    parser.add_argument("--fleet", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="what all these units share of unit.toml")
    parser.add_argument(
        "--recorded", type=Path, help="folder of recordings by a person, <unit>.notice.wav"
    )
    parser.add_argument("--to", type=Path, required=True, help="a new folder")
    parser.add_argument("--image", type=Path, help="Raspberry Pi OS, unpacked; copied per unit")
    return saying.run(parser, argv, _flash)


def _flash(args: argparse.Namespace) -> int:
    since = time.monotonic()
    rules = saying.rules_source(args.rules)
    if isinstance(rules, Path):
        rules = load.Source(rules.name, read_text(rules).encode())
    seeds = seeds_of(read_batch(args.batch), rules, args.fleet, args.model, args.recorded)
    done = flash(seeds, args.to, args.image)
    if args.json:
        units = [{"unit": one.unit, "config_sha256": one.config_sha256} for one in done]
        print(json.dumps({"ok": True, "units": units}))
        return saying.OK
    what = "镜像 images" if args.image else "种子 seeds"
    seconds = time.monotonic() - since
    print(f"{len(done)} 台 units：{what} → {args.to}（{seconds:.1f} s）")
    return saying.OK
