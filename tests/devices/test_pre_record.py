"""预录 in a whole lens process: a press turns the seconds before it into the film's beginning."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from recorder.capture import lens_words as words
from recorder.devices import barcode
from tests.rig.lens_process import SMALL, LensProcess, TakingCustody
from tests.rig.remote import pass_seconds
from tests.rig.rooms import camera_and_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from recorder.devices.sample import Tapes

pytestmark = pytest.mark.slow
PRE_RECORD = ("pre_record_seconds = 0", "pre_record_seconds = 3")


@dataclass
class Shot:
    """What one press gave: the finished film, and where in it the press lies."""

    film: bytes
    press_seconds: float
    told: list[words.WasLost]

    def lumas(self) -> list[NDArray[np.uint8]]:
        with av.open(BytesIO(self.film), "r") as file:
            return [np.asarray(p.to_ndarray()[: p.height], np.uint8) for p in file.decode(video=0)]

    def seconds(self) -> list[float]:
        with av.open(BytesIO(self.film), "r") as file:
            return [p.time for p in file.decode(video=0)]

    def loudness(self, begin: float, end: float) -> float:
        """The loudest of the sound between two seconds."""
        with av.open(BytesIO(self.film), "r") as file:
            blocks = [block.to_ndarray()[0] for block in file.decode(audio=0)]
        return float(np.abs(np.concatenate(blocks)[int(begin * 48_000) : int(end * 48_000)]).max())


def shoot(lens: LensProcess) -> Shot:
    """Wait until more was held than may be, press, and film on for a while."""
    custody = TakingCustody(lens.custody)
    lens.order(words.Await())
    pass_seconds(4.5)
    pressed_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    lens.order(words.Film())
    held = lens.hear(words.Held)
    pass_seconds(0.4)
    lens.order(words.Go())
    pass_seconds(1.5)
    lens.order(words.Halt())
    told: list[words.WasLost] = []
    while not isinstance(report := lens.hear_any(), words.Halted):
        told += [report] if isinstance(report, words.WasLost) else []
    film = custody.film()
    assert custody.opened_ns[0] // 1_000_000 == held.first_ms
    return Shot(film, (pressed_ms - held.first_ms) / 1000, told)


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory, tapes: Tapes) -> Shot:
    """A press on a bench unit that may hold pictures, and no sound."""
    devices = f'[devices]\ncamera = "{tapes.film}"\nmicrophone = "{tapes.sound}"'
    unit = (*SMALL, PRE_RECORD, ('"device"', '"bench"'), ("rate_hz = 30", "rate_hz = 25"))
    rules = (('[pre_record]\nmode = "off"', '[pre_record]\nmode = "video"'),)
    folder = tmp_path_factory.mktemp("pre")
    lens = LensProcess(folder, os.environ, (*unit, ("[devices]", devices)), rules)
    taken = shoot(lens)
    assert lens.end() == 0
    return taken


@pytest.fixture
def real(tmp_path: Path, need: Callable[[str], Path]) -> Iterator[LensProcess]:
    world = camera_and_sound(tmp_path, need)
    rules = (('[pre_record]\nmode = "off"', '[pre_record]\nmode = "video_and_sound"'),)
    lens = LensProcess(tmp_path, world.environment, (*SMALL, PRE_RECORD), rules)
    yield lens
    code = lens.end()
    world.close()
    assert code == 0


def test_a_press_makes_what_was_held_the_beginning_and_loses_no_picture(shot: Shot) -> None:
    numbers = [barcode.read(luma) for luma in shot.lumas()]
    assert 1.9 < shot.press_seconds <= 3.1
    assert {later - sooner for sooner, later in pairwise(numbers)} == {1}
    assert len(numbers) > (shot.press_seconds + 1.5) * 25


def test_pictures_from_before_the_press_say_so_and_those_after_it_do_not(shot: Shot) -> None:
    corners = [luma[4:18, 4:28].astype(int) for luma in shot.lumas()]
    like_first = [np.abs(corner - corners[0]).mean() < 30 for corner in corners]
    like_last = [np.abs(corner - corners[-1]).mean() < 30 for corner in corners]
    marked = like_first.index(False)
    assert like_first == [number < marked for number in range(len(corners))]
    assert like_last == [number >= marked for number in range(len(corners))]
    assert abs(shot.seconds()[marked] - shot.press_seconds) < 0.25


def test_without_leave_no_sound_is_kept_from_before_the_press_and_that_is_said(
    shot: Shot,
) -> None:
    assert shot.loudness(0, shot.press_seconds - 0.2) < 0.001
    assert shot.loudness(shot.press_seconds + 0.5, shot.press_seconds + 1.5) > 0.01
    (silence,) = [lost for lost in shot.told if lost.source == "microphone"]
    assert silence.cause == "by the rules, no sound is kept from before the press"
    assert abs(silence.lost / 48_000 - shot.press_seconds) < 0.5


def test_on_a_real_camera_and_microphone_pictures_and_sound_join_at_the_press(
    real: LensProcess,
) -> None:
    shot = shoot(real)
    steps = np.diff(shot.seconds())
    assert 1.9 < shot.press_seconds <= 3.1
    assert shot.loudness(0, 0.5) > 0.001
    missing = sum(lost.lost for lost in shot.told if lost.source == "camera")
    assert round((steps.sum() - len(steps) / 30) * 30) == missing
    assert [lost for lost in shot.told if lost.source == "microphone"] == []
