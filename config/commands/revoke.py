"""A unit is lost or its key stolen: from when on its word counts only with an earlier receipt.

With the station's own trust.toml, beside its station.toml, the station takes nothing more from it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from config.commands import saying
from config.provision.revocation import instant, revoke, revoke_at_station
from config.refusal import refusal
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the trust file says so now."""
    parser = saying.parser("revoke", __doc__)
    parser.add_argument("unit")
    add_consent(parser)
    return saying.run(parser, argv, _revoke)


def add_consent(parser: argparse.ArgumentParser) -> None:
    """Add what every revocation needs: the file, since when, and two people."""
    parser.add_argument("--trust", type=Path, required=True, help="the station's trust.toml")
    parser.add_argument(
        "--from", dest="since", default="", metavar="UTC", help="2026-11-21T08:00:00.000Z; or now"
    )
    parser.add_argument("--by", required=True, help="who revokes")
    parser.add_argument("--confirmed-by", required=True, help="the second person")


def check_consent(args: argparse.Namespace) -> None:
    """Raise ConfigRefused unless two people are named."""
    by, second = args.by.strip(), args.confirmed_by.strip()
    if not by or not second or by == second:
        raise refusal(
            "--confirmed-by",
            Words("须由第二个人确认", "must be a second person"),
            Words("写另一个人的姓名", "Name somebody else"),
        )


def revoke_everywhere(args: argparse.Namespace, unit: str) -> str:
    """Revoke a unit, at the station too where the trust file is the station's; from when on."""
    trust: Path = args.trust
    now = datetime.now(UTC)
    if not (trust.parent / "station.toml").exists():
        return revoke(trust, unit, args.since, now)
    since = instant(trust, unit, args.since, now)
    print(revoke_at_station(trust.parent, unit, since, f"{args.by}, {args.confirmed_by}"))
    return since


def _revoke(args: argparse.Namespace) -> int:
    check_consent(args)
    since = revoke_everywhere(args, args.unit)
    print(f"{args.unit} 自 {since} 起吊销 revoked；{args.by}，{args.confirmed_by}")
    print("把新的 trust.toml 交给所有核验的人 hand the new trust.toml to everybody who verifies")
    return saying.OK
