"""A real device adapter in a process of its own, moved by orders and telling all it reports.

Real media libraries hang and take their process along; here that costs one child. Orders come as
pickled words on the connection whose descriptor is the second argument; facts go back the same way.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recorder.capture.ports import DeviceLost, Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.ports import Camera, Microphone


def now_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class BrokenLines:
    """Picture text as it should be, until told to raise."""

    def __init__(self) -> None:
        self.broken = False

    def at(self, _boottime_ns: int) -> tuple[str, ...]:
        if self.broken:
            raise ValueError("no officers")
        return "2026-11-21 09:00:00 +08", "NS-0007"


def camera(settings: dict[str, Any], orders: dict[str, Callable[[], object]]) -> Camera:
    from recorder.devices.coding import Coding  # noqa: PLC0415 – the rig only
    from recorder.devices.picamera import PicameraCamera  # noqa: PLC0415 – the rig only
    from recorder.devices.picture_text import PictureText  # noqa: PLC0415 – the rig only

    lines = BrokenLines()
    orders["break lines"] = lambda: setattr(lines, "broken", True)
    picture = Picture(**settings)
    text = PictureText(picture.height)
    made = PicameraCamera(picture, Coding.SOFTWARE, text, lines.at, now_ns)
    made.open()

    def force_key_frame() -> None:
        for encoder in made._camera.encoders:  # noqa: SLF001 – to spring picamera2's own trap
            encoder.force_key_frame()

    orders["force key frame"] = force_key_frame
    return made


def microphone(settings: dict[str, Any], orders: dict[str, Callable[[], object]]) -> Microphone:
    from recorder.devices.prompts import load_prompts  # noqa: PLC0415 – the rig only
    from recorder.devices.pyaudio_mic import PyAudioMicrophone  # noqa: PLC0415 – the rig only
    from recorder.devices.pyaudio_speaker import PyAudioSpeaker  # noqa: PLC0415 – the rig only

    speaker = PyAudioSpeaker(load_prompts(Path(settings["prompts"])), "", print)
    orders["say"] = lambda: speaker.say(settings["clip"])
    return PyAudioMicrophone(settings["name"], settings["rate_hz"], now_ns)


def main() -> None:
    with contextlib.suppress(PermissionError):
        os.nice(-10)  # a machine that tests other things meanwhile is no excuse for lost pictures
    make = camera if sys.argv[1] == "camera" else microphone
    line = Connection(int(sys.argv[2]))
    writing = threading.Lock()

    def tell(kind: str, fact: object) -> None:
        if isinstance(fact, DeviceLost):
            kind, fact = f"{kind} gone", (fact.source, str(fact))
        with writing:
            line.send((kind, fact))

    orders: dict[str, Callable[[], object]] = {}
    try:
        device: Camera | Microphone = make(json.loads(sys.argv[3]), orders)
    except DeviceLost as loss:
        tell("answer", loss)
        return
    orders["start"] = lambda: device.start(
        lambda item: tell("item", item), lambda loss: tell("lost", loss)
    )
    orders["stop"] = device.stop
    orders["lux"] = lambda: getattr(device, "lux", None)
    tell("answer", getattr(device, "picture", None))
    while (order := line.recv()) != "end":
        try:
            answer = orders[order]()
        except DeviceLost as loss:
            tell("answer", loss)
        else:
            tell("answer", answer)


if __name__ == "__main__":
    main()
