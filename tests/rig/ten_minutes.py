"""`make rig10`: ten minutes at 1920×1080 on the rigs, and an account of every single picture.

The same as tests/devices/test_every_picture.py, longer and larger; prints figures, and ends with 1
if a picture is missing without a word, if one stands twice, or if sound and picture part.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path
from shutil import which

from recorder.capture.ports import Picture
from tests.custody.judge import disproofs
from tests.rig.accounts import Unaccounted, check_accounts
from tests.rig.build import ROOT
from tests.rig.remote import pass_seconds
from tests.rig.shot import Shot, taken_apart
from tests.rig.unit import RigUnit

MOST_APART_MS = 40


def need(program: str) -> Path:
    """Find a program of .ci/packages.toml; FileNotFoundError with its package."""
    found = which(program)
    if found is None:
        listed = tomllib.loads((ROOT / ".ci" / "packages.toml").read_text(encoding="utf-8"))
        package = listed[program]["package"]
        raise FileNotFoundError(f"{program} is missing: sudo apt-get install {package}")
    return Path(found)


def told(shot: Shot, seconds: float) -> list[str]:
    """The figures, one a line."""
    counted = [gap.lost for gap in shot.gaps if gap.lost >= 0]
    return [
        f"filmed                {seconds:.1f} s in {len(shot.files)} files",
        f"pictures in the films {len(shot.pictures)}, each once and in order",
        f"pictures in gaps      {sum(counted)} in {len(counted)} gaps of the log",
        f"by the rig's own book {shot.late} lost by a late machine, {shot.starved} by capture",
        f"sound after picture   {shot.late_ms[0]:+.1f} ms in the first file",
        f"                      {shot.late_ms[-1]:+.1f} ms in the last",
        f"                      {shot.latest_ms:.1f} ms apart at most",
        *(f"notice heard          {n.heard}, {n.score_permille} permille" for n in shot.notices),
    ]


def main() -> int:
    """Film, take apart, account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--size", default="1920x1080", help="such as 1280x720")
    parser.add_argument("--bits-per-second", type=int, default=8_000_000)
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    picture = Picture(width, height, 30, args.bits_per_second)
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        unit = RigUnit(Path(folder), need, picture)
        try:
            unit.until_ready()
            unit.beep()
            unit.record()
            print(f"filming {args.seconds} s at {args.size} …", flush=True)  # noqa: T201 – a program speaks
            pass_seconds(args.seconds)
            unit.stop()
        finally:
            unit.close()
        print("reading every picture back …", flush=True)  # noqa: T201 – a program speaks
        shot = taken_apart(unit)
        wrong = [f"disproved: {finding}" for finding in sorted(disproofs(unit.house))]
        wrong += [f"the lens was lost: {said.facts['sentence']}" for said in unit.all("lens lost")]
        wrong += [] if shot.notices else ["the log says nothing of the notice"]
    first, last = shot.pictures[0], shot.pictures[-1]
    lines = told(shot, (last.at_ms - first.at_ms) / 1000)
    try:
        check_accounts(shot.pictures, shot.gaps)
    except Unaccounted as refused:
        wrong.append(str(refused))
    if max(map(abs, shot.late_ms)) > MOST_APART_MS:
        wrong.append(f"sound and picture are more than {MOST_APART_MS} ms apart")
    print("\n".join(lines + wrong))  # noqa: T201 – a program speaks
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
