"""`shilu heads`: did a station tell one story? `collect` at the unit, `compare` anywhere, offline.

Exit codes of `compare`: 0 they fit · 1 could not run · 2 two stories, proven · 4 not shown.
"""

import argparse
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.canonical import decode
from recorder.evidence.errors import BadSignature, EvidenceError, Malformed
from recorder.evidence.receipt import LogPolicy, TlogProof
from recorder.evidence.trust import parse_trust
from recorder.evidence.verdict import Exit
from uplink.courier.kept_heads import HEADS, REFUSED, write_out
from uplink.programs.events_out import complain
from uplink.station.log.stories import Extension, Told, told, two_stories, unshown
from uplink.wire.proofs import AnchorLetter, ReceiptLetter


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collected folder holds, as the station signed it; `strangers` it did not sign."""

    heads: tuple[Told, ...]
    extensions: tuple[Extension, ...]
    strangers: tuple[str, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Collect or compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="shilu heads", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    collect = commands.add_parser("collect", help="write out the station's heads of a unit")
    collect.add_argument("--spool", type=Path, required=True, help="the unit's, or a copy")
    collect.add_argument("--outbox", type=Path, required=True, help="its courier's")
    collect.add_argument("--out", type=Path, required=True, help="a new folder")
    compare = commands.add_parser("compare", help="lay the heads of a folder side by side")
    compare.add_argument("folder", type=Path)
    compare.add_argument("--trust", type=Path, required=True, help="whom you believe (TOML)")
    asked = parser.parse_args(argv)
    try:
        if asked.command == "collect":
            heads, letters = write_out(asked.spool, asked.outbox, asked.out)
            print(f"{heads} heads of the station and {letters} refused letters: {asked.out}")
            return 0
        policy = parse_trust(asked.trust.read_text(encoding="utf-8")).policy
        return _compare(read_collected(asked.folder, policy))
    except (OSError, sqlite3.Error, UnicodeDecodeError, EvidenceError) as error:
        return complain(f"the heads cannot be read: {error}; check paths and permissions")


def read_collected(folder: Path, policy: LogPolicy) -> Collected:
    """Read a folder that `collect` wrote. Raise OSError or Malformed."""
    found: list[Told] = []
    extensions: list[Extension] = []
    strangers: list[str] = []
    for where, checkpoint, extension in _checkpoints(folder):
        try:
            found.append(told(where, checkpoint, policy))
        except (Malformed, BadSignature) as error:
            strangers.append(f"{where} proves nothing: {error}")
            continue
        if extension is not None:
            extensions.append(extension)
    return Collected(tuple(found), tuple(extensions), tuple(strangers))


def _checkpoints(folder: Path) -> Iterator[tuple[str, bytes, Extension | None]]:
    for path in sorted((folder / HEADS).iterdir()):
        yield f"{HEADS}/{path.name}", path.read_bytes(), None
    for path in sorted((folder / REFUSED).glob("*.json")):
        where, payload = f"{REFUSED}/{path.name}", path.read_bytes()
        fields = decode(payload)
        if isinstance(fields, dict) and "proof" in fields:
            receipt = ReceiptLetter.parse(payload)
            checkpoint = TlogProof.parse(receipt.proof.encode()).checkpoint
            yield where, checkpoint, Extension(where, receipt.since, receipt.consistency)
        else:
            anchor = AnchorLetter.parse(payload)
            extension = Extension(where, anchor.since, anchor.consistency)
            yield where, anchor.checkpoint.encode(), extension


def _compare(collected: Collected) -> int:
    heads, lies = collected.heads, two_stories(collected.heads)
    print("\n".join(collected.strangers), end="\n" if collected.strangers else "")
    for one, other in lies:
        print(
            f"two stories of {one.head.origin}, proven: {one.head.size} entries have the root "
            f"{one.head.root.hex()[:16]}… in {one.where} and {other.head.root.hex()[:16]}… in "
            f"{other.where}; the log's key signed both, cosigned by {_names(one)} and "
            f"{_names(other)}"
        )
    open_ends = unshown(heads, collected.extensions)
    for end in () if lies else open_ends:
        print(
            f"not shown: {end.where} does not extend the head of {end.since} entries by the proof "
            "that came along; ask the station for its log (shilu station heads), or for the proof"
        )
    if not lies and not open_ends:
        print(f"{len(heads)} heads of the station, and none contradicts another")
    return int(Exit.CHANGED if lies else Exit.NOT_PROVABLE if open_ends else Exit.PROVEN)


def _names(one: Told) -> str:
    return ", ".join(one.witnesses) or "nobody"
