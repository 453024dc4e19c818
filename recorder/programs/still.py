"""Take one picture out of a film: `python -I -m recorder.programs.still FILM MS PNG`.

Prints `{"at_ms": …, "byte": …}`: when the picture was taken, counted from the film's first, and at
which byte of the film it begins. 1 with a sentence if there is none.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.devices.still import NoPicture, save, still

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Write the still; 1 if the film shows nothing there."""
    parser = argparse.ArgumentParser(prog="still", description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("milliseconds", type=int)
    parser.add_argument("png", type=Path)
    asked = parser.parse_args(argv)
    try:
        taken = still(asked.film, asked.milliseconds)
        save(taken.picture, asked.png)
    except (NoPicture, OSError) as problem:
        print(f"still: {problem}", file=sys.stderr)
        return 1
    print(json.dumps({"at_ms": taken.at_ms, "byte": taken.byte}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
