"""A unit's life in small on a disk that forgets, and what was promised to whom while it went on.

    python -m tests.rig.powercut.life FOLDER [--without-sync]

Custody is the real process. Its callers stand here: they film half a second of film each half
second, and every answer becomes a mark in the disk's log. So does whether a lens is filming, and
until when each piece was filmed. In the middle custody is killed and
started again, so that cuts fall into its recovery too; the lens then sends again what was not
kept, as a lens does. FOLDER gets `base.img`, the empty unit, and `log`.
"""

from __future__ import annotations

import json
import random
import selectors
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.evidence.record import Mark, StopCause
from recorder.evidence.words import digest
from recorder.handover import packets as p
from recorder.handover.codec import keep_packets
from recorder.handover.connection import Link
from recorder.handover.errors import LinkLost
from tests.custody.process import command, config_text
from tests.custody.rig import Rig
from tests.rig.powercut.card import Card, LoopMount, make_ext4
from tests.verify.film import fragment, opening

if TYPE_CHECKING:
    from collections.abc import Callable

# More than one block group of 128 MiB: only then has ext4 a second superblock to fall back on.
CARD_MEBIBYTES = 160
SYNC_MS = 400  # as a unit is configured
PIECE_SECONDS = 0.5
PIECE_BYTES = 300_000  # 4.8 Mbit/s: several encrypted chunks lie between two syncs
_FRAMES, _SAMPLES = 12, 24_000
_PATIENCE_SECONDS = 30


class Callers:
    """Conductor, lens and courier of one custody process; `tell` marks what they hear."""

    def __init__(self, at: Path, tell: Callable[[object], None]) -> None:
        self._tell = tell
        self._selector = selectors.DefaultSelector()
        self._at = at
        self.kept = 0
        self.heard: list[p.Packet] = []
        self.conductor = self._connect(p.Role.CONDUCTOR)
        self.lens = self._connect(p.Role.LENS)
        tell({"lens": True})

    def courier(self) -> Link:
        return self._connect(p.Role.COURIER)

    def hear(self, seconds: float) -> None:
        """Listen for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                assert isinstance(key.fileobj, Link)
                self._take(key.fileobj)

    def wait(self, kind: type[p.Packet]) -> None:
        """Listen until an answer of this kind came; LinkLost if custody is gone before."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not any(isinstance(packet, kind) for packet in self.heard):
            if not self._selector.get_map():
                raise LinkLost(f"custody ended before it said {kind.__name__}")
            assert time.monotonic() < end, f"custody never said {kind.__name__}"
            self.hear(0.01)
        self.heard.clear()

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, Link)
            key.fileobj.close()
        self._selector.close()

    def _connect(self, role: p.Role) -> Link:
        link = Link.connect(self._at)
        self._selector.register(link, selectors.EVENT_READ)
        link.send(p.Hello(role))
        return link

    def _take(self, link: Link) -> None:
        try:
            packet = link.receive()
        except LinkLost:
            self._selector.unregister(link)
            link.close()
            return
        if packet is None:
            return
        self.heard.append(packet)
        assert not isinstance(packet, p.Fault), packet
        match packet:
            case p.Kept(pieces=pieces):
                self.kept = pieces
                self._tell({"kept": pieces, "kept_ns": time.monotonic_ns()})
            case p.Sealed(seq=seq) | p.Closed(seq=seq) | p.Filed(seq=seq):
                self._tell({"record": seq})


class Lens:
    """Films noise in real time, and keeps what was not yet called kept."""

    def __init__(self, tell: Callable[[object], None], piece_bytes: int, seed: int = 3) -> None:
        self._tell = tell
        self._dice = random.Random(seed)  # noqa: S311 - noise
        self._number = 0
        self._until_ns: int | None = None
        self._piece_bytes = piece_bytes
        self.sent: list[tuple[list[p.Keep], int]] = []

    def film(self, callers: Callers, pieces: int) -> None:
        """Open a file and film so many half seconds, behind those before without a hole.

        A camera takes its pictures in time, however busy the machine is; only handing over is late.
        """
        since_ns = time.monotonic_ns() if self._until_ns is None else self._until_ns
        self.give(callers, self._opening(), since_ns)
        self._tell({"filming": True, "since_ns": time.monotonic_ns()})
        for number in range(1, pieces + 1):
            self._until_ns = since_ns + number * int(PIECE_SECONDS * 1e9)
            callers.hear(max(0.01, (self._until_ns - time.monotonic_ns()) / 1e9))
            self._number += 1
            until_ns = self._until_ns + _boottime_ahead_ns()
            stamps = p.Stamps(until_ns - 500_000_000, until_ns - 20_000_000, _FRAMES, _SAMPLES)
            media = fragment(self._number, self._dice.randbytes(self._piece_bytes))
            packets = list(keep_packets(media, stamps, opens=False, key=True))
            self.give(callers, packets, self._until_ns)

    def rest(self) -> None:
        """Film no more for now."""
        self._until_ns = None
        self.film_into_the_ring()

    def film_into_the_ring(self) -> None:
        """Film on while nobody takes anything in; what `film` gives next begins where this was."""
        self._tell({"filming": False})

    def give(self, callers: Callers, piece: list[p.Keep], until_ns: int) -> None:
        self.sent.append((piece, until_ns))
        given = digest(b"".join(keep.media for keep in piece))
        self._tell({"given": given, "given_ns": time.monotonic_ns(), "until_ns": until_ns})
        for keep in piece:
            callers.lens.send(keep)

    def again(self, callers: Callers, kept_before: int) -> None:
        """To a custody that was started anew: what the one before did not call kept."""
        unkept, self.sent = self.sent[kept_before:], []
        if not (unkept and unkept[0][0][0].opens):
            self.give(callers, self._opening(), time.monotonic_ns())
        for piece, until_ns in unkept:
            self.give(callers, piece, until_ns)

    def _opening(self) -> list[p.Keep]:
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        stamps = p.Stamps(now_ns, now_ns, 0, 0)
        return list(keep_packets(opening(), stamps, opens=True, key=False))


def _boottime_ahead_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()


def started(rig: Rig, arguments: list[str]) -> subprocess.Popen[str]:
    """Start custody and wait until it is ready; it ends with us, whatever happens."""
    arguments = ["setpriv", "--pdeathsig", "KILL", *arguments]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "ready" in process.stdout.readline(), f"custody did not start on {rig.folder}"
    return process


def live(rig: Rig, at: Path, arguments: list[str], tell: Callable[[object], None]) -> None:
    """Record, mark, turn, be killed, recover, go on, stop, get a receipt, record again."""
    custody = started(rig, arguments)
    callers, lens = Callers(at, tell), Lens(tell, PIECE_BYTES)
    callers.conductor.send(rig.opening())
    callers.wait(p.Opened)
    lens.film(callers, 5)
    for _ in range(60):  # so many records that an epoch ends while a segment is open
        callers.conductor.send(p.Note(Mark(1, 1)))
    lens.film(callers, 3)
    lens.film_into_the_ring()  # what a cut costs is promised for one fault at a time
    custody.kill()
    custody.communicate()
    callers.close()
    custody = started(rig, arguments)
    kept, callers = callers.kept, Callers(at, tell)
    callers.conductor.send(rig.opening())
    callers.wait(p.Opened)
    lens.again(callers, kept)
    lens.film(callers, 5)
    lens.rest()
    callers.lens.send(p.End())
    callers.conductor.send(p.Close(StopCause.BUTTON))
    callers.wait(p.Closed)
    callers.courier().send(rig.receipt(seen=0))
    callers.wait(p.Filed)
    callers.conductor.send(rig.opening())
    callers.wait(p.Opened)
    lens.film(callers, 4)
    lens.rest()
    custody.terminate()
    callers.hear(0.5)
    custody.communicate()
    callers.close()


def record(folder: Path, *, without_sync: bool) -> None:
    """Let a unit live once, and keep everything that its disk was asked to do."""
    folder.mkdir(exist_ok=True)
    base = folder / "base.img"
    make_ext4(base, CARD_MEBIBYTES)
    with LoopMount(base, folder / "m") as mounted:
        Rig(mounted.folder, protect=True)
    image = folder / "card.img"
    shutil.copyfile(base, image)
    with Card(image, folder, folder / "log") as card:
        rig = Rig(card.folder, protect=True)
        at = folder / "s"
        changes = {"socket": f'"{at}"', "protect": "true", "sync_ms": str(SYNC_MS)}
        config = folder / "custody.toml"
        config.write_text(config_text(rig, **changes), encoding="utf-8")
        arguments = command("custody", "--config", config)
        if without_sync:
            program = "tests.rig.powercut.custody_without_sync"
            arguments = [sys.executable, "-m", program, "--config", str(config)]

        def tell(word: object) -> None:
            card.tell(f"mark {json.dumps(word)}")

        live(rig, at, arguments, tell)
        card.tell("cut 0 0")


if __name__ == "__main__":
    record(Path(sys.argv[1]), without_sync="--without-sync" in sys.argv[2:])
