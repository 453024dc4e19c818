"""Start: six questions about an agency and its units, then rules, fleet and the list of units."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.provision.batch import MOST_UNITS, hashed_psk
from config.provision.beginning import Beginning, begin
from config.refusal import read_text, refusal
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_QUESTIONS = (
    ("agency", "单位代号（与采集站相同）", "agency, as at the station"),
    ("rules", "规则：名称或文件", "rules: a name or a file"),
    ("prefix", "设备编号前缀，如 BF", "prefix of unit numbers"),
    ("units", "几台设备", "how many units"),
    ("ssid", "采集点无线网络名；没有就回车", "Wi-Fi at the dock; Enter if none"),
    ("station", "采集站目录", "the station's folder"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the three files are written."""
    parser = saying.parser("init", __doc__)
    parser.add_argument("--to", type=Path, required=True, help="a new folder")
    for name, _, asked in _QUESTIONS:
        parser.add_argument(f"--{name}", help=asked)
    parser.add_argument("--passphrase-file", type=Path, help="of the Wi-Fi; only its hash is kept")
    parser.add_argument("--host", default="", help="where units reach the station")
    parser.add_argument("--recovery", default="", help="the recovery key's public half, age1…")
    return saying.run(parser, argv, _init)


def _init(args: argparse.Namespace) -> int:
    said = {name: _answer(name, getattr(args, name), *asked) for name, *asked in _QUESTIONS}
    rules = saying.rules_source(said["rules"])
    if isinstance(rules, Path):
        rules = load.Source(rules.name, read_text(rules).encode())
    psk = hashed_psk(said["ssid"], _passphrase(args.passphrase_file)) if said["ssid"] else ""
    asked = Beginning(
        said["agency"], rules, said["prefix"].upper(), _count(said["units"]), said["ssid"], psk,
        args.host,
    )  # fmt: skip
    units = begin(args.to, asked, Path(said["station"]), args.recovery)
    print(f"{args.to}: rules.toml  fleet.toml  units.csv（{units[0]} … {units[-1]}）")
    print("在 units.csv 里填执法人员，然后 shilu config flash · add the officers, then flash")
    return saying.OK


def _answer(name: str, given: str | None, asked: str, asked_en: str) -> str:
    if given is not None:
        return given
    if sys.stdin.isatty():
        return input(f"{asked} {asked_en}: ").strip()
    raise refusal(
        f"--{name}",
        Words("没有写", "is missing"),
        Words("写上，或在终端里运行，会逐项问", "Give it, or run in a terminal and be asked"),
    )


def _passphrase(file: Path | None) -> str:
    """Read the passphrase from a file or the terminal, so that it stands in no command line."""
    if file is not None:
        return read_text(file).strip()
    return getpass("无线网络口令 Wi-Fi passphrase: ")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_UNITS:
        raise refusal(
            "--units",
            Words(f"须在 1 到 {MOST_UNITS} 之间", f"must be between 1 and {MOST_UNITS}"),
            Words("写数字，如 50", "Write a number, 50 for example"),
            text,
        )
    return int(text)
