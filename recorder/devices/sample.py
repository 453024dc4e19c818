"""Makes small tapes for a bench unit: a film, a sound, a walk; the same bytes from the same seed.

The repository so needs no binary: a landscape passes by under a moving sun for 20 s, with the
number of each picture as a bar code at the bottom; a voice-like melody; a walk in 宝丰县.
"""

from __future__ import annotations

import math
import wave
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from recorder.devices import barcode

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT, RATE_HZ, FILM_SECONDS = 1280, 720, 25, 20
SOUND_HZ, SOUND_SECONDS = 48_000, 20
WALK_SECONDS = 180
_START_LAT, _START_LON = 33.8688, 113.0547
_METRES_PER_DEGREE = 111_320.0
_KNOTS_PER_METRE_PER_SECOND = 1.943844


@dataclass(frozen=True, slots=True)
class Tapes:
    """Where the made tapes lie."""

    film: Path
    sound: Path
    nmea: Path


def make_tapes(folder: Path, walk_begins: datetime, seed: int = 1) -> Tapes:
    """Write `film.mp4`, `sound.wav` and `walk.nmea`; the walk's times count from `walk_begins`."""
    folder.mkdir(parents=True, exist_ok=True)
    tapes = Tapes(folder / "film.mp4", folder / "sound.wav", folder / "walk.nmea")
    _make_film(tapes.film, np.random.default_rng(seed))
    _make_sound(tapes.sound, np.random.default_rng(seed + 1))
    tapes.nmea.write_bytes(b"".join(_walk(walk_begins, second) for second in range(WALK_SECONDS)))
    return tapes


def _make_film(path: Path, random: np.random.Generator) -> None:
    sky, hills, street = _scenery(random)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        stream = film.add_stream(
            "libx264", rate=RATE_HZ, options={"preset": "ultrafast", "threads": "2"}
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.bit_rate = 1_500_000
        stream.codec_context.gop_size = RATE_HZ * 2
        stream.codec_context.time_base = Fraction(1, RATE_HZ)
        for number in range(FILM_SECONDS * RATE_HZ):
            planes = _scene(sky, hills, street, number)
            picture = av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, RATE_HZ)
            film.mux(stream.encode(picture))
        film.mux(stream.encode(None))


def _scenery(
    random: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return (sky, hills, street): planes, and two luma strips twice as wide, in smooth greys."""
    sky = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    sky[:HEIGHT] = np.linspace(120, 205, HEIGHT, dtype=np.uint8)[:, None]
    chroma = sky[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    chroma[0, :260] = 146  # blue above, to the foot of the hills
    chroma[1, :260] = 112
    chroma[:, 260:] = 122  # an almost grey street
    across = np.arange(WIDTH * 2) / (WIDTH * 2) * 2 * math.pi
    waves = sum(
        random.uniform(10, 40) / k * np.sin(k * across + random.uniform(0, 6.3))
        for k in (1, 2, 3, 5)
    )
    depth = np.arange(240)[:, None]
    hills = np.where(depth > 90 - waves, 96 + depth // 8, 0).astype(np.uint8)
    street = np.full((200, WIDTH * 2), 78, np.uint8)
    for left in range(0, WIDTH * 2, 160):
        street[92:104, left : left + 90] = 205  # the dashed line in the middle
        tall = int(random.integers(20, 70))
        street[:tall, left + 20 : left + 26] = 50  # a post
    return sky, hills, street


def _scene(
    sky: NDArray[np.uint8], hills: NDArray[np.uint8], street: NDArray[np.uint8], number: int
) -> NDArray[np.uint8]:
    planes = sky.copy()
    luma = planes[:HEIGHT]
    share = number / (FILM_SECONDS * RATE_HZ)
    row, column = round(190 - 90 * math.sin(math.pi * share)), round(100 + 1060 * share)
    disc = np.add.outer(np.arange(-44, 44) ** 2, np.arange(-44, 44) ** 2) < 40**2
    luma[row - 44 : row + 44, column - 44 : column + 44][disc] = 215
    blue, red = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    patch = np.s_[row // 2 - 22 : row // 2 + 22, column // 2 - 22 : column // 2 + 22]
    blue[patch][disc[::2, ::2]] = 70
    red[patch][disc[::2, ::2]] = 150
    near = number * 8 % WIDTH
    far = number * 2 % WIDTH
    view = hills[:, far : far + WIDTH]
    np.copyto(luma[280:520], view, where=view > 0)
    luma[520:720] = street[:, near : near + WIDTH]
    barcode.draw(luma, number)
    return planes


def _make_sound(path: Path, random: np.random.Generator) -> None:
    """Write syllables of a fifth of a second: harmonics of a gliding pitch, with pauses."""
    sound = random.normal(0, 0.002, SOUND_HZ * SOUND_SECONDS)
    length = SOUND_HZ // 5
    times = np.arange(length) / SOUND_HZ
    swell = np.sin(np.pi * times / times[-1]) ** 2
    for start in range(0, len(sound) - length, length + SOUND_HZ // 50):
        if random.random() < 0.2:
            continue
        pitch_hz = random.uniform(110, 190) + random.uniform(-120, 120) * times
        phase = 2 * np.pi * np.cumsum(pitch_hz) / SOUND_HZ
        formant = random.uniform(3, 9)
        voice = sum(np.sin(k * phase) / (1 + abs(k - formant)) for k in range(1, 16))
        sound[start : start + length] += 0.15 * swell * voice
    with wave.open(str(path), "wb") as tape:
        tape.setnchannels(1)
        tape.setsampwidth(2)
        tape.setframerate(SOUND_HZ)
        tape.writeframes((np.clip(sound, -1, 1) * 32_000).astype("<i2").tobytes())


def _walk(begins: datetime, second: int) -> bytes:
    """Return RMC and GGA of one second of a walk around a block, at 1.4 m/s."""
    speed, radius = 1.4, 90.0
    angle = speed * second / radius
    lat = _START_LAT + radius * math.sin(angle) / _METRES_PER_DEGREE
    across = _METRES_PER_DEGREE * math.cos(math.radians(_START_LAT))
    lon = _START_LON + radius * (math.cos(angle) - 1) / across
    when = begins + timedelta(seconds=second)
    clock = when.strftime("%H%M%S.00")
    place = f"{_degrees(lat, 2)},N,{_degrees(lon, 3)},E"
    course = -math.degrees(angle) % 360
    knots = speed * _KNOTS_PER_METRE_PER_SECOND
    rmc = f"GNRMC,{clock},A,{place},{knots:.3f},{course:.2f},{when:%d%m%y},,,A"
    gga = f"GNGGA,{clock},{place},1,{9 + second % 3:02d},0.98,112.3,M,-17.1,M,,"
    return _sentence(rmc) + _sentence(gga)


def _degrees(value: float, digits: int) -> str:
    whole = int(value)
    return f"{whole:0{digits}d}{(value - whole) * 60:08.5f}"


def _sentence(body: str) -> bytes:
    check = 0
    for byte in body.encode("ascii"):
        check ^= byte
    return f"${body}*{check:02X}\r\n".encode("ascii")
