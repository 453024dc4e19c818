"""Revoke a unit, and list another one in its place with the same network and officers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from config.commands import saying
from config.commands.revoke import add_consent, check_consent, revoke_everywhere
from config.provision.batch import batch_text, read_batch
from config.refusal import refusal, write_new
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the old unit is revoked and the list for the new one is written."""
    parser = saying.parser("replace", __doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--batch", type=Path, required=True, help="units.csv with the old unit")
    parser.add_argument("--to", type=Path, required=True, help="the list to write for `flash`")
    add_consent(parser)
    return saying.run(parser, argv, _replace)


def _replace(args: argparse.Namespace) -> int:
    check_consent(args)
    rows = {row.unit: row for row in read_batch(args.batch)}
    if args.old not in rows or args.new in rows:
        raise refusal(
            args.batch,
            Words(
                f"须有 {args.old}，不得有 {args.new}",
                f"must list {args.old}, and must not list {args.new}",
            ),
            Words("核对两个编号；编号不重复使用", "Check both; a number is never used again"),
        )
    # The list first: a revoked unit without a successor would be worse than a list too many.
    write_new(args.to, batch_text((replace(rows[args.old], unit=args.new),)).encode(), 0o600)
    read_batch(args.to)
    since = revoke_everywhere(args, args.old)
    print(f"{args.old} 自 {since} 起吊销 revoked；{args.new} → {args.to}")
    return saying.OK
