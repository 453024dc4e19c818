"""The unit's newest self-check as a signed report, or the check of such a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from config.commands import saying
from config.provision.accepted import Accepted, at_station, check_report, make_report, read_report
from config.refusal import read_text, refusal, write_new
from config.words import Words
from recorder.evidence.errors import EvidenceError
from recorder.evidence.record import CheckVerdict
from recorder.evidence.trust import parse_trust

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from cryptography import x509

_SAID = {"pass": "通过", "warn": "注意", "fail": "未通过"}


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the self-check passed, 2 if it failed or the report is not good."""
    parser = saying.parser("selftest", __doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--spool", type=Path, help="on the unit: write a report of its log")
    source.add_argument("--station", type=Path, help="after it docked: of what it brought home")
    source.add_argument("--check", type=Path, help="check this report")
    parser.add_argument("--unit", default="", help="which one (with --station)")
    parser.add_argument("--to", type=Path, help="the report to write")
    parser.add_argument("--trust", type=Path, required=True, help="whom to believe: trust.toml")
    return saying.run(parser, argv, _selftest)


def _selftest(args: argparse.Namespace) -> int:
    if args.station:
        report = make_report(*at_station(args.station, args.unit))
    else:
        report = make_report(args.spool) if args.spool else read_report(args.check)
    accepted = check_report(report, _roots(args.trust))
    if args.to and not args.check:
        write_new(args.to, report.text().encode())
    _tell(accepted, as_json=args.json)
    return saying.REFUSED if accepted.check.verdict is CheckVerdict.FAIL else saying.OK


def _roots(trust: Path) -> tuple[x509.Certificate, ...]:
    try:
        return parse_trust(read_text(trust)).roots
    except EvidenceError as error:
        raise refusal(
            trust,
            Words(f"不是可用的信任文件（{error}）", f"is no good trust file ({error})"),
            Words("从采集站取 trust.toml", "Take trust.toml from the station"),
        ) from error


def _tell(accepted: Accepted, *, as_json: bool) -> None:
    check = accepted.check
    if as_json:
        items = [[i.item, str(i.verdict), i.value, i.unit] for i in check.items]
        facts = {"unit": accepted.origin, "utc": accepted.utc, "verdict": str(check.verdict)}
        print(json.dumps({**facts, "items": items}, ensure_ascii=False))
        return
    print(f"{accepted.origin}  {accepted.utc}  {_SAID.get(str(check.verdict), check.verdict)}")
    for item in check.items:
        verdict = _SAID.get(str(item.verdict), str(item.verdict))
        print(f"  {verdict}  {item.item}  {item.value} {item.unit}")
