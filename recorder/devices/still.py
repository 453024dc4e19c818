"""One picture of a finished film: the one that was on show at an instant. Opens nothing else.

What it decodes came from outside, so it runs in a process of its own (recorder.programs.still).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame


class NoPicture(Exception):
    """The film shows nothing at that instant; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of a film, when it was taken, and at which byte of the film it begins."""

    picture: VideoFrame
    at_ms: int
    byte: int


def still(film: Path, at_ms: int) -> Still:
    """Return the last picture taken by `at_ms`, counted from the film's first; raise NoPicture."""
    try:
        key, wanted, second = _packets(film, at_ms)
        picture = _decoded(film, key, wanted)
    except (av.FFmpegError, IndexError) as error:
        raise NoPicture(f"{film.name} cannot be read: {error}") from error
    return Still(picture, round(second * 1000), wanted[1])


def save(picture: VideoFrame, png: Path) -> None:
    """Write it as it is, without loss."""
    Image.fromarray(picture.to_ndarray(format="rgb24")).save(png, "PNG")


_Spot = tuple[int, int]
"""A packet's stamp, and the byte it begins at."""


def _packets(film: Path, at_ms: int) -> tuple[_Spot, _Spot, float]:
    """Find the packet on show and the key frame before it; and the second of the former."""
    with av.open(str(film), "r") as container:
        first: int | None = None
        key: _Spot | None = None
        found: tuple[_Spot, _Spot, float] | None = None
        for packet in container.demux(video=0):
            if packet.pts is None or packet.time_base is None:
                continue
            spot = (packet.pts, packet.pos or 0)
            first = packet.pts if first is None else first
            second = float((packet.pts - first) * packet.time_base)
            if second * 1000 > at_ms + 0.5:
                break
            key = spot if packet.is_keyframe else key
            if key is not None:
                found = (key, spot, second)
    if found is None:
        raise NoPicture(f"{film.name} has no picture by {at_ms} ms.")
    return found


def _decoded(film: Path, key: _Spot, wanted: _Spot) -> VideoFrame:
    with av.open(str(film), "r") as container:
        begun = False
        for packet in container.demux(video=0):
            begun = begun or (packet.pts, packet.pos) == key
            if not begun:
                continue
            for picture in packet.decode():
                if picture.pts == wanted[0]:
                    return picture
    raise NoPicture(f"{film.name} does not decode at byte {wanted[1]}.")
