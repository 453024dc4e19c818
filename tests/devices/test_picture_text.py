"""The text in the picture: legible, cheap, and honest about letters it does not have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from recorder.devices.fonts import FontFile
from recorder.devices.picture_text import FontUnreadable, PictureText, chosen

LATIN = FontFile(Path("/nowhere/latin.ttf"))


def strip(text: PictureText, *lines: str, width: int = 1280) -> np.ndarray:
    luma = np.full((720, width), 128, np.uint8)
    text.burn(luma, lines)
    return luma


def own_font(folder: Path) -> FontFile:
    """Write Pillow's own letters, which are Latin only, as a file."""
    own = ImageFont.load_default(20)
    assert isinstance(own, ImageFont.FreeTypeFont)
    font = folder / "unit.ttf"
    font.write_bytes(own.font_bytes)
    return FontFile(font)


def test_letters_are_light_on_a_dark_strip_and_the_rest_is_untouched() -> None:
    luma = strip(PictureText(720), "2026-11-21 10:05:51", "33.8688 N")
    assert (luma[:70].min(), luma[:70].max()) == (16, 235)
    assert np.all(luma[100:] == 128)
    assert np.all(luma[:, 700:] == 128)


def test_lines_stand_under_each_other() -> None:
    both = strip(PictureText(720), "AAAA", "AAAA")
    first = strip(PictureText(720), "AAAA", "    ")
    changed = np.flatnonzero((both != first).any(axis=1))
    assert changed.min() > 31
    assert np.array_equal(both[:31], first[:31])


def test_every_picture_shows_its_own_second() -> None:
    text = PictureText(720)
    before = strip(text, "10:05:51")
    after = strip(text, "10:05:52")
    assert not np.array_equal(before, after)
    assert np.array_equal(after, strip(PictureText(720), "10:05:52"))


def test_a_line_that_is_too_long_breaks_between_its_statements_and_loses_none() -> None:
    broken = strip(PictureText(720), "BF-0007  first officer  second officer", width=320)
    assert np.array_equal(
        broken, strip(PictureText(720), "BF-0007  first officer", "second officer", width=320)
    )


def test_a_letter_that_the_font_lacks_is_seen_to_be_missing() -> None:
    assert np.array_equal(
        strip(PictureText(720), "张三 A\n\x07"), strip(PictureText(720), "?? A??")
    )
    assert PictureText(720).lacking("张三 A 张") == "张三"


def test_a_font_that_was_asked_for_is_used(tmp_path: Path) -> None:
    font = own_font(tmp_path)
    text, wrong = chosen(720, str(font.path), "BF-0007", known=())
    assert wrong == ()
    assert np.array_equal(strip(text, "BF-0007"), strip(PictureText(720), "BF-0007"))


def test_the_first_known_font_that_is_here_is_used(tmp_path: Path) -> None:
    font = own_font(tmp_path)
    text, wrong = chosen(720, "", "BF-0007", known=(LATIN, font))
    assert wrong == ()
    assert np.array_equal(strip(text, "BF-0007"), strip(PictureText(720, font), "BF-0007"))


def test_a_unit_without_the_font_films_all_the_same_and_says_what_its_picture_lacks(
    tmp_path: Path,
) -> None:
    asked = str(tmp_path / "gone.ttf")
    text, (unreadable, lacking) = chosen(720, asked, "记录仪 BF-0007", known=(LATIN,))
    assert "gone.ttf is not a font" in unreadable
    assert "question mark for each of 记录仪:" in lacking
    assert np.array_equal(strip(text, "录 1"), strip(PictureText(720), "? 1"))


@pytest.mark.parametrize("content", [None, b"", b"no font"])
def test_a_file_that_is_no_font_is_named(tmp_path: Path, content: bytes | None) -> None:
    font = tmp_path / "unit.ttf"
    if content is not None:
        font.write_bytes(content)
    with pytest.raises(FontUnreadable, match=r"unit\.ttf is not a font"):
        PictureText(720, FontFile(font))


def test_a_picture_smaller_than_the_text_shows_what_fits() -> None:
    luma = np.full((20, 30), 128, np.uint8)
    PictureText(720).burn(luma, ("2026-11-21 10:05:51", "x"))
    assert luma.min() == 16
