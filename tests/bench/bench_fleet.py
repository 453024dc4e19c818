"""Thirty-two units at once, against one unit with the same bytes, at one station.

The couriers run all the while, as on units in their bays. Each round the station is started anew
and every unit with something to send begins at that moment, so that no process's start is timed.
Memory is the highest that the station's and its broker's process reached over all rounds. Custody
of all units is this process; what it and the couriers work is printed beside, by megabyte.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.bench_upload import (
    FRAGMENT_BYTES,
    cpu_seconds,
    figure,
    forget,
    roomy_folder,
    station_cpu,
)
from tests.uplink.fleet import AGENCY, Fleet, Program
from tests.verify.unit import Unit
from uplink.broker.mosquitto import MosquittoBroker, find_mosquitto
from uplink.broker.settings import BrokerSettings
from uplink.programs.access import access_table
from uplink.wire.post import Address, TlsFiles
from uplink.wire.topics import STATION

if TYPE_CHECKING:
    from collections.abc import Sequence

UNITS, RUNS, SECONDS_EACH = 32, 5, 60
"""A film of a minute from each, as a unit makes them: 1.9 GB in all."""
LEAST_RATIO, LEAST_FAIRNESS, MOST_RSS_MB = 0.85, 0.5, 400
MOST_CHUNK_KIB = 1024
"""What a unit is delivered with, for the one as for the many: each sends what its line is worth."""
NOTICED_SECONDS = 3.2
"""A courier looks into its spool each second, and a new head rests for two."""
COMMAND = "make bench ARGS=fleet"


@dataclass(frozen=True, slots=True)
class Race:
    """So many megabytes in so many seconds; `fairness` is the slowest speed over the fastest."""

    mb: float
    seconds: float
    fairness: float
    cpu: dict[str, float]

    def __str__(self) -> str:
        steps = ", ".join(f"{step} {cpu / self.mb * 1000:.1f}" for step, cpu in self.cpu.items())
        return f"{self.mb / self.seconds:4.0f} MB/s; CPU s/GB: {steps}"


class Harbour:
    """A broker that outlives the station, and couriers that outlive both."""

    def __init__(self, folder: Path) -> None:
        first = Fleet(folder, "none", chunk_kib=MOST_CHUNK_KIB)
        units = [Unit(seed=100 + n, number=f"BF-{1000 + n}") for n in range(UNITS)]
        self.single = first
        self.fleet = [
            Fleet(folder / unit.number, "none", chunk_kib=MOST_CHUNK_KIB, unit=unit, at=first)
            for unit in units
        ]
        papers = first.station_folder
        tls = TlsFiles(papers / "ca/tls.pem", papers / "tls/broker.pem", papers / "tls/broker.key")
        settings = BrokerSettings(Address("127.0.0.1", first.port), tls, access_table(AGENCY))
        program = find_mosquitto("")
        self.broker = MosquittoBroker(settings, program, folder, door_for=STATION).start()
        assert self.broker.inside is not None
        file = papers / "station.toml"
        text = file.read_text().replace('host = "127.0.0.1"', f'host = "{self.broker.inside}"')
        file.write_text(text)
        for one in (first, *self.fleet):
            one.unit.boot()
            one.unit.fragment_bytes = FRAGMENT_BYTES
            one.spool.flush()
        self.couriers = {one.unit.number: one.courier(once=False) for one in (first, *self.fleet)}
        self.rss_mb = 0.0
        for courier in self.couriers.values():
            courier.named("Docked")
        self.race((first, *self.fleet), 0.5)  # every log and certificate travels once

    def race(self, units: Sequence[Fleet], *segment_seconds: float) -> Race:
        """Let these units begin at once, and see the last one home."""
        size = 0
        for one in units:
            one.unit.record(*segment_seconds)
            one.spool.flush()
            size += sum(len(data) for data in one.sealed().values())
        time.sleep(NOTICED_SECONDS)
        couriers = [self.couriers[one.unit.number] for one in units]
        station = self.single.station()
        station.named("Serving")
        began = station.told_at_seconds
        before = self._cpu(couriers) | station_cpu(station.process.pid)
        took = [self._home(one, len(segment_seconds)) - began for one in couriers]
        after = self._cpu(couriers) | station_cpu(station.process.pid)
        self.rss_mb = max(self.rss_mb, high_water_mb(station.process.pid))
        station.stop()
        for one in units:
            forget(one)
        cpu = {step: after[step] - before[step] for step in after}
        return Race(size / 1e6, max(took), min(took) / max(took), cpu)

    def _cpu(self, couriers: Sequence[Program]) -> dict[str, float]:
        return {
            "couriers": sum(cpu_seconds(one.process.pid) for one in couriers),
            "custody": cpu_seconds(os.getpid()),
            "broker": cpu_seconds(self.broker.process_id),
        }

    def _home(self, courier: Program, receipts: int) -> float:
        """When the last receipt that names films was handed in."""
        for _ in range(receipts):
            courier.await_event(
                lambda event: event["event"] == "ReceiptHandedIn" and bool(event["files"])
            )
        return courier.told_at_seconds

    def close(self) -> None:
        for courier in self.couriers.values():
            courier.stop()
        self.broker.stop()
        for one in (self.single, *self.fleet):
            one.close()


def high_water_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def run() -> list[dict[str, object]]:
    """Give `fleet32_vs_single`, `fleet32_slowest_vs_fastest` and `station_rss_mb`."""
    with tempfile.TemporaryDirectory(prefix="f", dir=roomy_folder()) as folder:
        harbour = Harbour(Path(folder))
        try:
            ratios, fairness, memory = [], [], []
            for _ in range(RUNS):
                alone = harbour.race([harbour.single], *[SECONDS_EACH] * UNITS)
                together = harbour.race(harbour.fleet, SECONDS_EACH)
                print(f"  one unit {alone}\n  {UNITS} units {together}", flush=True)
                ratios.append(alone.seconds / together.seconds)
                fairness.append(together.fairness)
                memory.append(harbour.rss_mb + high_water_mb(harbour.broker.process_id))
        finally:
            harbour.close()
    least, most = f"≥{LEAST_RATIO}", f"≤{MOST_RSS_MB}"
    return [
        figure("fleet32_vs_single", ratios, "one unit", least) | {"command": COMMAND},
        figure("fleet32_slowest_vs_fastest", fairness, "the fastest unit", f"≥{LEAST_FAIRNESS}")
        | {"command": COMMAND},
        figure("station_rss_mb", memory, None, most, "MB") | {"command": COMMAND},
    ]


if __name__ == "__main__":
    print(run())
