"""The real picamera2 on a camera made of software: whatever it does, nothing is lost in silence."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from recorder.capture.ports import DeviceLost, Frame, Lost, Picture
from tests.rig.camera.barcode import Shown, shown
from tests.rig.remote import pass_seconds, until
from tests.rig.rooms import SoftwareCamera, software_camera

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
PICTURE = Picture(640, 360, 30, 2_000_000)
SECOND_NS = 1_000_000_000


class Shoot:
    """What was filmed, and what was told about it with the second it was told at."""

    def __init__(self, camera: SoftwareCamera) -> None:
        self.camera = camera
        self.frames: list[Frame] = []
        self.told: list[DeviceLost | Lost] = []

    def begin(self) -> None:
        self.camera.device.start(self.frames.append, self.told.append)
        pass_seconds(1.0)

    def end(self) -> list[Shown]:
        pass_seconds(0.5)
        self.camera.device.stop()
        return shown(self.frames)

    def lost(self) -> list[Lost]:
        return [fact for fact in self.told if isinstance(fact, Lost)]

    def gone(self) -> list[str]:
        return [str(fact) for fact in self.told if isinstance(fact, DeviceLost)]


@pytest.fixture
def shoot(tmp_path: Path) -> Iterator[Shoot]:
    camera = software_camera(tmp_path, PICTURE)
    yield Shoot(camera)
    camera.close()


def numbers_accounted_for(pictures: list[Shown], lost: list[Lost]) -> None:
    """Every number of the sensor's was delivered or reported as missing."""
    numbers = [picture.number for picture in pictures]
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    reported = sum(
        loss.count for loss in lost if "stalled" in loss.cause or "skipped" in loss.cause
    )
    assert reported == missing


def test_every_picture_arrives_with_the_instant_at_which_the_sensor_took_it(shoot: Shoot) -> None:
    shift_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    shoot.begin()
    pass_seconds(2.0)
    pictures = shoot.end()
    numbers_accounted_for(pictures, shoot.lost())
    for picture in pictures:
        wall_ms = (picture.boottime_ns + shift_ns) // 1_000_000 & 0xFFFF_FFFF
        assert abs(wall_ms - picture.wall_ms) <= 2


def test_a_stall_is_told_within_two_seconds_and_the_pictures_it_cost_are_counted(
    shoot: Shoot,
) -> None:
    shoot.begin()
    shoot.camera.fault("stall")
    assert until(shoot.gone) < 2.0
    shoot.camera.fault("ok")
    until(lambda: any("stalled" in loss.cause for loss in shoot.lost()))
    numbers_accounted_for(shoot.end(), shoot.lost())


@pytest.mark.parametrize(("fault", "word"), [("freeze", "frozen"), ("black", "black")])
def test_a_picture_that_shows_nothing_new_is_told_within_two_seconds(
    shoot: Shoot, fault: str, word: str
) -> None:
    shoot.begin()
    shoot.camera.fault(fault)
    assert until(lambda: any(word in loss.cause for loss in shoot.lost())) < 2.0
    filmed = len(shoot.frames)
    shoot.camera.fault("ok")
    shoot.end()
    assert len(shoot.frames) > filmed


@pytest.mark.parametrize("fault", ["drop 20", "error", "slow 3"])
def test_pictures_that_the_sensor_drops_are_counted_and_the_others_kept(
    shoot: Shoot, fault: str
) -> None:
    shoot.begin()
    shoot.camera.fault(fault)
    pass_seconds(1.0)
    shoot.camera.fault("ok")
    pass_seconds(0.5)
    pictures = shoot.end()
    gone_ns = pictures[-1].boottime_ns - pictures[0].boottime_ns
    expected = round(gone_ns * PICTURE.rate_hz / SECOND_NS) + 1
    reported = sum(loss.count for loss in shoot.lost())
    assert reported > 0
    assert abs(len(pictures) + reported - expected) <= 2


def test_how_bright_the_scene_is_comes_with_the_pictures(shoot: Shoot) -> None:
    shoot.begin()
    shoot.camera.fault("lux 2")
    assert until(lambda: shoot.camera.device.lux == 2) < 2.0
    shoot.camera.fault("ok")
    until(lambda: shoot.camera.device.lux == 350)
    shoot.end()


def test_picture_text_that_raises_costs_the_text_not_the_film(shoot: Shoot) -> None:
    """Raised on picamera2's loop it would end all pictures, and stopping would hang for ever."""
    shoot.begin()
    shoot.camera.device.order("break lines")
    until(shoot.gone)
    filmed = len(shoot.frames)
    until(lambda: len(shoot.frames) > filmed + PICTURE.rate_hz)
    pictures = shoot.end()
    assert shoot.gone() == ["In the picture text of the camera: ValueError: no officers."]
    numbers_accounted_for(pictures, shoot.lost())


def test_an_encoder_that_raises_is_told_and_films_on(shoot: Shoot) -> None:
    """picamera2's own force_key_frame raises inside its loop with today's av."""
    shoot.begin()
    shoot.camera.device.order("force key frame")
    until(shoot.gone)
    filmed = len(shoot.frames)
    until(lambda: len(shoot.frames) > filmed + PICTURE.rate_hz)
    shoot.camera.device.stop()
    assert "In the encoder of the camera: TypeError" in shoot.gone()[0]


def test_a_stop_in_the_middle_of_a_stall_returns_and_the_camera_starts_again(shoot: Shoot) -> None:
    shoot.begin()
    shoot.camera.fault("stall")
    until(shoot.gone)
    began = time.monotonic()
    shoot.camera.device.stop()
    assert time.monotonic() - began < 2.0
    shoot.camera.fault("ok")
    shoot.frames.clear()
    shoot.begin()
    assert shoot.frames[0].key


def test_a_camera_that_stays_stalled_is_opened_anew_and_the_film_goes_on_with_a_key_frame(
    shoot: Shoot,
) -> None:
    shoot.begin()
    shoot.camera.fault("stick")
    until(shoot.gone)
    before = len(shoot.frames)
    until(lambda: len(shoot.frames) > before + PICTURE.rate_hz)
    shoot.camera.device.stop()
    stamps = [frame.boottime_ns for frame in shoot.frames]
    gap_ns, at = max((later - sooner, at) for at, (sooner, later) in enumerate(pairwise(stamps), 1))
    (stall,) = [loss for loss in shoot.lost() if "stalled" in loss.cause]
    assert shoot.frames[at].key
    assert stall.count == round(gap_ns * PICTURE.rate_hz / SECOND_NS) - 1


def test_a_camera_that_gives_nothing_is_lost_before_the_conductor_loses_patience(
    shoot: Shoot,
) -> None:
    shoot.camera.fault("stall")
    began = time.monotonic()
    with pytest.raises(DeviceLost, match="ribbon cable"):
        shoot.begin()
    assert time.monotonic() - began < 2.5
