"""The Camera port, fed from a film file: scaled, burnt in, encoded and paced like a real camera."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from recorder.capture.ports import DeviceLost, Lost, Source
from recorder.devices.h264 import H264Encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import av
    from numpy.typing import NDArray

    from recorder.capture.ports import Frame, Picture
    from recorder.devices.bench.tape import FilmTape
    from recorder.devices.pace import Pace
    from recorder.devices.picture_text import PictureText

_SECOND_NS = 1_000_000_000
_MAY_LAG_NS = _SECOND_NS


class BenchCamera:
    """Films `tape` at the wanted size and rate; black bars keep its proportions.

    `lines` is asked for the lines of picture text at each picture's instant.
    """

    def __init__(
        self,
        tape: FilmTape,
        picture: Picture,
        pace: Pace,
        text: PictureText,
        lines: Callable[[int], tuple[str, ...]],
    ) -> None:
        self._tape = tape
        self._picture = picture
        self._pace = pace
        self._text = text
        self._lines = lines
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def picture(self) -> Picture:
        """What it films, as it was really granted."""
        return self._picture

    @property
    def lux(self) -> int:
        """A tape does not say how bright it was."""
        return -1

    def start(
        self, on_frame: Callable[[Frame], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        """Begin; DeviceLost if there is no encoder or no readable tape."""
        self.stop()
        encoder = H264Encoder(self._picture)
        pictures = _Shown(self._tape.pictures())
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._film,
            args=(self._stop, encoder, pictures, on_frame, on_lost),
            name="bench camera",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Return when no further frame will come; harmless when already stopped."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def _film(
        self,
        stop: threading.Event,
        encoder: H264Encoder,
        shown: _Shown,
        on_frame: Callable[[Frame], None],
        on_lost: Callable[[DeviceLost | Lost], None],
    ) -> None:
        rate_hz = self._picture.rate_hz
        begun_ns = self._pace.now_ns()
        number = 0
        due_ns = begun_ns
        while self._pace.wait_until(due_ns, stop):
            behind = (self._pace.now_ns() - due_ns) * rate_hz // _SECOND_NS
            if behind * _SECOND_NS > _MAY_LAG_NS * rate_hz:
                on_lost(Lost(Source.CAMERA, behind, due_ns, "this machine is too slow to film"))
                number += behind
                due_ns = begun_ns + number * _SECOND_NS // rate_hz
            try:
                planes = _fitted(shown.at(number / rate_hz), self._picture)
                self._text.burn(planes[: self._picture.height], self._lines(due_ns))
                frame = encoder.encode(planes, due_ns)
            except DeviceLost as loss:
                on_lost(loss)
                return
            on_frame(frame)
            number += 1
            due_ns = begun_ns + number * _SECOND_NS // rate_hz


class _Shown:
    """The picture that is on show at a given second of the tape."""

    def __init__(self, pictures: Iterator[tuple[float, av.VideoFrame]]) -> None:
        self._pictures = pictures
        self._now = next(pictures)
        self._next = next(pictures)

    def at(self, seconds: float) -> av.VideoFrame:
        """Seconds must not decrease from call to call."""
        while self._next[0] <= seconds + 1e-4:
            self._now, self._next = self._next, next(self._pictures)
        return self._now[1]


def _fitted(frame: av.VideoFrame, picture: Picture) -> NDArray[np.uint8]:
    """Return yuv420p planes (height * 3 / 2, width) with the whole frame in them."""
    width, height = picture.width, picture.height
    scale = min(width / frame.width, height / frame.height)
    inner_width = min(width, round(frame.width * scale / 2) * 2)
    inner_height = min(height, round(frame.height * scale / 2) * 2)
    scaled = frame.reformat(inner_width, inner_height, "yuv420p").to_ndarray()
    inner = np.ascontiguousarray(scaled, dtype=np.uint8)
    if (inner_width, inner_height) == (width, height):
        return inner
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 16
    for outer_plane, inner_plane in zip(
        _planes(planes, width, height), _planes(inner, inner_width, inner_height), strict=True
    ):
        top = (outer_plane.shape[0] - inner_plane.shape[0]) // 2
        left = (outer_plane.shape[1] - inner_plane.shape[1]) // 2
        rows = slice(top, top + inner_plane.shape[0])
        outer_plane[rows, left : left + inner_plane.shape[1]] = inner_plane
    return planes


def _planes(image: NDArray[np.uint8], width: int, height: int) -> list[NDArray[np.uint8]]:
    flat = image.reshape(-1)
    luma, quarter = width * height, width * height // 4
    return [
        flat[:luma].reshape(height, width),
        flat[luma : luma + quarter].reshape(height // 2, width // 2),
        flat[luma + quarter :].reshape(height // 2, width // 2),
    ]
