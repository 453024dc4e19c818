"""The lens process with the real picamera2 and PyAudio, on both rigs at once, told by socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.capture import lens_words as words
from recorder.capture.ports import BLACK, FROZEN
from tests.rig.lens_process import LensProcess
from tests.rig.remote import pass_seconds
from tests.rig.rooms import camera_and_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rig.rooms import CameraAndSound

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path, need: Callable[[str], Path]) -> Iterator[CameraAndSound]:
    made = camera_and_sound(tmp_path, need)
    yield made
    made.close()


@pytest.fixture
def conductor(tmp_path: Path, world: CameraAndSound) -> Iterator[LensProcess]:
    made = LensProcess(tmp_path, world.environment)
    yield made
    assert made.end() == 0


def test_a_self_check_shows_that_camera_and_microphone_live(conductor: LensProcess) -> None:
    conductor.order(words.Check())
    checked = conductor.hear(words.Checked)
    assert checked.frames >= 25
    assert checked.samples >= 40_000
    assert checked.level > 0


@pytest.mark.parametrize(("does", "cause"), [("black", BLACK), ("freeze", FROZEN)])
def test_a_self_check_finds_a_camera_whose_pictures_show_nothing(
    conductor: LensProcess, world: CameraAndSound, does: str, cause: str
) -> None:
    world.control.write_text(does)
    conductor.order(words.Check())
    while (lost := conductor.hear(words.WasLost)).cause != cause:
        assert "skipped" in lost.cause  # a busy machine
    assert conductor.hear(words.Checked).frames > 0
    world.control.write_text("ok")


def test_a_camera_that_stalls_is_told_to_the_conductor_and_sound_goes_on(
    conductor: LensProcess, world: CameraAndSound
) -> None:
    conductor.film()
    world.control.write_text("stall")
    lost = conductor.hear(words.WasLost)
    before = conductor.hear(words.Alive)
    pass_seconds(1.0)
    later = conductor.hear(words.Alive)
    assert lost.source == "camera"
    assert later.samples > before.samples
    world.control.write_text("ok")


def test_a_microphone_that_dies_is_told_and_the_picture_goes_on(
    conductor: LensProcess, world: CameraAndSound
) -> None:
    conductor.film()
    world.card.kill()
    while (lost := conductor.hear(words.WasLost)).source != "microphone":
        pass
    before = conductor.hear(words.Alive)
    pass_seconds(1.0)
    assert "given nothing" in lost.cause
    assert conductor.hear(words.Alive).frames > before.frames
