"""What a finished film shows and sounds like: numbers, wall clock, flashes, beeps."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from statistics import median
from typing import TYPE_CHECKING

import av
import numpy as np

from tests.rig.camera.barcode import bars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SOUND_HZ = 48_000
BEEP_HZ = 1000
_BEEP = SOUND_HZ * 3 // 100
_LOUD = 0.2
_WHITE = 200


@dataclass(frozen=True, slots=True)
class Pictured:
    """One picture: its number, the wall clock's milliseconds, its flash, its second in the file."""

    number: int
    wall_ms: int
    flashes: bool
    second: float


def pictures(film: bytes, now_ms: int) -> list[Pictured]:
    """Decode and read every picture of a file made within weeks of the wall clock's `now_ms`."""
    with av.open(BytesIO(film), "r") as container:
        container.streams.video[0].thread_type = "AUTO"
        return [_read(picture, now_ms) for picture in container.decode(video=0)]


def sound(film: bytes) -> tuple[NDArray[np.float32], float]:
    """Decode the sound of a file; give it with the second of its first sample."""
    with av.open(BytesIO(film), "r") as container:
        blocks = list(container.decode(audio=0))
    first = _second(blocks[0])
    return np.concatenate([block.to_ndarray()[0] for block in blocks]), first


def offsets_ms(film: bytes, shown: list[Pictured]) -> list[float]:
    """How much later each beep sounds than the second at which it flashes, in the file's time."""
    wall_of_zero = median(picture.wall_ms / 1000 - picture.second for picture in shown)
    wave, first = sound(film)
    return [
        ((first + onset / SOUND_HZ + wall_of_zero + 0.5) % 1.0 - 0.5) * 1000
        for onset in onsets(wave)
    ]


def onsets(wave: NDArray[np.float32]) -> Iterator[int]:
    """Give where beeps begin: a tone of 1 kHz that is louder than all else around it."""
    times = np.arange(len(wave)) / SOUND_HZ
    turning = wave * np.exp(-2j * np.pi * BEEP_HZ * times)
    sums = np.concatenate(([0], np.cumsum(turning)))
    tone = np.abs(sums[_BEEP:] - sums[:-_BEEP]) * 2 / _BEEP  # its loudness in each 30 ms
    for second in range(0, len(tone) - SOUND_HZ, SOUND_HZ):
        at = second + int(tone[second : second + SOUND_HZ].argmax())
        inside = _BEEP < at < len(tone) - _BEEP  # one that the file cuts tells nothing
        if inside and tone[at] > _LOUD:
            yield at


def _read(picture: av.VideoFrame, now_ms: int) -> Pictured:
    plane = picture.planes[0]
    luma = np.asarray(plane, np.uint8).reshape(-1, plane.line_size)
    luma = luma[: picture.height, : picture.width]
    number, wall_ms = bars(luma)
    wall_ms += round((now_ms - wall_ms) / 2**32) * 2**32  # 32 bits of it are drawn
    middle = luma[picture.height * 2 // 5 : picture.height * 3 // 5 : 8, ::8]
    return Pictured(number, wall_ms, float(middle.mean()) > _WHITE, _second(picture))


def _second(frame: av.VideoFrame | av.AudioFrame) -> float:
    assert frame.pts is not None
    assert frame.time_base is not None
    return float(frame.pts * frame.time_base)
