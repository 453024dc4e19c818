"""The station's heads that a unit holds, and the letters of its that custody refused; read-only.

Laid beside each other they show whether a station told this unit one story (docs/protocol.md).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from recorder.evidence.receipt import TlogProof
from recorder.evidence.record import Anchor, parse_record

HEADS, REFUSED = "heads", "refused"


def believed(spool: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the heads that custody filed: a name that says where it lies, and the checkpoint.

    Raise OSError or EvidenceError.
    """
    for receipt in sorted((spool / "receipts").glob("*")):
        yield f"receipt-{receipt.stem}", TlogProof.parse(receipt.read_bytes()).checkpoint
    for log in sorted((spool / "log").glob("*.jsonl")):
        for line in log.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                continue  # a torn end: it was never committed
            record = parse_record(line)
            if isinstance(record.body, Anchor):
                yield f"anchor-{record.seq:09}", record.body.checkpoint.encode()


def refused(outbox: Path) -> tuple[tuple[str, bytes], ...]:
    """Return custody's reason and the letter, the oldest first. Raise sqlite3.Error."""
    with closing(sqlite3.connect(f"{outbox.absolute().as_uri()}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT sentence, letter FROM refused_letter ORDER BY number")
        return tuple(rows)


def write_out(spool: Path, outbox: Path, out: Path) -> tuple[int, int]:
    """Write heads and refused letters into a new folder; return how many of each there are.

    Raise FileExistsError if the folder is there, and what the others raise.
    """
    heads, letters = tuple(believed(spool)), refused(outbox)
    (out / HEADS).mkdir(parents=True)
    (out / REFUSED).mkdir()
    for name, checkpoint in heads:
        (out / HEADS / f"{name}.checkpoint").write_bytes(checkpoint)
    for number, (sentence, letter) in enumerate(letters, 1):
        (out / REFUSED / f"{number:03}.json").write_bytes(letter)
        (out / REFUSED / f"{number:03}.txt").write_text(sentence + "\n", encoding="utf-8")
    return len(heads), len(letters)
