"""Runs inside User Mode Linux: a unit records on a card, then root does what it likes.

    python -m tests.rig.uml.deeds FOLDER

Prints one line of JSON: what the run record says of protection, of each deed on each file whether
the shell was refused, and the same of a file that nothing protects: there each deed must succeed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from recorder.evidence.record import RunBegins
from tests.custody.judge import disproofs
from tests.custody.rig import Rig
from tests.custody.test_root import ATTEMPTS, FILM, HEADS, LOG, SIDE, shell


def main(folder: Path) -> None:
    """Record, seal, and let root try."""
    rig = Rig(folder, protect=True)
    conductor, lens = rig.start().record(pieces=3, media_bytes=100_000)
    rig.stop(conductor, lens)
    rig.cut()
    before = rig.files()
    refused = {
        f"{attempt} {name}": shell(rig, line.format(name)) != 0
        for attempt, line in ATTEMPTS.items()
        for name in ((FILM, SIDE) if attempt == "appends" else (FILM, SIDE, LOG, HEADS))
    }
    unprotected = {}
    for attempt, line in ATTEMPTS.items():
        (rig.settings.spool / "plain").write_bytes(bytes(5000))
        unprotected[attempt] = shell(rig, line.format("plain")) != 0
    for left in rig.settings.spool.glob("plain*"):
        left.unlink()
    said = rig.newest_of(RunBegins).protection
    same, proven = rig.files() == before, not disproofs(rig)
    rig.clear_away()
    told = {"protection": said, "refused": refused, "unprotected": unprotected}
    sys.stdout.write(json.dumps({**told, "same": same, "proven": proven}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
