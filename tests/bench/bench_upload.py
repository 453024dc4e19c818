"""One unit, mutual TLS, from its spool to the verified archive and the receipt for the last byte.

The same bytes go three ways in each round, one after the other: our courier and station with
Mosquitto between them, rsync over ssh, and one bare TLS socket. Ours is timed from the line up to
the last receipt handed in; the others from their start (rsync) and from the first byte (socket),
to the last byte. Only ours verifies, decrypts, logs and receipts.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.uplink_peers import Ssh, socket_seconds
from tests.uplink.fleet import AGENCY, Fleet, Program

RUNS, SEGMENTS, SEGMENT_SECONDS, FRAGMENT_BYTES = 5, 4, 30, 500_000
OVER_SSH, OVER_SOCKET = 1.2, 0.45
ROOM_BYTES = 4 * 2**30
COMMAND = "make bench ARGS=upload"


@dataclass(frozen=True, slots=True)
class Round:
    """One round: megabytes a second each way, and what our processes worked, in CPU seconds."""

    ours: float
    rsync: float
    socket: float
    copy: float
    courier_cpu: float
    station_cpu: float
    broker_cpu: float


def run() -> list[dict[str, object]]:
    """Give the figures `upload_vs_rsync_ssh` and `upload_vs_tls_socket`."""
    with tempfile.TemporaryDirectory(prefix="u", dir=roomy_folder()) as folder:
        rounds = measured(Path(folder))
    tell(rounds)
    over_ssh = [one.ours / one.rsync for one in rounds]
    over_socket = [one.ours / one.socket for one in rounds]
    return [
        figure("upload_vs_rsync_ssh", over_ssh, "rsync over ssh", OVER_SSH),
        figure("upload_vs_tls_socket", over_socket, "a bare TLS socket", OVER_SOCKET),
    ]


def figure(name: str, runs: list[float], peer: str, least: float) -> dict[str, object]:
    value = statistics.median(runs)
    return {
        "name": name,
        "value": value,
        "unit": "× its speed",
        "peer": peer,
        "budget": f"≥{least}",
        "ok": value >= least,
        "command": COMMAND,
        "runs": runs,
    }


def roomy_folder() -> str | None:
    """A folder in memory, where it has room, so that the way is measured and not the disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of random name is made below it
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES:
        return str(memory)
    return None


def measured(folder: Path) -> list[Round]:
    fleet = Fleet(folder, "mosquitto", chunk_kib=256)
    fleet.unit.boot()
    fleet.unit.fragment_bytes = FRAGMENT_BYTES
    station = fleet.station()
    station.named("Serving")
    try:
        with Ssh(folder / "ssh") as ssh:
            return [one_round(fleet, station, ssh) for _ in range(RUNS)]
    finally:
        station.stop()
        fleet.close()


def one_round(fleet: Fleet, station: Program, ssh: Ssh) -> Round:
    fleet.unit.record(*[SEGMENT_SECONDS] * SEGMENTS)
    fleet.spool.flush()
    media = fleet.folder / "spool" / "media"
    size = sum(path.stat().st_size for path in media.rglob("*") if path.is_file())
    target = fresh(fleet.folder / "target")
    copied = copy_seconds(media, target)
    target = fresh(target)
    rsync = ssh.seconds(media, target)
    target = fresh(target)
    line = socket_seconds(media, target, fleet.papers, fleet.station_folder)
    shutil.rmtree(target)
    before = {pid: cpu_seconds(pid) for pid in tree(station.process.pid)}
    courier = fleet.courier()
    courier.named("Docked")
    began = time.monotonic()
    courier_before = cpu_seconds(courier.process.pid)
    courier.named("Home")
    ours = time.monotonic() - began
    last_cpu = cpu_seconds(courier.process.pid)
    assert courier.end()[0] == 0
    after = {pid: cpu_seconds(pid) for pid in before}
    forget(fleet)
    station_pid = station.process.pid
    mb = size / 1e6
    return Round(
        mb / ours,
        mb / rsync,
        mb / line,
        mb / copied,
        last_cpu - courier_before,
        after[station_pid] - before[station_pid],
        sum(after[pid] - before[pid] for pid in before if pid != station_pid),
    )


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def copy_seconds(source: Path, target: Path) -> float:
    began = time.monotonic()
    shutil.copytree(source, target, dirs_exist_ok=True)
    return time.monotonic() - began


def forget(fleet: Fleet) -> None:
    """Make room: what has its receipt is not needed for the next round."""
    for folder in (fleet.folder / "spool", fleet.station_folder / "data/archive" / AGENCY):
        for path in folder.rglob("media/*"):
            path.unlink()
    for name in [one for one in fleet.unit.files if one.startswith("media/")]:
        del fleet.unit.files[name]
        fleet.spool.written.pop(name)


def tree(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, children)]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tell(rounds: list[Round]) -> None:
    """Print what the ratios are made of."""
    for name in Round.__slots__:
        value = statistics.median(getattr(one, name) for one in rounds)
        unit = "CPU s" if name.endswith("cpu") else "MB/s"
        print(f"  {name:12} {value:8.2f} {unit}")


if __name__ == "__main__":
    print(run())
