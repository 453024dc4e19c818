"""How fast a package is checked, against `sha256sum` over the same bytes in the same run.

The whole command is measured as a person starts it, interpreter and all, once without and once
with the key. The package is made anew: 300 MB, five segments of a minute at 8 Mbit/s.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.verify.conftest import enrolled

ROOT = Path(__file__).resolve().parents[2]
RUNS, SEGMENTS, SEGMENT_SECONDS, FRAGMENT_BYTES = 5, 5, 60, 500_000
BUDGETS = {"verify_vs_sha256sum": 1.5, "verify_clear_vs_sha256sum": 0.5}


def run() -> list[dict[str, object]]:
    """Give `verify_vs_sha256sum` and `verify_clear_vs_sha256sum`: how many times as fast."""
    with tempfile.TemporaryDirectory(prefix="bench-verify-") as folder:
        place = Path(folder)
        made(place)
        package = place / "package"
        files = sorted(str(path) for path in package.rglob("*") if path.is_file())
        closed = [sys.executable, "-m", "recorder.programs.verify", str(package)]
        closed += ["--trust", str(place / "trust.toml"), "--json"]
        opened = [*closed, "--key", str(place / "station.agekey")]
        ratios: dict[str, list[float]] = {name: [] for name in BUDGETS}
        seconds(["sha256sum", *files])  # the first reading fills the page cache
        for _ in range(RUNS):
            peer = seconds(["sha256sum", *files])
            for name, command in zip(BUDGETS, (closed, opened), strict=True):
                ratios[name].append(peer / seconds(command))
    return [
        {
            "name": name,
            "value": statistics.median(ratios[name]),
            "unit": "× the speed",
            "peer": "sha256sum",
            "budget": f"≥{budget}",
            "ok": statistics.median(ratios[name]) >= budget,
            "command": "make bench ARGS=verify",
            "runs": ratios[name],
        }
        for name, budget in BUDGETS.items()
    ]


def made(place: Path) -> None:
    """Write an honest package, whom to trust, and the key."""
    scene = enrolled(fragment_bytes=FRAGMENT_BYTES)
    scene.unit.record(*[SEGMENT_SECONDS] * SEGMENTS)
    for name, data in scene.station.package(scene.unit).items():
        path = place / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (place / "trust.toml").write_text(scene.station.trust_text(), encoding="utf-8")
    (place / "station.agekey").write_text(scene.unit.station_key.text() + "\n", encoding="ascii")


def seconds(command: list[str]) -> float:
    """Give how long a command takes; it must end well."""
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    print(run())
