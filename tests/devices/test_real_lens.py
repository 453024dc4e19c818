"""The lens process with the real picamera2 and PyAudio, on both rigs at once, told by socket."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING, TypeVar

import pytest

from recorder.capture import lens_words as words
from tests.rig.remote import pass_seconds
from tests.rig.rooms import PROMPTS, camera_and_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rig.rooms import CameraAndSound

T = TypeVar("T", bound=words.Report)
pytestmark = pytest.mark.slow
SAMPLES = PROMPTS.parents[1] / "tests" / "config" / "samples"


class Conductor:
    """The other end of a lens's socket."""

    def __init__(self, folder: Path, world: CameraAndSound) -> None:
        unit = folder / "unit.toml"
        text = (SAMPLES / "unit.toml").read_text(encoding="utf-8")
        unit.write_text(
            text.replace("1920", "640").replace("1080", "360").replace("8_000", "2_000")
        )
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(10)
        settings = {"rules": SAMPLES / "rules.toml", "fleet": SAMPLES / "fleet.toml", "unit": unit,
                    "custody": folder / "custody.sock", "prompts": PROMPTS}  # fmt: skip
        self._lens = subprocess.Popen(
            [sys.executable, "-m", "recorder.programs.lens", "--control", str(theirs.fileno()),
             *(word for name, path in settings.items() for word in (f"--{name}", str(path)))],
            env=world.environment, pass_fds=[theirs.fileno()],
        )  # fmt: skip
        theirs.close()

    def order(self, word: words.Order) -> None:
        self._line.send(words.encode(word))

    def hear(self, kind: type[T]) -> T:
        while True:
            word = words.decode(self._line.recv(words.PACKET_LIMIT_BYTES))
            if isinstance(word, kind):
                return word

    def film(self) -> None:
        """Return when pictures and sound come."""
        self.order(words.Film())
        while not ((alive := self.hear(words.Alive)).frames and alive.samples):
            pass

    def end(self) -> int:
        self._line.close()
        return self._lens.wait(10)


@pytest.fixture
def world(tmp_path: Path, need: Callable[[str], Path]) -> Iterator[CameraAndSound]:
    made = camera_and_sound(tmp_path, need)
    yield made
    made.close()


@pytest.fixture
def conductor(tmp_path: Path, world: CameraAndSound) -> Iterator[Conductor]:
    made = Conductor(tmp_path, world)
    yield made
    assert made.end() == 0


def test_a_self_check_shows_that_camera_and_microphone_live(conductor: Conductor) -> None:
    conductor.order(words.Check())
    checked = conductor.hear(words.Checked)
    assert checked.frames >= 25
    assert checked.samples >= 40_000
    assert checked.level > 0


def test_a_camera_that_stalls_is_told_to_the_conductor_and_sound_goes_on(
    conductor: Conductor, world: CameraAndSound
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
    conductor: Conductor, world: CameraAndSound
) -> None:
    conductor.film()
    world.card.kill()
    while (lost := conductor.hear(words.WasLost)).source != "microphone":
        pass
    before = conductor.hear(words.Alive)
    pass_seconds(1.0)
    assert "given nothing" in lost.cause
    assert conductor.hear(words.Alive).frames > before.frames
