"""The one command that people use: `shilu demo`, `shilu verify`, `shilu station` and its kind.

Each part is loaded only when asked for, so that `shilu verify` needs nothing but `cryptography`.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARTS = {
    "demo": ("recorder.programs.demo.command", "the two-minute story, from a press to a verdict"),
    "verify": ("recorder.programs.verify", "check an evidence package, offline"),
    "station": ("uplink.programs.station", "make, run and ask a station"),
    "heads": ("uplink.programs.heads", "did a station tell one story? its heads, side by side"),
    "config": ("config.command", "check a configuration and show what is in force"),
}


def usage() -> str:
    """What it can do, a line each."""
    lines = [f"  shilu {name:8} {what}" for name, (_, what) in _PARTS.items()]
    return "\n".join(["usage: shilu PART …  (shilu PART --help says more)", *lines])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one part; 2 if there is no such part, else what the part answers."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in {"-h", "--help"}:
        print(usage())
        return 0
    if not words or words[0] not in _PARTS:
        print(usage(), file=sys.stderr)
        return 2
    part = importlib.import_module(_PARTS[words[0]][0])
    answer: int = part.main(words[1:])
    return answer


if __name__ == "__main__":
    sys.exit(main())
