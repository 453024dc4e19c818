"""What custody costs at 8 Mbit/s: encrypt, digest, sign, write and sync, in percent of one core.

A real custody process is given half a megabyte every half second, as a lens would, and its own
processor time is read from the kernel. The giver's time is not counted: it is the lens's.
"""

from __future__ import annotations

import selectors
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from recorder.handover import packets as p
from recorder.handover.codec import keep_packets
from recorder.handover.connection import Link
from recorder.handover.errors import LinkFull
from tests.custody.process import command, config_text, written
from tests.custody.rig import Rig
from tests.verify.film import fragment, opening

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS, RUN_SECONDS, PIECE_SECONDS, PIECE_BYTES = 5, 4.0, 0.5, 500_000
BUDGET_PERCENT = 1.0


def run() -> list[dict[str, object]]:
    """Give the one figure `evidence_core_percent`."""
    with tempfile.TemporaryDirectory(prefix="b") as folder:
        rig = Rig(Path(folder))
        # As on a unit: a sync every 400 ms, and two recipients.
        recipients = f'["{rig.identity.recipient().text()}", "{rig.identity.recipient().text()}"]'
        config = written(rig, config_text(rig, sync_ms="400", recipients=recipients))
        with subprocess.Popen(
            command("custody", "--config", config), stdout=subprocess.PIPE
        ) as custody:
            assert custody.stdout is not None
            custody.stdout.readline()
            percents = list(measured(rig, custody.pid))
            custody.terminate()
    value = statistics.median(percents)
    return [
        {
            "name": "evidence_core_percent",
            "value": value,
            "unit": "% of one core",
            "peer": None,
            "budget": f"≤{BUDGET_PERCENT}",
            "ok": value <= BUDGET_PERCENT,
            "command": "make bench ARGS=evidence",
            "runs": percents,
        }
    ]


def measured(rig: Rig, pid: int) -> Iterator[float]:
    """Film in real time; give the processor time of each run in percent of its length."""
    conductor, lens = Link.connect(rig.settings.socket), Link.connect(rig.settings.socket)
    conductor.send(p.Hello(p.Role.CONDUCTOR))
    lens.send(p.Hello(p.Role.LENS))
    conductor.send(rig.opening())
    while not isinstance(said(conductor), p.Opened):
        pass
    send(lens, opening(), p.Stamps(1, 1, 0, 0), opens=True)
    media = fragment(0, rig.dice.randbytes(PIECE_BYTES))
    for _ in range(RUNS):
        began, busy_ns = time.monotonic(), processor_ns(pid)
        for number in range(int(RUN_SECONDS / PIECE_SECONDS)):
            now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            send(lens, media, p.Stamps(now_ns, now_ns + 1, 12, 24_000), opens=False)
            time.sleep(max(0.0, began + (number + 1) * PIECE_SECONDS - time.monotonic()))
            while lens.receive() is not None:
                pass
        length_ns = (time.monotonic() - began) * 1e9
        yield 100 * (processor_ns(pid) - busy_ns) / length_ns
    conductor.close()
    lens.close()


def said(link: Link) -> p.Packet | None:
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ)
        selector.select(10)
        return link.receive()


def send(link: Link, media: bytes, stamps: p.Stamps, *, opens: bool) -> None:
    for keep in keep_packets(media, stamps, opens=opens, key=not opens):
        while True:
            try:
                link.send(keep)
                break
            except LinkFull:
                time.sleep(0.001)


def processor_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


if __name__ == "__main__":
    print(run())
