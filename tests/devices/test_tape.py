"""A file that cannot be played is one sentence: what it is, and how to mend it."""

from __future__ import annotations

import queue
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from recorder.capture.ports import DeviceLost, Lost, Picture, Source
from recorder.devices import barcode
from recorder.devices.bench.camera import BenchCamera
from recorder.devices.bench.gps import BenchGps
from recorder.devices.bench.manual_pace import ManualPace
from recorder.devices.bench.tape import FilmTape, SoundTape
from recorder.devices.bench.unplayable import TapeUnplayable
from recorder.devices.h264 import H264Encoder
from recorder.devices.picture_text import PictureText

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.devices.sample import Tapes
    from tests.devices.studio import Studio


def said(path: Path, tape: type[FilmTape | SoundTape]) -> str:
    with pytest.raises(TapeUnplayable) as refusal:
        FilmTape(path) if tape is FilmTape else SoundTape(path, 48_000)
    sentence = str(refusal.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("tape", [FilmTape, SoundTape])
def test_a_file_that_is_not_there(tmp_path: Path, tape: type[FilmTape | SoundTape]) -> None:
    assert "There is no file" in said(tmp_path / "gone.mp4", tape)


@pytest.mark.parametrize("tape", [FilmTape, SoundTape])
@pytest.mark.parametrize("content", [b"", b"hello", bytes(5000), b"\0\0\0\x18ftypmp42" + bytes(99)])
def test_a_file_that_is_no_film(
    tmp_path: Path, tape: type[FilmTape | SoundTape], content: bytes
) -> None:
    file = tmp_path / "text.mp4"
    file.write_bytes(content)
    assert "convert it with: ffmpeg" in said(file, tape)


def test_a_folder_is_no_film(tmp_path: Path) -> None:
    assert "cannot be read" in said(tmp_path, FilmTape)


def test_a_film_cut_in_half(tapes: Tapes, tmp_path: Path) -> None:
    file = tmp_path / "cut.mp4"
    file.write_bytes(tapes.film.read_bytes()[:3000])
    assert "convert it with: ffmpeg" in said(file, FilmTape)


def test_a_film_whose_pictures_are_overwritten(tapes: Tapes, tmp_path: Path) -> None:
    content = bytearray(tapes.film.read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = bytes(len(content) - start)
    file = tmp_path / "wiped.mp4"
    file.write_bytes(content)
    assert "damaged" in said(file, FilmTape)


def test_a_film_with_a_damaged_stretch_plays_around_it(tapes: Tapes, tmp_path: Path) -> None:
    content = bytearray(tapes.film.read_bytes())
    start = content.index(b"mdat") + 300_000
    content[start : start + 100_000] = bytes(100_000)
    file = tmp_path / "scratched.mp4"
    file.write_bytes(content)
    pictures = FilmTape(file).pictures()
    seen = [next(pictures) for _ in range(600)]
    times = [seconds for seconds, _ in seen]
    assert times == sorted(times)
    numbers = [
        barcode.read(np.asarray(picture.to_ndarray()[:720], np.uint8)) for _, picture in seen
    ]
    assert numbers.index(0, 1) > numbers.index(499)


def test_a_film_in_an_unknown_coding(tapes: Tapes, tmp_path: Path) -> None:
    file = tmp_path / "strange.mp4"
    file.write_bytes(tapes.film.read_bytes().replace(b"avc1", b"zzz9").replace(b"avcC", b"zzzC"))
    assert "convert it with: ffmpeg" in said(file, FilmTape)


def test_a_film_that_vanishes_while_it_plays(short_film: Path, studio: type[Studio]) -> None:
    lost: queue.Queue[DeviceLost | Lost] = queue.Queue()
    pace = ManualPace(0)
    text = PictureText(180)
    camera = BenchCamera(FilmTape(short_film), studio.PICTURE, pace, text, lambda _: ("", ""))
    camera.start(lambda _: None, lost.put)
    pace.advance(0.5)
    short_film.unlink()
    pace.jump(0.6)
    loss = lost.get(timeout=5)
    camera.stop()
    assert "There is no file" in str(loss)


def test_a_still_picture_is_a_film_that_does_not_move(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    Image.new("RGB", (64, 48), (200, 30, 30)).save(still)
    pictures = FilmTape(still).pictures()
    assert [round(next(pictures)[0], 2) for _ in range(4)] == [0.0, 0.04, 0.08, 0.12]


def test_sound_without_a_picture_is_no_film(tapes: Tapes) -> None:
    assert "has no picture" in said(tapes.sound, FilmTape)


def test_a_film_without_sound_is_no_sound(tapes: Tapes) -> None:
    assert "has no sound" in said(tapes.film, SoundTape)


def test_a_sound_file_of_no_samples(tmp_path: Path) -> None:
    file = tmp_path / "empty.wav"
    with wave.open(str(file), "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(16_000)
    assert "convert it with: ffmpeg" in said(file, SoundTape)


def test_sound_at_any_rate_becomes_the_wanted_one_and_goes_round(tmp_path: Path) -> None:
    file = tmp_path / "tick.wav"
    with wave.open(str(file), "wb") as clip:
        clip.setnchannels(2)
        clip.setsampwidth(2)
        clip.setframerate(16_000)
        clip.writeframes(b"\x00\x20\x00\x20" * 16_000)
    blocks = SoundTape(file, 48_000).blocks(960)
    seconds = [next(blocks) for _ in range(120)]
    assert {len(block) for block in seconds} == {960}
    assert abs(int(seconds[20].mean()) - 0x2000) < 100
    assert abs(int(seconds[100].mean()) - 0x2000) < 100


@pytest.mark.parametrize("content", [b"", b"no sentences\n", b"$GPGSV,1,1,00*79\r\n", bytes(99)])
def test_a_log_without_times(tmp_path: Path, studio: type[Studio], content: bytes) -> None:
    log = tmp_path / "walk.nmea"
    log.write_bytes(content)
    with pytest.raises(TapeUnplayable, match="no NMEA sentence with a time") as refusal:
        BenchGps(log, ManualPace(0), studio.NOT_BEFORE)
    assert refusal.value.source is Source.GPS


def test_a_log_that_is_not_there(tmp_path: Path, studio: type[Studio]) -> None:
    with pytest.raises(TapeUnplayable, match="check its name"):
        BenchGps(tmp_path / "gone", ManualPace(0), studio.NOT_BEFORE)


def test_a_size_that_no_encoder_takes_is_said_at_once() -> None:
    with pytest.raises(DeviceLost, match="even"):
        H264Encoder(Picture(321, 181, 25, 500_000))
