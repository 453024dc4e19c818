"""Reads any film or sound file that av decodes, endlessly; a file that cannot is one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np

from recorder.capture.ports import Source
from recorder.devices.bench.unplayable import TapeUnplayable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container.input import InputContainer
    from numpy.typing import NDArray

_MEND = "convert it with: ffmpeg -i OLD -c:v libx264 -c:a aac NEW.mp4"


class FilmTape:
    """The pictures of a film file, from its first to its last and over again."""

    def __init__(self, path: Path) -> None:
        """TapeUnplayable unless the file has a picture that can be decoded."""
        self._path = path
        if next(self._once(), None) is None:
            raise _no_picture(path)

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Yield (seconds since the tape began, picture) for ever, each later than the one before.

        TapeUnplayable if the file has become unreadable meanwhile.
        """
        offset = 0.0
        while True:
            last, step = offset, 1 / 25
            shown = 0
            for seconds, picture in self._once():
                shown += 1
                at = offset + seconds
                if at > last:
                    step = min(at - last, 1.0)
                last = max(at, last)
                yield last, picture
            if not shown:
                raise _no_picture(self._path)
            offset = last + step

    def _once(self) -> Iterator[tuple[float, av.VideoFrame]]:
        with _opened(self._path, Source.CAMERA) as container:
            if not container.streams.video:
                raise TapeUnplayable(
                    Source.CAMERA, f"{self._path} has no picture; give a film file as the video."
                )
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise TapeUnplayable(
                    Source.CAMERA,
                    f"{self._path} is in a coding that this machine cannot decode; {_MEND}",
                )
            stream.thread_type = "AUTO"
            first: float | None = None
            for frame in _decoded(container, stream.index):
                if isinstance(frame, av.VideoFrame) and frame.time is not None:
                    first = frame.time if first is None else first
                    yield frame.time - first, frame


class SoundTape:
    """The sound of a film or sound file as mono s16, from its first sample over and over."""

    def __init__(self, path: Path, rate_hz: int) -> None:
        """TapeUnplayable unless the file has sound that can be decoded."""
        self._path = path
        self._rate_hz = rate_hz
        if next(self._once(), None) is None:
            raise self._no_sound()

    def blocks(self, count: int) -> Iterator[NDArray[np.int16]]:
        """Yield blocks of `count` samples for ever."""
        held = np.zeros(0, np.int16)
        while True:
            heard = 0
            for samples in self._once():
                heard += len(samples)
                held = np.concatenate((held, samples))
                while len(held) >= count:
                    yield held[:count]
                    held = held[count:]
            if not heard:
                raise self._no_sound()

    def _no_sound(self) -> TapeUnplayable:
        return TapeUnplayable(
            Source.MICROPHONE, f"The sound of {self._path} cannot be decoded; {_MEND}"
        )

    def _once(self) -> Iterator[NDArray[np.int16]]:
        with _opened(self._path, Source.MICROPHONE) as container:
            if not container.streams.audio:
                raise TapeUnplayable(
                    Source.MICROPHONE,
                    f"{self._path} has no sound; give a sound file, or a film with sound.",
                )
            stream = container.streams.audio[0]
            resampler = av.AudioResampler(format="s16", layout="mono", rate=self._rate_hz)
            for frame in _decoded(container, stream.index):
                if isinstance(frame, av.AudioFrame):
                    for piece in resampler.resample(frame):
                        yield piece.to_ndarray()[0].astype(np.int16)


def _no_picture(path: Path) -> TapeUnplayable:
    return TapeUnplayable(
        Source.CAMERA, f"Not one picture of {path} can be decoded: it is damaged; {_MEND}"
    )


def _opened(path: Path, source: Source) -> InputContainer:
    try:
        return av.open(str(path))
    except FileNotFoundError as missing:
        raise TapeUnplayable(source, f"There is no file {path}; check its name.") from missing
    except (av.FFmpegError, OSError) as error:
        raise TapeUnplayable(
            source, f"{path} cannot be read as film or sound ({error.strerror}); {_MEND}"
        ) from error


def _decoded(
    container: InputContainer, index: int
) -> Iterator[av.VideoFrame | av.AudioFrame | object]:
    """Yield what can be decoded of one stream; a damaged stretch is passed over."""
    packets = container.demux(container.streams[index])
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        yield from frames
