"""Judge a thousand honest days and count the alarms; each alarm is named with its seed.

make honest                  1,000 days from seed 0
make honest ARGS="200 5000"  200 days from seed 5000
"""

from __future__ import annotations

import os
import sys

from recorder.evidence.verdict import Exit
from tests.verify.court import codes, judged, notes
from tests.verify.days import honest_day


def main(arguments: list[str]) -> int:
    """Give 1 if there was a single false alarm."""
    days, first = [*map(int, arguments), *(1000, 0)[len(arguments) :]]
    alarms, seen = 0, dict[str, int]()
    for seed in range(first, first + days):
        scene, recordings = honest_day(seed)
        files = scene.station.package(scene.unit, *recordings)
        keys = (scene.unit.station_key,) if seed % 2 else ()
        verdict = judged(files, scene.station.trust(), *keys)
        for note in notes(verdict):
            seen[note] = seen.get(note, 0) + 1
        if verdict.exit is not Exit.PROVEN or codes(verdict):
            alarms += 1
            sys.stdout.write(f"seed {seed}: {sorted(codes(verdict))}\n")
    met = ", ".join(f"{name} {count}" for name, count in sorted(seen.items()))
    sys.stdout.write(f"{days} honest days, {alarms} alarms; notes met: {met}\n")
    return 1 if alarms else 0


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main(sys.argv[1:]))
