"""A shift of eight hours in 10,000 segments, as fast as it goes: what grows from its first hour on?

The lens's own code (muxer, ring, way out) films in a process of its own, fed with made pictures and
silence whose stamps are eight hours long; a real custody process encrypts, seals, signs and writes.
After each of eight equal parts the kernel is asked what both take. A figure is the last part's over
the first's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if str(Path(__file__).resolve().parents[2]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from recorder.capture import lens_words as words
from recorder.capture.lens.lens import Lens
from recorder.capture.lens.notice_search import NoticeSearch
from recorder.capture.lens.piece_link import PieceLink
from recorder.capture.lens.ring import Ring
from recorder.capture.lens.senses import Senses
from recorder.capture.ports import Frame, Pcm, Picture
from recorder.devices.h264 import H264Encoder
from recorder.devices.muxer import Mp4Muxer
from recorder.evidence.record import StopCause
from recorder.handover import packets as p
from recorder.handover.connection import Link
from tests.custody.process import command, config_text, written
from tests.custody.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable

SEGMENTS, PARTS, SEGMENT_SECONDS, SEGMENTS_A_RECORDING = 10_000, 8, 3, 250
PICTURE, SOUND_HZ = Picture(320, 180, 5, 100_000), 16_000
BUDGET = 1.10
_SECOND_NS = 1_000_000_000
_TICKS = os.sysconf("SC_CLK_TCK")
Kind = TypeVar("Kind")


def run(segments: int = SEGMENTS) -> list[dict[str, object]]:
    """Give `shift_growth`, the worst of three, and each of them."""
    with tempfile.TemporaryDirectory(prefix="b") as folder:
        taken = list(_shift(Rig(Path(folder)), segments))
    first, last = taken[0], taken[-1]
    growths = {
        "shift_growth_memory": max(
            last.lens_kb / first.lens_kb, last.custody_kb / first.custody_kb
        ),
        "shift_growth_descriptors": last.descriptors / first.descriptors,
        "shift_growth_seal": last.seal_ms / first.seal_ms,
    }
    figures = {"shift_growth": max(growths.values()), **growths}
    return [
        {
            "name": name,
            "value": value,
            "unit": "× of the first hour",
            "peer": None,
            "budget": f"≤{BUDGET:.2f}",
            "ok": value <= BUDGET,
            "command": "make bench ARGS=shift",
            "runs": [value],
        }
        for name, value in figures.items()
    ]


@dataclass(frozen=True, slots=True)
class Taken:
    """What lens and custody take after a part of the shift.

    `seal_ms` is custody's processor time for one segment: on a busy machine the only honest one.
    """

    lens_kb: int
    custody_kb: int
    descriptors: int
    seal_ms: float


def _shift(rig: Rig, segments: int) -> list[Taken]:
    config = written(rig, config_text(rig, sync_ms="400"))
    with (
        subprocess.Popen(command("custody", "--config", config), stdout=subprocess.PIPE) as custody,
        subprocess.Popen(
            [sys.executable, __file__, "--lens", str(rig.settings.socket)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as lens,
    ):  # fmt: skip
        assert custody.stdout is not None
        custody.stdout.readline()
        conductor = Link.connect(rig.settings.socket)
        conductor.send(p.Hello(p.Role.CONDUCTOR))
        taken: list[Taken] = []
        try:
            for _ in range(PARTS):
                before = _processor_seconds(custody.pid)
                for _ in range(segments // PARTS // SEGMENTS_A_RECORDING):
                    _record(rig, conductor, lens)
                spent = _processor_seconds(custody.pid) - before
                taken.append(_taken(lens.pid, custody.pid, spent * 1000 * PARTS / segments))
                print(f"  {taken[-1]}", flush=True)
        finally:
            conductor.close()
            lens.terminate()
            custody.terminate()
    return taken


def _record(rig: Rig, conductor: Link, lens: subprocess.Popen[bytes]) -> None:
    assert lens.stdin is not None
    assert lens.stdout is not None
    conductor.send(rig.opening())
    _heard(conductor, p.Opened)
    lens.stdin.write(b"film\n")
    lens.stdin.flush()
    said = lens.stdout.readline()
    if said != b"done\n":
        raise RuntimeError(f"the lens did not film to the end: {said!r}")
    conductor.send(p.Close(StopCause.BUTTON))
    _heard(conductor, p.Closed)


def _heard(link: Link, kind: type[Kind]) -> Kind:
    began = time.monotonic()
    while time.monotonic() - began < 60:
        packet = link.receive()
        if isinstance(packet, kind):
            return packet
        if packet is None:
            time.sleep(0.002)
    raise TimeoutError(f"custody never said {kind.__name__}")


def _taken(lens: int, custody: int, seal_ms: float) -> Taken:
    descriptors = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in (lens, custody))  # noqa: PTH208
    return Taken(_resident_kb(lens), _resident_kb(custody), descriptors, seal_ms)


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1])


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass
class GivenPictures:
    """A camera that gives what it is handed."""

    picture: Picture = PICTURE
    lux: int = -1
    give: Callable[[Frame], None] = field(default=lambda _frame: None)

    def start(self, on_frame: Callable[[Frame], None], on_lost: object) -> None:
        del on_lost  # it loses nothing
        self.give = on_frame

    def stop(self) -> None:
        """Nothing runs by itself."""


@dataclass
class GivenSound:
    """A microphone that does the same."""

    rate_hz: int = SOUND_HZ
    give: Callable[[Pcm], None] = field(default=lambda _pcm: None)

    def start(self, on_pcm: Callable[[Pcm], None], on_lost: object) -> None:
        del on_lost
        self.give = on_pcm

    def stop(self) -> None:
        """Nothing runs by itself."""


class Shift:
    """The lens's side: one recording after the other, its stamps going on."""

    def __init__(self, custody: Path) -> None:
        self._now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        encoder = H264Encoder(PICTURE)
        planes = np.full((PICTURE.height * 3 // 2, PICTURE.width), 128, np.uint8)
        self._second = [encoder.encode(planes, n * 200_000_000) for n in range(PICTURE.rate_hz)]
        self._camera, self._microphone = GivenPictures(), GivenSound()
        self._ring = Ring(32_000_000)
        self._said: list[words.Report] = []
        clip = np.zeros(SOUND_HZ, np.int16)
        senses = Senses(
            camera=self._camera,
            microphone=self._microphone,
            muxer=lambda on_lost: Mp4Muxer(PICTURE, SOUND_HZ, on_lost),
            link=lambda: PieceLink(custody),
            seek=lambda _clip: NoticeSearch(clip, SOUND_HZ),
            say=lambda _clip: None,
            hush=lambda: None,
            overlay=lambda _trust, _place: None,
            before_press=lambda _before: None,
        )
        self._lens = Lens(senses, self._ring, self._said.append, self.now_ns, SEGMENT_SECONDS)

    def now_ns(self) -> int:
        return self._now_ns

    def record(self) -> None:
        """Film one recording; RuntimeError if anything was lost."""
        self._said.clear()
        self._lens.obey(words.Film())
        self._lens.obey(words.Go())
        for _ in range(SEGMENTS_A_RECORDING * SEGMENT_SECONDS):
            self._film_a_second()
            while self._ring.unsent() is not None:
                time.sleep(0.001)
                self._lens.work()
        self._lens.obey(words.Halt())
        while words.Halted() not in self._said:
            time.sleep(0.001)
            self._lens.work()
        lost = [report for report in self._said if isinstance(report, words.WasLost)]
        if lost:
            raise RuntimeError(f"the lens lost material: {lost[0]}")

    def _film_a_second(self) -> None:
        silence = bytes(SOUND_HZ // 5 * 2)
        for made in self._second:
            self._camera.give(Frame(made.data, made.key, self._now_ns))
            self._microphone.give(Pcm(silence, SOUND_HZ, self._now_ns))
            self._now_ns += _SECOND_NS // PICTURE.rate_hz
        self._lens.work()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lens", type=Path, help="be the lens, at this socket of custody's")
    parser.add_argument("--segments", type=int, default=SEGMENTS)
    args = parser.parse_args()
    if args.lens is None:
        print(run(args.segments))
        return
    shift = Shift(args.lens)
    for _ in sys.stdin:
        shift.record()
        print("done", flush=True)


if __name__ == "__main__":
    main()
