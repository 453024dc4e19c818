"""Make the vectors of the primitives: `python -m tests.vectors.make_primitives [FOLDER]`.

Everything is fixed, so the files come out the same each time; a test compares. A vector that was
published never changes: a new one is added, or a new version of the format gets a folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.vectors.plain_vectors import canonical, file_names, fragments, records, sidecars, tree
from tests.vectors.sealed_vectors import age_files
from tests.vectors.signed_vectors import commands, epochs, heads, receipts, standings

FILES = {
    "canonical": canonical,
    "tree": tree,
    "heads": heads,
    "records": records,
    "epochs": epochs,
    "age": age_files,
    "standings": standings,
    "receipts": receipts,
    "file-names": file_names,
    "fragments": fragments,
    "sidecars": sidecars,
    "commands": commands,
}


def made() -> dict[str, str]:
    """Give each file's name and text."""
    return {
        f"{name}.json": json.dumps(make(), ensure_ascii=False, indent=1) + "\n"
        for name, make in FILES.items()
    }


def main() -> None:
    """Write the files into a folder, by default the one beside this program."""
    beside = Path(__file__).resolve().parent / "primitives"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else beside
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
