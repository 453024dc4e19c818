"""A whole bench unit at work: how much memory its processes take, and how soon a press is answered.

A station, custody, courier, conductor and lens run as in the demo, while a recording is made.
Memory is the proportional share (PSS) as the kernel counts it: what processes share counts once.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.programs.demo.founding import Given, found
from recorder.programs.demo.household import Household
from recorder.programs.demo.places import make_places
from recorder.programs.demo.telling import press

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.programs.demo.household import Told
    from recorder.programs.demo.places import Places

MEMORY_RUNS, MEMORY_EVERY_SECONDS, PRESSES = 5, 1.0, 9
BUDGET_MB, BUDGET_MS = 180, 150
_PRESSED = b'{"button":"record","pressed":true}'
_RELEASED = b'{"button":"record","pressed":false}'
_BETWEEN_PRESSES_SECONDS = 0.6  # longer than a double press


def run() -> list[dict[str, object]]:
    """Give `press_to_answer_ms` and `unit_rss_mb`."""
    with tempfile.TemporaryDirectory(prefix="b") as folder, unit_at_work(Path(folder)) as unit:
        unit.press_ms()  # this one begins the recording
        unit.house.until("an open recording", lambda told: told.event == "opened", 10)
        presses = [unit.press_ms() for _ in range(PRESSES)]
        memory = list(unit.memory_mb())
    return [
        _figure("press_to_answer_ms", "ms", BUDGET_MS, presses),
        _figure("unit_rss_mb", "MB", BUDGET_MB, memory),
    ]


def _figure(name: str, unit: str, budget: int, runs: list[float]) -> dict[str, object]:
    value = statistics.median(runs)
    # Of presses the slowest counts: an officer does not press five times and take the median.
    worst = max(runs) if unit == "ms" else value
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "peer": None,
        "budget": f"≤{budget}",
        "ok": worst <= budget,
        "command": "make bench ARGS=unit",
        "runs": runs,
    }


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that is ready, and the processes it is made of."""

    places: Places
    house: Household
    pids: tuple[int, ...]

    def press_ms(self) -> float:
        """Press; how long until it was felt."""
        self.house.forget_what_was_told()
        down_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        press(self.places, _PRESSED)
        felt = self.house.until("the vibration", lambda told: told.event == "felt", 5)
        press(self.places, _RELEASED)
        time.sleep(_BETWEEN_PRESSES_SECONDS)
        return (felt.boottime_ns - down_ns) / 1e6

    def memory_mb(self) -> Iterator[float]:
        """What conductor, lens, custody and courier take together, again and again."""
        for _ in range(MEMORY_RUNS):
            time.sleep(MEMORY_EVERY_SECONDS)
            yield sum(pss_mb(pid) for pid in self.pids)


def pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    (pss,) = (line for line in lines if line.startswith("Pss:"))
    return int(pss.split()[1]) / 1000


@contextmanager
def unit_at_work(folder: Path) -> Iterator[Unit]:
    """A unit that is docked at a running station and ready to record."""
    places = make_places(folder / "out")
    house = Household(places.logs, _deaf)
    try:
        founded = found(places, Given(None, None, None, "any"))
        house.start("station", *founded.station)
        house.until("the station", lambda told: told.event == "Serving", 20)
        custody = house.start("custody", *founded.custody)
        house.until("custody", lambda told: told.event == "ready", 15)
        once = founded.courier.index("--once")
        courier = house.start("courier", *founded.courier[:once])
        house.until("the station's head", lambda told: told.event == "AnchorHandedIn", 20)
        conductor = house.start("conductor", *founded.conductor)
        lens = house.until("the lens", lambda told: told.event == "lens", 20).number("pid")
        house.until("a unit that is ready", lambda told: told.facts.get("state") == "ready", 20)
        yield Unit(places, house, (conductor.pid, lens, custody.pid, courier.pid))
    finally:
        house.end_all()
        shutil.rmtree(places.sockets, ignore_errors=True)


def _deaf(_told: Told) -> None:
    """Nobody reads along."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", action="store_true", help="what each process takes alone")
    args = parser.parse_args()
    if not args.parts:
        print(run())
        return 0
    with tempfile.TemporaryDirectory(prefix="b") as folder, unit_at_work(Path(folder)) as unit:
        unit.press_ms()
        time.sleep(10)
        for name, pid in zip(("conductor", "lens", "custody", "courier"), unit.pids, strict=True):
            print(f"{name}\t{pss_mb(pid):.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
