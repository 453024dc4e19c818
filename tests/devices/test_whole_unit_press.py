"""A press on a whole unit of real parts: what lies before it, a photo after it, and the night."""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from recorder.capture.ports import Picture
from recorder.devices.still import still
from recorder.evidence.record import Mark, MarkKind, Start
from tests.custody.judge import disproofs
from tests.rig.accounts import check_accounts
from tests.rig.camera.barcode import bars
from tests.rig.remote import pass_seconds
from tests.rig.shot import Shot, taken_apart
from tests.rig.unit import RigUnit, boottime_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
PICTURE = Picture(1280, 720, 30, 4_000_000)
SOON_MS = 200
BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Pressed:
    """A unit that waited, was pressed at `at_ms`, recorded, and ended."""

    unit: RigUnit
    at_ms: int
    shot: Shot


@pytest.fixture(scope="module")
def pressed(need: Callable[[str], Path]) -> Iterator[Pressed]:
    with tempfile.TemporaryDirectory(prefix="p") as folder:
        unit = RigUnit(
            Path(folder), need, PICTURE,
            unit={
                "pre_record_seconds = 0": "pre_record_seconds = 3",
                "lamp_pin = 22": "lamp_pin = 22\nir_cut_pin = 5\nir_light_pin = 6",
            },
            rules={'[pre_record]\nmode = "off"': '[pre_record]\nmode = "video_and_sound"'},
        )  # fmt: skip
        try:
            unit.until_ready()
            pass_seconds(4.5)
            at_ms = unit.press()
            unit.until("opened")
            pass_seconds(1.0)
            unit.camera_fault("lux 1")
            unit.press()
            unit.press()
            unit.until("view", by="night")
            unit.stop()
        finally:
            unit.close()
        yield Pressed(unit, at_ms, taken_apart(unit))


def test_the_film_begins_seconds_before_the_press_as_the_log_says(pressed: Pressed) -> None:
    (start,) = pressed.unit.of(Start)
    first_ms = pressed.shot.segments[0].span.first_ms
    assert 1_900 < start.pre_record_ms <= 3_000 + SOON_MS
    assert 0 <= first_ms + start.pre_record_ms - pressed.at_ms < SOON_MS


def test_no_picture_is_lost_where_the_press_lies(pressed: Pressed) -> None:
    pictures = pressed.shot.pictures
    gone = check_accounts(pictures, pressed.shot.gaps)
    assert pictures[0].at_ms < pressed.at_ms - 1_800
    assert pictures[-1].at_ms > pressed.at_ms + 2_000
    assert gone <= pressed.shot.late + pressed.shot.starved


def test_the_lamp_does_not_show_recording_before_the_press(pressed: Pressed) -> None:
    before = [lamp for lamp in pressed.unit.all("lamp") if lamp.at_ms < pressed.at_ms]
    assert "recording" not in {lamp.facts["lamp"] for lamp in before}


def test_a_court_finds_nothing_wrong_with_it(pressed: Pressed) -> None:
    assert disproofs(pressed.unit.house) == set()


def test_the_photo_of_a_double_press_is_the_picture_of_that_instant(
    pressed: Pressed, tmp_path: Path
) -> None:
    (mark,) = pressed.unit.of(Mark)
    ((film, segment),) = pressed.unit.each_film()
    (tmp_path / "film.mp4").write_bytes(film)
    taken = still(tmp_path / "film.mp4", mark.media_ms - segment.span.first_ms)
    luma = np.asarray(taken.picture.to_ndarray(), np.uint8)
    number, _ = bars(luma[: PICTURE.height])
    by_number = {picture.number: picture.at_ms for picture in pressed.shot.pictures}
    assert mark.kind is MarkKind.PHOTO
    assert 0 <= mark.media_ms - by_number[number] < 2 * 1000 / PICTURE.rate_hz
    assert "已拍照" in words_beside(pressed.unit)


def test_night_is_switched_said_and_stands_beside_the_film(pressed: Pressed) -> None:
    assert [view.facts["by"] for view in pressed.unit.all("view")] == ["night"]
    assert "红外夜视已开启" in words_beside(pressed.unit)


def words_beside(unit: RigUnit) -> str:
    return b"".join(unit.sidecars()).decode()


def test_a_reading_program_reads_the_text_that_the_unit_burnt_in(
    pressed: Pressed, need: Callable[[str], Path], tmp_path: Path
) -> None:
    need("wqy-zenhei")
    need("tesseract-chi-sim")
    tesseract = str(need("tesseract"))
    ((film, segment),) = pressed.unit.each_film()
    (tmp_path / "film.mp4").write_bytes(film)
    seen = []
    for since_press_ms in (-1_000, 1_000):
        into_ms = pressed.at_ms + since_press_ms - segment.span.first_ms
        taken = still(tmp_path / "film.mp4", into_ms)
        strip = Image.fromarray(np.asarray(taken.picture.to_ndarray(), np.uint8)[:110, :900])
        strip.resize((1800, 220), Image.Resampling.BICUBIC).save(tmp_path / "1.png")
        command = [tesseract, str(tmp_path / "1.png"), "-", "-l", "chi_sim", "--psm", "6"]
        read = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        shift_ms = time.time_ns() // 1_000_000 - boottime_ms()
        taken_at = segment.span.first_ms + taken.at_ms + shift_ms
        assert any(second_of(taken_at + rounding_ms) in read for rounding_ms in (-3, 3))
        assert "记录仪 NS-0007 执法人员 张三 41042101 李四 41042102" in read
        seen.append("预录" in read)
    assert seen == [True, False]


def second_of(utc_ms: int) -> str:
    return f"{datetime.fromtimestamp(utc_ms // 1000, BEIJING):%Y-%m-%d %H:%M:%S}"
