"""What is refused is kept, with its reason, and never dropped."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from uplink.station.store.durable import make_folder, sync_folder, write_durably


@dataclass(frozen=True, slots=True)
class Proof:
    """Two heads of one size that contradict each other, as text."""

    ours: str
    theirs: str


def put_aside(  # noqa: PLR0913 - a refusal is these facts, and no more
    folder: Path, file: str, source: Path, sentence: str, *, utc: str, proof: Proof | None = None
) -> Path:
    """Keep a copy of a refused file in a folder of its own; return that folder.

    The reason comes last: a folder without one is a copy that a crash cut short.
    """
    name = f"{utc.replace(':', '')}-{file.replace('/', '_')}"
    number, place = 1, folder / name
    while place.exists():
        number += 1
        place = folder / f"{name}-{number}"
    make_folder(place)
    kept = place / Path(file).name
    shutil.copyfile(source, kept)
    if proof is not None:
        write_durably(place / "ours.head", proof.ours.encode())
        write_durably(place / "theirs.head", proof.theirs.encode())
    sync_folder(place)
    reason = json.dumps({"file": file, "sentence": sentence, "utc": utc}, ensure_ascii=False)
    write_durably(place / "reason.json", reason.encode() + b"\n")
    return place
