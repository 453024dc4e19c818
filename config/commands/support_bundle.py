"""What an engineer needs in one file: settings, log, versions, names. No footage, no keys."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from config.commands import saying
from config.provision.bundle import Subject, bundle
from config.refusal import write_new

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the bundle is written; 2 if something in it must not leave the unit."""
    parser = saying.parser("support-bundle", __doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/shilu"))
    parser.add_argument("--state", type=Path, default=Path("/var/lib/shilu"))
    parser.add_argument("--log", type=Path, action="append", default=[], help="a log to add")
    parser.add_argument("--to", type=Path, required=True, help="the .tar.gz to write")
    return saying.run(parser, argv, _bundle)


def _bundle(args: argparse.Namespace) -> int:
    made = datetime.now(UTC).isoformat(timespec="seconds")
    data = bundle(Subject(args.config, args.state, tuple(args.log)), made)
    write_new(args.to, data, 0o600)
    print(f"{args.to}  {len(data)} 字节 bytes，不含录像和密钥 without footage and keys")
    return saying.OK
