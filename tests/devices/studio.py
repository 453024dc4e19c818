"""Numbered pictures, clicking sound, and a reader of finished files, for tests of devices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import av
import numpy as np

from recorder.capture.ports import Frame, Lost, Pcm, Picture
from recorder.devices import barcode
from recorder.devices.h264 import H264Encoder
from recorder.devices.muxer import Mp4Muxer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recorder.capture.ports import Piece

SECOND_NS = 1_000_000_000
START_NS = 5_000 * SECOND_NS
PICTURE = Picture(320, 180, 25, 400_000)
RATE_HZ = 48_000


def numbered(count: int) -> list[Frame]:
    """Pictures 0..count-1, 40 ms apart, each with its number as a bar code."""
    encoder = H264Encoder(PICTURE)
    frames = []
    for number in range(count):
        planes = np.full((PICTURE.height * 3 // 2, PICTURE.width), 128, np.uint8)
        barcode.draw(planes[: PICTURE.height], number)
        frames.append(encoder.encode(planes, START_NS + number * SECOND_NS // 25))
    return frames


def clicking(seconds: float, first_ns: int = START_NS) -> Iterator[Pcm]:
    """Silence with a 4 ms click at each whole second after START_NS, in blocks of 20 ms."""
    for block in range(int(seconds * 50)):
        first = (first_ns - START_NS) * RATE_HZ // SECOND_NS + block * 960
        times = np.arange(first, first + 960) % RATE_HZ
        wave = np.where(times < 192, 20_000 * np.sin(times * 0.4), 0).astype("<i2")
        yield Pcm(wave.tobytes(), RATE_HZ, first_ns + block * SECOND_NS // 50)


def interleave(frames: Iterable[Frame], sound: Iterable[Pcm], late_ns: int) -> list[Frame | Pcm]:
    """Pictures and sound in the order of arrival, when sound arrives this much late."""
    items: list[tuple[int, Frame | Pcm]] = [(frame.boottime_ns, frame) for frame in frames]
    items += [(pcm.boottime_ns + late_ns, pcm) for pcm in sound]
    return [item for _, item in sorted(items, key=lambda pair: pair[0])]


@dataclass
class Film:
    """One decoded file: bar codes with their times, and the sound on the file's clock."""

    base_ns: int
    numbers: list[int]
    picture_seconds: list[float]
    sound: np.ndarray
    sound_first_seconds: float
    loud_seconds: list[float] = field(default_factory=list)  # onsets, by the stamps of the blocks


@dataclass
class Desk:
    """A muxer, and everything that came out of it."""

    lost: list[Lost] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.muxer = Mp4Muxer(PICTURE, RATE_HZ, self.lost.append)

    def feed(self, items: Iterable[Frame | Pcm]) -> None:
        for item in items:
            self.pieces += self.muxer.take(item)

    def end(self) -> None:
        self.pieces += self.muxer.end()

    @property
    def files(self) -> list[list[Piece]]:
        files: list[list[Piece]] = []
        for piece in self.pieces:
            if piece.opens:
                files.append([])
            files[-1].append(piece)
        return files


def _second_of(frame: av.VideoFrame | av.AudioFrame) -> float:
    assert frame.pts is not None
    assert frame.time_base is not None
    return float(frame.pts * frame.time_base)


def watch(pieces: list[Piece]) -> Film:
    """Decode the concatenation of these pieces; any complaint of the decoder raises."""
    film = Film(pieces[0].first_ns, [], [], np.zeros(0, np.float32), 0.0)
    with av.open(BytesIO(b"".join(piece.data for piece in pieces)), "r") as container:
        sound: list[np.ndarray] = []
        decoded: Iterator[object] = container.decode()
        for frame in decoded:
            if isinstance(frame, av.VideoFrame):
                luma = np.asarray(frame.to_ndarray()[: frame.height], np.uint8)
                film.numbers.append(barcode.read(luma))
                film.picture_seconds.append(_second_of(frame))
            elif isinstance(frame, av.AudioFrame):
                seconds = _second_of(frame)
                if not sound:
                    film.sound_first_seconds = seconds
                block = frame.to_ndarray()[0]
                sound.append(block)
                loud = np.flatnonzero(np.abs(block) > 0.15)
                if len(loud) and seconds - (film.loud_seconds or [-1.0])[-1] > 0.1:
                    film.loud_seconds.append(seconds + float(loud[0]) / RATE_HZ)
        if sound:
            film.sound = np.concatenate(sound)
    return film


class Studio:
    """The functions above as one fixture."""

    START_NS = START_NS
    PICTURE = PICTURE
    RATE_HZ = RATE_HZ
    NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
    numbered = staticmethod(numbered)
    clicking = staticmethod(clicking)
    interleave = staticmethod(interleave)
    watch = staticmethod(watch)
