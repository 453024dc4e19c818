"""One unit, mutual TLS, from its spool to the verified archive and the receipt for the last byte.

The same bytes go three ways in each round: our courier and station with Mosquitto between them,
rsync over ssh, and one bare TLS socket; ours and rsync take turns in going first. Ours is timed
from the line up to the last receipt handed in, rsync from its start to its end, the socket from
the first byte to the last. rsync runs with `--fsync`, so that its files are as durable as
ours; only ours reads back, verifies, decrypts, logs and receipts. Both lie in memory where there is
room, since the way is measured and not the disk; `--disk` measures on the disk as well.

On a machine that others use, compare processor seconds: they are printed beside, ours by step.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.uplink_peers import Ssh, program, socket_seconds
from tests.uplink.fleet import AGENCY, Fleet, Program

RUNS, SEGMENTS, SEGMENT_SECONDS, FRAGMENT_BYTES = 5, 8, 60, 500_000
OVER_SSH, OVER_SOCKET, RECEIPT_SECONDS = 1.2, 0.45, 1.0
ROOM_BYTES = 8 * 2**30
RESTED_SECONDS = 2.1
"""A head that nobody wrote to for two seconds travels at once."""
COMMAND = "make bench ARGS=upload"


@dataclass(frozen=True, slots=True)
class Sent:
    """One way of one round."""

    seconds: float
    cpu: dict[str, float]
    receipts: list[float] = field(default_factory=list)
    """For each segment: seconds from its last byte at the station to its receipt at custody."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: the same megabytes each way."""

    mb: float
    ours: Sent
    rsync: Sent
    socket: Sent
    copy: Sent


def run() -> list[dict[str, object]]:
    """Give the figures of the upload, and of the wait for a receipt."""
    with tempfile.TemporaryDirectory(prefix="u", dir=roomy_folder()) as folder:
        rounds = measured(Path(folder))
    tell(rounds)
    over_ssh = [one.rsync.seconds / one.ours.seconds for one in rounds]
    over_socket = [one.socket.seconds / one.ours.seconds for one in rounds]
    receipts = [statistics.median(one.ours.receipts) for one in rounds]
    return [
        figure("upload_vs_rsync_ssh", over_ssh, "rsync --fsync over ssh", f"≥{OVER_SSH}"),
        figure("upload_vs_tls_socket", over_socket, "a bare TLS socket", f"≥{OVER_SOCKET}"),
        figure("last_byte_to_receipt_s", receipts, None, f"≤{RECEIPT_SECONDS:g}", "s"),
    ]


def figure(
    name: str, runs: list[float], peer: str | None, budget: str, unit: str = "× its speed"
) -> dict[str, object]:
    """State one figure; `budget` is ≥ or ≤ and a number."""
    value, bound = statistics.median(runs), float(budget[1:])
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


def roomy_folder() -> str | None:
    """A folder in memory, where it has room, so that the way is measured and not the disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of random name is made below it
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES:
        return str(memory)
    return None


def measured(folder: Path, runs: int = RUNS) -> list[Round]:
    fleet = Fleet(folder, "mosquitto", chunk_kib=1024)
    fleet.unit.boot()
    fleet.unit.fragment_bytes = FRAGMENT_BYTES
    station = fleet.station()
    station.named("Serving")
    try:
        with Ssh(folder / "ssh") as ssh:
            return [one_round(fleet, station, ssh, ours_first=n % 2 == 0) for n in range(runs)]
    finally:
        station.stop()
        fleet.close()


def one_round(fleet: Fleet, station: Program, ssh: Ssh, *, ours_first: bool) -> Round:
    fleet.unit.record(*[SEGMENT_SECONDS] * SEGMENTS)
    fleet.spool.flush()
    media = fleet.folder / "spool" / "media"
    subprocess.run([program("sync"), "-f", str(media)], check=True)
    size = sum(path.stat().st_size for path in media.rglob("*") if path.is_file())
    target = fleet.folder / "target"
    began = time.monotonic()
    copy = by_copy(media, fresh(target))
    line = by_socket(fleet, media, fresh(target))
    time.sleep(max(RESTED_SECONDS - (time.monotonic() - began), 0.0))
    if ours_first:
        ours = by_us(fleet, station)
        rsync = by_rsync(ssh, media, fresh(target))
    else:
        rsync = by_rsync(ssh, media, fresh(target))
        ours = by_us(fleet, station)
    shutil.rmtree(target)
    forget(fleet)
    return Round(size / 1e6, ours, rsync, line, copy)


def by_us(fleet: Fleet, station: Program) -> Sent:
    before = station_cpu(station.process.pid)
    courier = fleet.courier()
    courier.named("Docked")
    began, courier_before = courier.told_at_seconds, cpu_seconds(courier.process.pid)
    seconds = 0.0
    receipted: dict[str, float] = {}
    while True:
        event = courier.await_event(lambda event: event["event"] in {"ReceiptHandedIn", "Home"})
        if event["event"] == "Home":
            break
        seconds = courier.told_at_seconds - began
        files = event["files"]
        assert isinstance(files, list)
        receipted.update(dict.fromkeys(map(str, files), courier.told_at_seconds))
    cpu = {"courier": cpu_seconds(courier.process.pid) - courier_before}
    assert courier.end()[0] == 0
    after = station_cpu(station.process.pid)
    cpu |= {name: after[name] - before[name] for name in after}
    waits = []
    for _ in range(SEGMENTS):
        event = station.await_event(
            lambda event: (
                event["event"] == "Arriving"
                and event["percent"] == 100
                and str(event["file"]).endswith(".mp4.age")
            )
        )
        waits.append(receipted[str(event["file"])] - station.told_at_seconds)
    return Sent(seconds, cpu, waits)


def station_cpu(pid: int) -> dict[str, float]:
    """Processor seconds of the station's threads, in the order of their start, and its broker's."""
    write, receive, *openers, log = sorted(
        int(one.name) for one in Path(f"/proc/{pid}/task").iterdir()
    )
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    cpu = {"broker": sum(cpu_seconds(int(child)) for child in children)} if children else {}
    for name, threads in (
        ("write", [write]),
        ("receive", [receive]),
        ("read back and open", openers),
        ("admit and log", [log]),
    ):
        cpu[name] = sum(cpu_seconds(f"{pid}/task/{thread}") for thread in threads)
    return cpu


def by_rsync(ssh: Ssh, source: Path, target: Path) -> Sent:
    before = children_cpu() + ssh.cpu_seconds()
    seconds = ssh.seconds(source, target)
    return Sent(seconds, {"rsync and ssh": children_cpu() + ssh.cpu_seconds() - before})


def by_socket(fleet: Fleet, source: Path, target: Path) -> Sent:
    before = children_cpu()
    seconds = socket_seconds(source, target, fleet.papers, fleet.station_folder)
    return Sent(seconds, {"both ends": children_cpu() - before})


def by_copy(source: Path, target: Path) -> Sent:
    before = children_cpu()
    began = time.monotonic()
    subprocess.run([program("cp"), "-r", str(source), str(target)], check=True)
    return Sent(time.monotonic() - began, {"cp": children_cpu() - before})


def children_cpu() -> float:
    """Processor seconds of every child that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def forget(fleet: Fleet) -> None:
    """Make room: what has its receipt is not needed for the next round."""
    for folder in (fleet.folder / "spool", fleet.station_folder / "data/archive" / AGENCY):
        for path in folder.rglob("media/*"):
            path.unlink()
    for name in [one for one in fleet.unit.files if one.startswith("media/")]:
        del fleet.unit.files[name]
        fleet.spool.written.pop(name)


def cpu_seconds(pid: int | str) -> float:
    """Processor seconds of a process, or of a thread as `pid/task/thread`."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tell(rounds: list[Round]) -> None:
    """Print what the ratios are made of."""
    print(f"  {rounds[0].mb:.0f} MB in each of {len(rounds)} rounds; medians:")
    for name in ("ours", "rsync", "socket", "copy"):
        sent: list[Sent] = [getattr(one, name) for one in rounds]
        speed = statistics.median(
            one.mb / way.seconds for one, way in zip(rounds, sent, strict=True)
        )
        ratio = statistics.median(one.ours.seconds / getattr(one, name).seconds for one in rounds)
        per_gb = {
            step: statistics.median(
                way.cpu[step] / one.mb * 1000 for one, way in zip(rounds, sent, strict=True)
            )
            for step in sent[0].cpu
        }
        total = sum(per_gb.values())
        shares = ", ".join(f"{step} {cpu / total:.0%}" for step, cpu in per_gb.items())
        print(
            f"  {name:7} {speed:6.0f} MB/s  ours takes {ratio:5.2f} × as long  "
            f"{total:5.2f} CPU s/GB: {shares}"
        )
    cpu = [sum(one.rsync.cpu.values()) / sum(one.ours.cpu.values()) for one in rounds]
    print(f"  rsync's CPU over ours {statistics.median(cpu):.2f}, {min(cpu):.2f} to {max(cpu):.2f}")


def main() -> None:
    """Measure; with --disk on the disk that this is started on."""
    if "--disk" not in sys.argv[1:]:
        print(run())
        return
    with tempfile.TemporaryDirectory(prefix="u", dir=".") as folder:
        rounds = measured(Path(folder), runs=3)
    tell(rounds)
    ratios = [one.rsync.seconds / one.ours.seconds for one in rounds]
    print(f"  on the disk: {statistics.median(ratios):.2f} × rsync --fsync over ssh, of {ratios}")


if __name__ == "__main__":
    main()
