"""Frees space against receipts, and ends: `python -I -m recorder.programs.release --config FILE`.

Its configuration: agency, unit, spool, socket, least_age_hours, keep_marked, and [station] with
log_key, witnesses and quorum, as custody's.
"""

from __future__ import annotations

import argparse
import json
import selectors
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.custody.landlock import restrict_removing
from recorder.custody.seccomp import RELEASES, take_calls_away
from recorder.evidence.errors import EvidenceError
from recorder.evidence.words import unit_origin
from recorder.handover.connection import Link
from recorder.handover.errors import BadSettings, LinkFull, LinkLost, RefusedPacket
from recorder.handover.packets import Fault, Hello, Released, ReleaseRequest, Role
from recorder.handover.table import Table, read_policy
from recorder.release.policy import ReleasePolicy
from recorder.release.visit import Freed, Order, visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recorder.handover.packets import FromCustody, Packet

ANSWER_SECONDS = 30
MOST_HOURS = 24 * 365


def main(argv: Sequence[str] | None = None) -> int:
    """Free what may go, say so line by line, and end; one sentence and 1 if it cannot."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="its TOML file")
    args = parser.parse_args(argv)
    try:
        order, socket = _order(args.config)
        link = Link.connect(socket)
        # Before the first receipt is read: whoever may unlink in media/ could also lay names there.
        take_calls_away(RELEASES)
        restrict_removing(order.spool / "media")
        link.send(Hello(Role.RELEASE))
        _answer(link)
        for outcome in visit(order, time.time_ns() // 1_000_000, lambda asked: _ask(link, asked)):
            if isinstance(outcome, Freed):
                word = {"event": "freed", "seq": outcome.segment_seq, "bytes": outcome.byte_count}
            else:
                word = {"event": "stays", "name": outcome.name, "because": outcome.because}
            print(json.dumps(word, ensure_ascii=False), flush=True)
    except (BadSettings, EvidenceError, LinkLost, LinkFull, RefusedPacket) as trouble:
        print(f"release: {trouble}", file=sys.stderr)
        return 1
    except OSError as trouble:
        place = f" at {trouble.filename}" if trouble.filename else ""
        print(f"release: {trouble.strerror or trouble}{place}; nothing is lost.", file=sys.stderr)
        return 1
    return 0


def _order(path: Path) -> tuple[Order, Path]:
    table = Table.load(path)
    agency = table.take("agency", str)
    order = Order(
        spool=table.folder("spool"),
        origin=table.parsed("unit", lambda unit: unit_origin(agency, unit)),
        trust=read_policy(table.table("station"), agency),
        policy=ReleasePolicy(
            table.number("least_age_hours", 0, MOST_HOURS), table.take("keep_marked", bool)
        ),
    )
    socket = table.folder("socket")
    table.end()
    return order, socket


def _ask(link: Link, asked: ReleaseRequest) -> FromCustody:
    link.send(asked)
    while True:
        packet = _answer(link)
        if isinstance(packet, Released | Fault):
            return packet


def _answer(link: Link) -> Packet:
    """Wait for custody's next word; LinkLost if it is silent."""
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ)
        if selector.select(ANSWER_SECONDS):
            packet = link.receive()
            if packet is not None:
                return packet
    raise LinkLost(f"Custody did not answer within {ANSWER_SECONDS} s; is the card slow?")


if __name__ == "__main__":
    sys.exit(main())
