"""Enrol units: `request` on the unit, `sign` at the station, `install` on the unit.

Both sides show the same six words. A person compares them; nothing else binds the key to the
unit in the hand.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.provision import places
from config.provision.enrolment import Request, install, make_request, read_request
from config.provision.request import parse_request
from config.provision.signing import requests_in, sign
from config.refusal import read_text, refusal, write_new
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from config.schema import Effective


def main(argv: Sequence[str] | None = None) -> int:
    """0 if done; 2 if the words were not the same, or something is wrong."""
    parser = saying.parser("enroll", __doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    ask = steps.add_parser("request", help="on the unit: make its key, show its words")
    ask.add_argument("--to", type=Path, help="folder for <unit>.csr, a USB stick for example")
    take = steps.add_parser("install", help="on the unit: take the station's papers")
    take.add_argument("--papers", type=Path, required=True, help="its folder from the station")
    card = steps.add_parser("card", help="on the unit, at each start: both, by way of its card")
    card.add_argument("--folder", type=Path, required=True, help="<unit>.csr, and <unit>/ papers")
    for step in (ask, take, card):
        step.add_argument("--config", type=_whole, default=places.SETTINGS)
    give = steps.add_parser("sign", help="at the station: compare, certify")
    give.add_argument("--station", type=Path, required=True, help="the station's folder")
    give.add_argument("--requests", type=Path, required=True, help="folder of <unit>.csr")
    give.add_argument("--to", type=Path, required=True, help="folder for the papers")
    give.add_argument(
        "--compared", type=Path, help="lines of `<unit> <six words>` as read from the units"
    )
    actions = {"request": _request, "install": _install, "card": _card, "sign": _sign}
    return saying.run(parser, argv, lambda args: actions[args.step](args))


def _whole(path: str) -> Path:
    """Name a folder from the root on: custody's own program looks for it from another one."""
    return Path(path).absolute()


def _request(args: argparse.Namespace) -> int:
    config = _config(args)
    request = make_request(config, args.config, places.where(config, args.config))
    if args.to:
        write_new(args.to / f"{request.unit}.csr", request.pem)
    _tell(args, request)
    return saying.OK


def _card(args: argparse.Namespace) -> int:
    """Leave the request on the card, once, and take the papers when they are there."""
    config = _config(args)
    place, unit = places.where(config, args.config), config.unit.number
    request = make_request(config, args.config, place)
    if not _is_there(args.folder / f"{unit}.csr", request):
        write_new(args.folder / f"{unit}.csr", request.pem)
    _tell(args, request)
    if (args.folder / unit).is_dir():
        install(config, args.config, place, args.folder / unit)
        print(f"{unit}  已登记 enrolled", flush=True)
    return saying.OK


def _is_there(path: Path, request: Request) -> bool:
    """Say whether this unit's request for the same keys lies there already."""
    if not path.exists():
        return False
    there = parse_request(read_request(path, request.unit).pem, request.unit)
    return there == parse_request(request.pem, request.unit)


def _install(args: argparse.Namespace) -> int:
    config = _config(args)
    words = install(config, args.config, places.where(config, args.config), args.papers)
    _tell(args, Request(config.unit.number, b"", words))
    return saying.OK


def _sign(args: argparse.Namespace) -> int:
    compared = _compared(args.compared) if args.compared else None
    if compared is None and not sys.stdin.isatty():
        raise refusal(
            "sign",
            Words("没有人在比对六个词", "has nobody to compare the six words"),
            Words("在终端里运行，或用 --compared", "Run it in a terminal, or give --compared"),
        )

    def same(request: Request) -> bool:
        if compared is not None:
            return compared.get(request.unit) == request.words
        asked = f"{request.unit}  {request.words}\n设备上一样吗？ The same on the unit? [y/N] "
        return input(asked).strip().lower() in {"y", "yes", "是"}

    now = datetime.now(UTC)
    refused = []
    for request, agreed in sign(args.station, requests_in(args.requests), args.to, same, now):
        _tell(args, request, signed=agreed)
        if not agreed:
            refused.append(request.unit)
    if refused:
        raise refusal(
            "、".join(refused),
            Words("六个词不一样，没有签发", "had other words and got no papers"),
            Words("查清申请从哪里来", "Find out where the request came from"),
        )
    return saying.OK


def _compared(path: Path) -> dict[str, str]:
    lines = (line.split(maxsplit=1) for line in read_text(path).splitlines() if line.strip())
    return {words[0]: " ".join(words[1:]).strip() for words in lines}


def _config(args: argparse.Namespace) -> Effective:
    folder: Path = args.config
    return load.load(*(folder / f"{layer}.toml" for layer in ("rules", "fleet", "unit")))


def _tell(args: argparse.Namespace, request: Request, *, signed: bool = True) -> None:
    if args.json:
        print(json.dumps({"unit": request.unit, "words": request.words, "ok": signed},
                         ensure_ascii=False))  # fmt: skip
    else:
        print(f"{request.unit}  {request.words}", flush=True)
