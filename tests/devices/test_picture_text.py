"""The text in the picture: legible, cheap, and honest about letters it does not have."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import ImageFont

from recorder.devices.picture_text import FontUnreadable, PictureText

if TYPE_CHECKING:
    from pathlib import Path

SECOND_NS = 1_000_000_000


def strip(text: PictureText, lines: tuple[str, str], boottime_ns: int = SECOND_NS) -> np.ndarray:
    luma = np.full((720, 1280), 128, np.uint8)
    text.burn(luma, lines, boottime_ns)
    return luma


def test_letters_are_light_on_a_dark_strip_and_the_rest_is_untouched() -> None:
    luma = strip(PictureText(720), ("2026-11-21 10:05:51", "33.8688 N"))
    assert (luma[:70].min(), luma[:70].max()) == (16, 235)
    assert np.all(luma[100:] == 128)
    assert np.all(luma[:, 700:] == 128)


def test_two_lines_stand_under_each_other() -> None:
    both = strip(PictureText(720), ("AAAA", "AAAA"))
    first = strip(PictureText(720), ("AAAA", "    "))
    changed = np.flatnonzero((both != first).any(axis=1))
    assert changed.min() > 31
    assert np.array_equal(both[:31], first[:31])


def test_the_text_is_drawn_again_once_a_second_and_not_more_often() -> None:
    text = PictureText(720)
    first = strip(text, ("10:05:51", ""), SECOND_NS)
    soon = strip(text, ("10:05:52", ""), SECOND_NS + SECOND_NS // 2)
    later = strip(text, ("10:05:52", ""), 2 * SECOND_NS)
    assert np.array_equal(first, soon)
    assert not np.array_equal(first, later)


def test_a_letter_that_the_font_lacks_is_seen_to_be_missing() -> None:
    assert np.array_equal(
        strip(PictureText(720), ("张三 A\n\x07", "")), strip(PictureText(720), ("?? A??", ""))
    )


def test_a_font_that_was_asked_for_is_used(tmp_path: Path) -> None:
    own = ImageFont.load_default(20)
    assert isinstance(own, ImageFont.FreeTypeFont)
    font = tmp_path / "unit.ttf"
    font.write_bytes(own.font_bytes)
    given = strip(PictureText(720, font), ("BF-0007", ""))
    assert np.array_equal(given, strip(PictureText(720), ("BF-0007", "")))


@pytest.mark.parametrize("content", [None, b"", b"no font"])
def test_a_file_that_is_no_font_is_named(tmp_path: Path, content: bytes | None) -> None:
    font = tmp_path / "unit.ttf"
    if content is not None:
        font.write_bytes(content)
    with pytest.raises(FontUnreadable, match=r"unit\.ttf is not a font"):
        PictureText(720, font)


def test_a_picture_smaller_than_the_text_shows_what_fits() -> None:
    luma = np.full((20, 30), 128, np.uint8)
    PictureText(720).burn(luma, ("2026-11-21 10:05:51", "x"), SECOND_NS)
    assert luma.min() == 16


def test_burning_costs_less_than_a_millisecond() -> None:
    text = PictureText(720)
    luma = np.zeros((720, 1280), np.uint8)
    text.burn(luma, ("2026-11-21 10:05:51 trusted", "33.8688 N 113.0547 E"), SECOND_NS)
    costs = []
    for _ in range(50):
        start = time.perf_counter()
        text.burn(luma, ("2026-11-21 10:05:51 trusted", "33.8688 N 113.0547 E"), SECOND_NS)
        costs.append(time.perf_counter() - start)
    assert sorted(costs)[25] < 0.001
