"""How much memory a verdict takes does not depend on how long the films are."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.verify.conftest import enrolled

if TYPE_CHECKING:
    from pathlib import Path

FRAGMENT_BYTES = 500_000
# Of 50 MB more, what allocator and interpreter may keep.
MOST_MORE_KB = 16_000
PEAK = """
import sys
from recorder.programs.verify import main
code = main(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1])
sys.exit(code)
"""


def peak_kb(folder: Path, seconds: int, *, key: bool) -> int:
    """Verify a package with one film; give the most memory (kB) that was resident."""
    scene = enrolled(fragment_bytes=FRAGMENT_BYTES)
    scene.unit.record(seconds)
    for name, data in scene.station.package(scene.unit).items():
        path = folder / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "trust.toml").write_text(scene.station.trust_text(), encoding="utf-8")
    (folder / "key").write_text(scene.unit.station_key.text() + "\n", encoding="ascii")
    words = [str(folder / "package"), "--trust", str(folder / "trust.toml")]
    words += ["--key", str(folder / "key")] if key else []
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *words], check=True, capture_output=True, text=True
    )
    return int(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("key", [False, True])
def test_a_film_of_60_mb_takes_the_memory_of_one_of_10(tmp_path: Path, *, key: bool) -> None:
    short, long = (peak_kb(tmp_path / str(s), s, key=key) for s in (10, 60))
    assert long - short < MOST_MORE_KB
