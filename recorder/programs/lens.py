"""The lens process: `python -I -m recorder.programs.lens`, started by the conductor only.

It ends when the conductor does, or when told nothing is left of its control socket.
"""

from __future__ import annotations

import argparse
import select
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config import live, load
from config.words import ConfigRefused
from recorder.capture import lens_words as words
from recorder.capture.lens.lens import Lens
from recorder.capture.lens.notice_search import NoticeSearch
from recorder.capture.lens.piece_link import PieceLink
from recorder.capture.lens.pre_record import PreRecord
from recorder.capture.lens.ring import Ring
from recorder.capture.lens.senses import Senses
from recorder.capture.lens.way_out import CustodyGone
from recorder.capture.overlay import PictureLines
from recorder.capture.ports import DeviceLost, Picture
from recorder.devices.bench.air import Air
from recorder.devices.bench.camera import BenchCamera
from recorder.devices.bench.microphone import BenchMicrophone
from recorder.devices.bench.speaker import BenchSpeaker
from recorder.devices.bench.tape import FilmTape, SoundTape
from recorder.devices.coding import coding_of, video_devices
from recorder.devices.muxer import Mp4Muxer
from recorder.devices.pace import BoottimePace
from recorder.devices.picture_text import chosen, unreadable_in
from recorder.devices.prompts import PromptsUnreadable, load_prompts
from recorder.programs.memory import let_buffers_go

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.schema import Effective
    from recorder.devices.picture_text import PictureText

SOUND_HZ = 48_000
HOLD_BYTES = 32 * 1024 * 1024
"""What the lens can hold while custody is away: 30 s at 8 Mbit/s."""
PRE_RECORD_BYTES = 28 * 1024 * 1024
"""What a press finds at most: the rest of HOLD_BYTES is for what comes while custody opens."""
_VIDEO_DEVICES = Path("/sys/class/video4linux")
_WORK_SECONDS = 0.02
_ALIVE_NS = 500_000_000


def _utc_ns(boottime_ns: int) -> int:
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) + boottime_ns


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands in the picture, how it is drawn, and what is wrong with that."""

    lines: PictureLines
    text: PictureText
    remarks: tuple[str, ...]

    def bind(self, officers: str) -> tuple[str, ...]:
        """Name other officers from now on; what is wrong with it then."""
        self.lines.bind(officers)
        found = (*self.remarks, *unreadable_in(self.text, self.lines.letters))
        return tuple(dict.fromkeys(found))


def _shown(config: Effective) -> _Shown:
    unit = config.unit
    officers = [(officer.name, officer.number) for officer in unit.officers]
    lines = PictureLines(unit.number, officers, _utc_ns)
    text, remarks = chosen(unit.picture.height, unit.picture_text.font, lines.letters)
    for remark in remarks:
        print(f"lens: {remark}", file=sys.stderr)
    return _Shown(lines, text, remarks)


def _remark(sentence: str) -> None:
    print(f"lens: {sentence}", file=sys.stderr)


def bench_senses(config: Effective, custody: Path, prompts_folders: Sequence[Path]) -> Senses:
    """Tapes for sensors; TapeUnplayable with a sentence if one cannot be played."""
    unit, pace, air = config.unit, BoottimePace(), Air(SOUND_HZ)
    size = unit.picture
    picture = Picture(size.width, size.height, size.rate_hz, size.bits_per_second)
    film = FilmTape(Path(unit.devices.camera))
    sound = SoundTape(Path(unit.devices.microphone or unit.devices.camera), SOUND_HZ)
    shown = _shown(config)
    lines = shown.lines
    prompts = load_prompts(*prompts_folders, remark=_remark)
    speaker = BenchSpeaker(prompts, air, pace, lambda _prompt: None)

    def seek(clip: str) -> NoticeSearch:
        return NoticeSearch(prompts[clip].samples, prompts[clip].rate_hz)

    return Senses(
        camera=BenchCamera(film, picture, pace, shown.text, lines.at),
        microphone=BenchMicrophone(sound, air, pace),
        muxer=lambda on_lost: Mp4Muxer(picture, SOUND_HZ, on_lost),
        link=lambda: PieceLink(custody),
        seek=seek,
        say=speaker.say,
        hush=speaker.hush,
        overlay=lines.show,
        before_press=lines.show_before_press,
        before=_before(config),
        remarks=shown.remarks,
        officers=shown.bind,
    )


def device_senses(config: Effective, custody: Path, prompts_folders: Sequence[Path]) -> Senses:
    """The sensors of a real unit. One that is not there is told when filming begins."""
    # Their libraries are on a unit only.
    from recorder.devices.picamera import PicameraCamera  # noqa: PLC0415
    from recorder.devices.pyaudio_mic import PyAudioMicrophone  # noqa: PLC0415

    unit, now_ns = config.unit, BoottimePace().now_ns
    size = unit.picture
    wanted = Picture(size.width, size.height, size.rate_hz, size.bits_per_second)
    shown = _shown(config)
    lines = shown.lines
    prompts = load_prompts(*prompts_folders, remark=_remark)
    coding = coding_of(video_devices(_VIDEO_DEVICES))
    camera = PicameraCamera(wanted, coding, shown.text, lines.at, now_ns)
    with suppress(DeviceLost):  # opened again, and told, with the first press
        camera.open()

    def seek(clip: str) -> NoticeSearch:
        return NoticeSearch(prompts[clip].samples, prompts[clip].rate_hz)

    return Senses(
        camera=camera,
        microphone=PyAudioMicrophone(unit.devices.microphone, SOUND_HZ, now_ns),
        muxer=lambda on_lost: Mp4Muxer(camera.picture, SOUND_HZ, on_lost),
        link=lambda: PieceLink(custody),
        seek=seek,
        say=lambda _clip: None,  # the conductor's own speaker says it: no prompt waits for a lens
        hush=lambda: None,
        overlay=lines.show,
        before_press=lines.show_before_press,
        before=_before(config),
        remarks=shown.remarks,
        officers=shown.bind,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Film until the conductor is gone."""
    parser = argparse.ArgumentParser(prog="lens", description=__doc__)
    for name in ("rules", "fleet", "unit", "custody"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, nargs="+", required=True)
    parser.add_argument("--control", type=int, required=True, help="descriptor of the socket")
    args = parser.parse_args(argv)
    let_buffers_go()
    control = socket.socket(fileno=args.control)
    control.setblocking(False)
    try:
        config = load.load(args.rules, args.fleet, args.unit)
        senses_of = bench_senses if config.unit.kind == "bench" else device_senses
        senses = senses_of(config, args.custody, args.prompts)
    except (ConfigRefused, DeviceLost, PromptsUnreadable) as loss:
        print(f"lens: {loss}", file=sys.stderr)
        return 1
    return _run(control, senses, live.segment_seconds(config))


def _before(config: Effective) -> PreRecord | None:
    """What is held from before a press; nothing unless unit and regulation both want it."""
    seconds, mode = config.unit.record.pre_record_seconds, config.rules.pre_record.mode
    if not seconds or mode == "off":
        return None
    return PreRecord(seconds, PRE_RECORD_BYTES, sound=mode == "video_and_sound")


def _run(control: socket.socket, senses: Senses, segment_seconds: int) -> int:
    def report(word: words.Report) -> None:
        control.send(words.encode(word))

    def now_ns() -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    lens = Lens(senses, Ring(HOLD_BYTES), report, now_ns, segment_seconds)
    alive_ns = 0
    try:
        while True:
            select.select([control], [], [], _WORK_SECONDS)
            try:
                for order in _orders(control):
                    lens.obey(order)
                lens.work()
            except CustodyGone as gone:
                print(f"lens: {gone}", file=sys.stderr)
                lens.let_go_of_custody()
            if now_ns() - alive_ns >= _ALIVE_NS:
                alive_ns = now_ns()
                report(lens.alive())
                if (light := lens.light()) is not None:
                    report(light)
    except (ConductorGone, BrokenPipeError, ConnectionResetError):
        return 0


class ConductorGone(Exception):
    """Nobody is at the other end of the control socket."""


def _orders(control: socket.socket) -> list[words.Order]:
    orders: list[words.Order] = []
    while True:
        try:
            packet = control.recv(words.PACKET_LIMIT_BYTES + 1)
        except BlockingIOError:
            return orders
        if not packet:
            raise ConductorGone
        word = words.decode(packet)
        if isinstance(word, words.Order):
            orders.append(word)


if __name__ == "__main__":
    sys.exit(main())
