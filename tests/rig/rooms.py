"""The rigs as tests use them: a camera, or a microphone with a speaker in a room."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.rig.build import ROOT, Part, Rig, camera_environment, standing_rig
from tests.rig.remote import RemoteDevice
from tests.rig.sound.virtual import VirtualSound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorder.capture.ports import Picture

PROMPTS = ROOT / "config" / "prompts"


class RigMissing(Exception):
    """A rig was not built; the sentence says how."""


@dataclass(frozen=True, slots=True)
class SoftwareCamera:
    """picamera2 in a child, on a camera that fails on command."""

    device: RemoteDevice
    control: Path

    def fault(self, words: str) -> None:
        """Let it stall, freeze, blacken or drop; `ok` ends that."""
        self.control.write_text(words)

    def close(self) -> None:
        self.device.close()


@dataclass(frozen=True, slots=True)
class SoundRoom:
    """PyAudio in a child, on a sound card that can die."""

    device: RemoteDevice
    card: VirtualSound

    def close(self) -> None:
        self.device.close()
        self.card.stop()


@dataclass(frozen=True, slots=True)
class CameraAndSound:
    """Both rigs for a process of one's own; a murmur is in the room."""

    environment: dict[str, str]
    control: Path
    card: VirtualSound

    def close(self) -> None:
        self.card.stop()


def camera_and_sound(folder: Path, need: Callable[[str], Path]) -> CameraAndSound:
    """Start both; RigMissing unless they were built."""
    control = folder / "fault"
    control.write_text("ok")
    home = folder / "sound"
    home.mkdir()
    rig = built_rig(Part.SITE, Part.LIBCAMERA, Part.PLUG_IN)
    card = VirtualSound(home, need)
    card.start()
    murmur = np.random.default_rng(1).normal(0, 300, 48_000 * 60).astype("<i2")
    card.play(murmur.tobytes())
    return CameraAndSound(camera_environment(rig, card.environment, control), control, card)


def software_camera(folder: Path, picture: Picture) -> SoftwareCamera:
    """Open the camera; RigMissing unless it was built."""
    control = folder / "fault"
    control.write_text("ok")
    rig = built_rig(Part.SITE, Part.LIBCAMERA, Part.PLUG_IN)
    environment = camera_environment(rig, os.environ, control)
    return SoftwareCamera(RemoteDevice("camera", asdict(picture), environment), control)


def sound_room(folder: Path, need: Callable[[str], Path], clip: str = "rec.start") -> SoundRoom:
    """Open the microphone in a room with a speaker that says `clip` when ordered to `say`."""
    home = folder / "sound"
    home.mkdir()
    card = VirtualSound(home, need)
    card.start()
    environment = {**card.environment, "PYTHONPATH": f"{ROOT}:{built_rig(Part.SITE).site}"}
    settings = {"name": "", "rate_hz": 48_000, "prompts": str(PROMPTS), "clip": clip}
    try:
        return SoundRoom(RemoteDevice("microphone", settings, environment), card)
    except BaseException:
        card.stop()
        raise


def built_rig(*parts: Part) -> Rig:
    """Give the rig; RigMissing unless these parts, or all if none is named, stand."""
    rig = standing_rig()
    lacking = [part for part in parts or Part if not rig.stands(part)]
    if lacking:
        raise RigMissing(
            f"{', '.join(lacking)} of the rig is not built: run 'make test', or"
            " '.venv/bin/python -m tests.rig.build'."
        )
    return rig
