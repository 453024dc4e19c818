"""What filming costs: our lens beside bare ffmpeg, encoding the same film the same way.

Ours is everything between the sensors and custody: decode the tape (as ffmpeg does), burn in the
text, encode, mux, hand over through the socket. Both go as fast as they can; processor time is
compared, and each run of ours stands beside a run of ffmpeg's right after it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.lens.lens import Lens
from recorder.capture.lens.notice_search import NoticeSearch
from recorder.capture.lens.piece_link import PieceLink
from recorder.capture.lens.ring import Ring
from recorder.capture.lens.senses import Senses
from recorder.capture.overlay import PictureLines
from recorder.capture.ports import Picture
from recorder.devices.bench.air import Air
from recorder.devices.bench.camera import BenchCamera
from recorder.devices.bench.microphone import BenchMicrophone
from recorder.devices.bench.tape import FilmTape, SoundTape
from recorder.devices.muxer import Mp4Muxer
from recorder.devices.picture_text import chosen
from recorder.devices.sample import make_tapes
from recorder.handover import packets as p
from recorder.handover.connection import Link, accept, listen
from recorder.handover.errors import LinkLost

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

RUNS, SECONDS, RATE_HZ, SOUND_HZ = 5, 6, 25, 48_000
BUDGET = 1.10
SIZES = ((1280, 720, 2_000_000, "_720p"), (1920, 1080, 8_000_000, ""))


def run() -> list[dict[str, object]]:
    """Give `capture_cpu_vs_ffmpeg` (1920×1080) and the same at 1280×720."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise FileNotFoundError("ffmpeg is missing: sudo apt-get install ffmpeg")
    with tempfile.TemporaryDirectory(prefix="b") as folder:
        made = make_tapes(Path(folder), datetime(2026, 11, 21, 1, 0, tzinfo=UTC))
        return [_figure(Duel(Path(folder), ffmpeg, made.film, made.sound, *size)) for size in SIZES]


@dataclass(frozen=True, slots=True)
class Duel:
    """One size, both sides."""

    folder: Path
    ffmpeg: str
    tape: Path
    sound: Path
    width: int
    height: int
    bits_per_second: int
    suffix: str

    def film(self) -> Path:
        """The tape at this size, so that neither side has to scale."""
        film = self.folder / f"{self.height}.mp4"
        self._call(
            "-i", str(self.tape), "-t", str(SECONDS + 2), "-an",
            "-vf", f"scale={self.width}:{self.height}", "-c:v", "libx264",
            "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-y", str(film),
        )  # fmt: skip
        return film

    def peer(self, film: Path) -> float:
        """Processor seconds of ffmpeg."""
        before = os.times()
        self._call(
            "-i", str(film), "-i", str(self.sound), "-map", "0:v", "-map", "1:a",
            "-t", str(SECONDS), "-c:v", "libx264", "-preset", "ultrafast",
            "-tune", "zerolatency", "-sc_threshold", "0", "-g", str(RATE_HZ),
            "-b:v", str(self.bits_per_second), "-c:a", "aac", "-b:a", "64k", "-ac", "1",
            "-movflags", "empty_moov+default_base_moof+frag_keyframe", "-frag_duration", "500000",
            "-f", "mp4", "-y", os.devnull,
        )  # fmt: skip
        after = os.times()
        return (after.children_user - before.children_user) + (
            after.children_system - before.children_system
        )

    def ours(self, film: Path) -> float:
        """Processor seconds of a lens that films as much and hands it over."""
        path = self.folder / "c.sock"
        size = map(str, (self.width, self.height, self.bits_per_second))
        with listen(path) as listener:
            taker = threading.Thread(target=_take, args=(listener,))
            taker.start()
            said = subprocess.run(
                [sys.executable, __file__, str(film), str(self.sound), str(path), *size],
                check=True, capture_output=True, text=True,
            ).stdout  # fmt: skip
            taker.join()
        return float(said)

    def _call(self, *words: str) -> None:
        subprocess.run([self.ffmpeg, "-v", "error", "-nostdin", *words], check=True)


def _figure(duel: Duel) -> dict[str, object]:
    film = duel.film()
    runs = [duel.ours(film) / duel.peer(film) for _ in range(RUNS)]
    value = statistics.median(runs)
    return {
        "name": f"capture_cpu_vs_ffmpeg{duel.suffix}",
        "value": value,
        "unit": "× processor time",
        "peer": f"ffmpeg, {duel.width}x{duel.height} at {RATE_HZ}",
        "budget": f"≤{BUDGET:.2f}",
        "ok": value <= BUDGET,
        "command": "make bench ARGS=capture",
        "runs": runs,
    }


def _take(listener: socket.socket) -> None:
    """Be custody's ear: take every piece, and call it durable."""
    listener.setblocking(True)
    custody = accept(listener)
    assert custody is not None
    try:
        for kept in _pieces(custody):
            custody.send(p.Kept(kept))
    except LinkLost:
        custody.close()


def _pieces(custody: Link) -> Iterator[int]:
    kept = 0
    while True:
        packet = custody.receive()
        if packet is None:
            time.sleep(0.002)
        elif isinstance(packet, p.Keep) and packet.last:
            kept += 1
            yield kept


class Rush:
    """A clock that is always as far as the camera has come; sound waits for it."""

    def __init__(self) -> None:
        self._now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._moved = threading.Condition()

    def now_ns(self) -> int:
        return self._now_ns

    def wait_until(self, boottime_ns: int, stop: threading.Event) -> bool:
        """Make it that instant."""
        with self._moved:
            self._now_ns = max(self._now_ns, boottime_ns)
            self._moved.notify_all()
        return not stop.is_set()

    def follow(self, boottime_ns: int, stop: threading.Event) -> bool:
        """Wait for that instant."""
        with self._moved:
            while self._now_ns < boottime_ns and not stop.is_set():
                self._moved.wait(0.05)
        return not stop.is_set()


class Follower:
    """The pace of a device that keeps up with `Rush`."""

    def __init__(self, rush: Rush) -> None:
        self._rush = rush

    def now_ns(self) -> int:
        return self._rush.now_ns()

    def wait_until(self, boottime_ns: int, stop: threading.Event) -> bool:
        return self._rush.follow(boottime_ns, stop)


def film_once(film: Path, sound: Path, custody: Path, picture: Picture) -> float:
    """Film SECONDS as the lens process does; the processor seconds from `film` to `halted`."""
    rush, air = Rush(), Air(SOUND_HZ)
    lines = PictureLines("BF-0007", (("张三", "41042101"), ("李四", "41042102")), lambda ns: ns)
    text, _ = chosen(picture.height, "", lines.letters)
    senses = Senses(
        camera=BenchCamera(FilmTape(film), picture, rush, text, lines.at),
        microphone=BenchMicrophone(SoundTape(sound, SOUND_HZ), air, Follower(rush)),
        muxer=lambda on_lost: Mp4Muxer(picture, SOUND_HZ, on_lost),
        link=lambda: PieceLink(custody),
        seek=lambda _clip: NoticeSearch(air.heard(0, 1).astype("<i2"), SOUND_HZ),
        say=lambda _clip: None,
        hush=lambda: None,
        overlay=lambda _trust, _place: None,
        before_press=lambda _before: None,
    )
    said: list[words.Report] = []
    lens = Lens(senses, Ring(64_000_000), said.append, rush.now_ns, 60)
    began = time.process_time()
    lens.obey(words.Film())
    lens.obey(words.Go())
    while lens.alive().frames < SECONDS * RATE_HZ:
        lens.work()
        time.sleep(0.02)
    lens.obey(words.Halt())
    while words.Halted() not in said:
        lens.work()
        time.sleep(0.005)
    spent = time.process_time() - began
    lost = [report for report in said if isinstance(report, words.WasLost)]
    if lost:
        raise RuntimeError(f"the lens lost material, so the figure would be too good: {lost[0]}")
    return spent * SECONDS * RATE_HZ / lens.alive().frames


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("film", "sound", "custody"):
        parser.add_argument(name, type=Path)
    for name in ("width", "height", "bits"):
        parser.add_argument(name, type=int)
    args = parser.parse_args()
    picture = Picture(args.width, args.height, RATE_HZ, args.bits)
    print(film_once(args.film, args.sound, args.custody, picture))


if __name__ == "__main__":
    main()
