"""A still is the very picture that was on show at an instant, and says where it lies."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from recorder.devices import barcode
from recorder.devices.still import NoPicture, save, still
from recorder.evidence.fragments import FragmentHasher, Timescales, decode_seconds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.devices.studio import Desk, Studio


@pytest.fixture
def film(desk: Desk, studio: type[Studio], tmp_path: Path) -> Path:
    """Three seconds of numbered pictures, 40 ms apart, with sound."""
    desk.feed(studio.interleave(studio.numbered(75), studio.clicking(3.0), 40_000_000))
    desk.end()
    film = tmp_path / "film.mp4"
    film.write_bytes(b"".join(piece.data for piece in desk.pieces))
    return film


def number_in(png: Path) -> int:
    return barcode.read(np.asarray(Image.open(png).convert("L"), np.uint8))


@pytest.mark.parametrize(
    ("at_ms", "number"),
    [(0, 0), (39, 0), (40, 1), (1_000, 25), (1_999, 49), (2_960, 74), (9_000, 74)],
)
def test_a_still_is_the_picture_that_was_on_show(film: Path, at_ms: int, number: int) -> None:
    taken = still(film, at_ms)
    save(taken.picture, film.with_suffix(".png"))
    assert number_in(film.with_suffix(".png")) == number
    assert taken.at_ms == number * 40


def test_the_byte_it_states_lies_in_the_fragment_that_plays_at_that_instant(film: Path) -> None:
    taken, data, hasher = still(film, 1_700), film.read_bytes(), FragmentHasher()
    hasher.feed(data)
    hasher.finish_cut()
    (leaf,) = [leaf for leaf in hasher.leaves if leaf.start <= taken.byte < leaf.end]
    scales = Timescales.parse(data[: hasher.leaves[0].end])
    began = decode_seconds(data[leaf.start : leaf.end], scales)
    assert (taken.at_ms, leaf.index) == (1_680, 4)
    assert began <= 1.68 < began + 0.54


def test_the_program_writes_it_and_says_when_and_where(film: Path) -> None:
    png = film.with_suffix(".png")
    ran = program(film, 1_000, png)
    assert number_in(png) == 25
    assert json.loads(ran.stdout)["at_ms"] == 1_000


@pytest.mark.parametrize("content", [b"", b"no film", bytes(5_000)])
def test_what_is_no_film_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    film = tmp_path / "strange.mp4"
    film.write_bytes(content)
    ran = program(film, 0, tmp_path / "out.png")
    assert ran.returncode == 1
    assert ran.stderr.startswith("still: strange.mp4 cannot be read")
    assert ran.stderr.count("\n") == 1


def test_before_its_first_picture_a_film_shows_nothing(film: Path) -> None:
    with pytest.raises(NoPicture, match="no picture by -41 ms"):
        still(film, -41)


def program(film: Path, at_ms: int, png: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-m", "recorder.programs.still", film, str(at_ms), png],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
