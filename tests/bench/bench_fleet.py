"""Thirty-two units at once, against one unit with the same bytes, at one station.

The couriers run all the while, as on units in their bays. Each round the station is started anew
and every unit with something to send begins at that moment, so that no process's start is timed.
Memory is the highest that the station's and its broker's process reached over all rounds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.bench_upload import FRAGMENT_BYTES, forget, roomy_folder
from tests.uplink.fleet import AGENCY, Fleet, Program
from tests.verify.unit import Unit
from uplink.broker.mosquitto import MosquittoBroker, find_mosquitto
from uplink.broker.settings import BrokerSettings
from uplink.programs.access import access_table
from uplink.wire.post import Address, TlsFiles
from uplink.wire.topics import STATION

if TYPE_CHECKING:
    from collections.abc import Sequence

UNITS, RUNS, SECONDS_EACH = 32, 5, 3
LEAST_RATIO, LEAST_FAIRNESS, MOST_RSS_MB = 0.85, 0.5, 400
NOTICED_SECONDS = 1.5
"""A courier looks into its spool each second."""
COMMAND = "make bench ARGS=fleet"


class Harbour:
    """A broker that outlives the station, and couriers that outlive both."""

    def __init__(self, folder: Path) -> None:
        first = Fleet(folder, "none", chunk_kib=256)
        units = [Unit(seed=100 + n, number=f"BF-{1000 + n}") for n in range(UNITS)]
        self.single = first
        self.fleet = [Fleet(folder / unit.number, "none", unit=unit, at=first) for unit in units]
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

    def race(self, units: Sequence[Fleet], *segment_seconds: float) -> tuple[float, float]:
        """Give total megabytes a second, and the slowest unit's speed over the fastest's."""
        size = 0
        for one in units:
            one.unit.record(*segment_seconds)
            one.spool.flush()
            size += sum(len(data) for name, data in one.sealed().items() if data)
        time.sleep(NOTICED_SECONDS)
        station = self.single.station()
        station.named("Serving")
        began = station.told_at_seconds
        receipts = len(segment_seconds)
        took = [self._home(self.couriers[one.unit.number], receipts) - began for one in units]
        self.rss_mb = max(self.rss_mb, high_water_mb(station.process.pid))
        station.stop()
        for one in units:
            forget(one)
        return size / 1e6 / max(took), min(took) / max(took)

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
                alone, _share = harbour.race([harbour.single], *[SECONDS_EACH] * UNITS)
                together, share = harbour.race(harbour.fleet, SECONDS_EACH)
                print(f"  one unit {alone:.0f} MB/s, {UNITS} units {together:.0f} MB/s together")
                ratios.append(together / alone)
                fairness.append(share)
                memory.append(harbour.rss_mb + high_water_mb(harbour.broker.process_id))
        finally:
            harbour.close()
    return [
        figure("fleet32_vs_single", ratios, "one unit", f"≥{LEAST_RATIO}", "× its throughput"),
        figure(
            "fleet32_slowest_vs_fastest", fairness, "the fastest unit", f"≥{LEAST_FAIRNESS}", "×"
        ),
        figure("station_rss_mb", memory, None, f"≤{MOST_RSS_MB}", "MB"),
    ]


def figure(
    name: str, runs: list[float], peer: str | None, budget: str, unit: str
) -> dict[str, object]:
    value = statistics.median(runs)
    bound = float(budget[1:])
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "peer": peer,
        "budget": budget,
        "ok": value >= bound if budget[0] == "≥" else value <= bound,
        "command": COMMAND,
        "runs": runs,
    }


if __name__ == "__main__":
    print(run())
