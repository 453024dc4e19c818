"""A program that is not ours reads the picture text off a finished film, Chinese and all."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from recorder.capture.overlay import PictureLines, overlay
from recorder.capture.ports import DeviceLost, Fix, Frame, Lost, Picture
from recorder.devices.bench.camera import BenchCamera
from recorder.devices.bench.manual_pace import ManualPace
from recorder.devices.bench.tape import FilmTape
from recorder.devices.muxer import Mp4Muxer
from recorder.devices.picture_text import chosen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorder.devices.picture_text import PictureText
    from recorder.devices.sample import Tapes

pytestmark = pytest.mark.slow
PICTURE = Picture(1920, 1080, 25, 8_000_000)
UTC_NS = 1_795_226_751_000_000_000  # 2026-11-21 10:05:51 in Beijing
FIX = Fix(1, "", 338_688_000, 1_130_547_000, 9, 98)


class Reader:
    """Films a second with the given text, and reads one picture of the finished file."""

    def __init__(self, folder: Path, tape: Path, need: Callable[[str], Path]) -> None:
        self._film, self._picture, self._tape = folder / "film.mp4", folder / "one.png", tape
        self._ffmpeg, self._tesseract = str(need("ffmpeg")), str(need("tesseract"))
        need("tesseract-chi-sim")
        self.lines = PictureLines("BF-0007", [("张三", "41042101"), ("李四", "41042102")], utc_ns)

    def read(self, text: PictureText) -> str:
        self._shoot(text)
        subprocess.run(
            [self._ffmpeg, "-v", "error", "-ss", "0.48", "-i", str(self._film), "-frames:v", "1",
             "-vf", "crop=1400:180:0:0", str(self._picture)], check=True,
        )  # fmt: skip
        command = [self._tesseract, str(self._picture), "-", "-l", "chi_sim", "--psm", "6"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def _shoot(self, text: PictureText) -> None:
        pace = ManualPace(0)
        frames: list[Frame] = []
        lost: list[DeviceLost | Lost] = []
        camera = BenchCamera(FilmTape(self._tape), PICTURE, pace, text, self.lines.at)
        camera.start(frames.append, lost.append)
        pace.advance(0.9)
        camera.stop()
        assert lost == []
        muxer = Mp4Muxer(PICTURE, 48_000, lost.append)
        pieces = [piece for frame in frames for piece in muxer.take(frame)]
        pieces += muxer.end()
        self._film.write_bytes(b"".join(piece.data for piece in pieces))


def utc_ns(boottime_ns: int) -> int:
    return UTC_NS + boottime_ns


@pytest.fixture
def reader(tmp_path: Path, tapes: Tapes, need: Callable[[str], Path]) -> Reader:
    need("wqy-zenhei")
    return Reader(tmp_path, tapes.film, need)


def test_time_and_its_trust_unit_officers_and_position_are_read_off_the_film(
    reader: Reader,
) -> None:
    order = overlay("gps", FIX)
    reader.lines.show(order.trust, order.place)
    text, wrong = chosen(PICTURE.height, "", reader.lines.letters)
    time, who, place = reader.read(text).splitlines()[:3]
    assert wrong == ()
    assert time == "2026-11-21 10:05:51 北京时间 卫星授时"
    assert who == "记录仪 BF-0007 执法人员 张三 41042101 李四 41042102"
    for words in ("北纬 33.86880", "东经 113.05470"):
        assert words in place


def test_pictures_from_before_the_press_and_doubtful_clocks_say_so(reader: Reader) -> None:
    reader.lines.show(overlay("rtc", FIX).trust, "位置不明")
    reader.lines.show_before_press(True)
    text, _ = chosen(PICTURE.height, "", reader.lines.letters)
    time, _who, place = reader.read(text).splitlines()[:3]
    assert time == "预录 2026-11-21 10:05:51 北京时间 设备自带时钟未核对"
    assert place == "位置不明"


def test_without_a_chinese_font_the_digits_are_read_and_the_names_are_not(reader: Reader) -> None:
    text, (wrong,) = chosen(PICTURE.height, "", reader.lines.letters, known=())
    seen = reader.read(text)
    assert "2026-11-21 10:05:51" in seen
    assert "41042102" in seen
    assert "执法人员" not in seen
    assert "张三" not in seen
    assert "question mark for each of 记录仪执法人员张三李四" in wrong
