"""Burns lines of text into the luma plane of a picture: light letters on a dark strip.

Each letter is drawn once in the life of a process and kept as a tile. A new text is tiles laid side
by side; on every other picture the finished strip is only copied in.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from recorder.devices.fonts import CHINESE, FontFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


_DARK, _LIGHT = 16, 235
_LINES_PER_PICTURE = 28  # letters stand 1/28 of the picture high: legible in a thumbnail, too
_SPACING = 12  # letters stand apart, so that a reading program finds a hyphen between them
_NOT_A_CHARACTER = "\ufffe"
_BETWEEN = "  "
"""Two spaces part the statements of a line; a line breaks there and nowhere else."""


class FontUnreadable(Exception):
    """The font file that was asked for cannot be used."""


def chosen(
    height: int, asked: str, letters: str, known: Iterable[FontFile] = CHINESE
) -> tuple[PictureText, tuple[str, ...]]:
    """Return text in the font asked for, else in a known one, else in Latin letters alone.

    The sentences say what is wrong with it, if anything: a font that cannot be used, and which of
    the `letters` will show as `?`. A unit without the right font still films.
    """
    wrong: list[str] = []
    text = PictureText(height)
    for font in [FontFile(Path(asked))] * bool(asked) + [f for f in known if f.path.is_file()]:
        try:
            text = PictureText(height, font)
        except FontUnreadable as unreadable:
            wrong.append(str(unreadable))
        else:
            break
    return text, (*wrong, *unreadable_in(text, letters))


def unreadable_in(text: PictureText, letters: str) -> tuple[str, ...]:
    """Say which of the letters will show as `?`; nothing if none will."""
    lacking = text.lacking(letters)
    if not lacking:
        return ()
    sentence = (
        f"The picture text shows a question mark for each of {lacking}:"
        " install fonts-wqy-zenhei, or name a font that has them in picture_text.font."
    )
    return (sentence,)


class PictureText:
    """Text for pictures of one height. Characters that the font lacks show as `?`."""

    def __init__(self, height: int, font: FontFile | None = None) -> None:
        """Draw with `font`, or with Pillow's own (Latin only); FontUnreadable if it is no font."""
        self._size = max(10, height // _LINES_PER_PICTURE)
        self._rows = self._size * 5 // 4
        if font is None:
            self._font = ImageFont.load_default(self._size)
        else:
            try:
                # Basic layout: the same letters on every machine, whether it has raqm or not.
                self._font = ImageFont.truetype(
                    str(font.path), self._size, font.face, layout_engine=ImageFont.Layout.BASIC
                )
            except OSError as error:
                raise FontUnreadable(
                    f"{font.path} is not a font that can be read; name a TrueType or OpenType"
                    " file, or none."
                ) from error
        self._unknown = bytes(self._font.getmask(_NOT_A_CHARACTER))
        self._tiles: dict[str, NDArray[np.uint8]] = {}
        self._drawn: tuple[tuple[str, ...], int] | None = None
        self._strip = np.zeros((0, 0), np.uint8)

    def lacking(self, text: str) -> str:
        """Return each character of `text` that the font cannot show, once, in order."""
        return "".join(dict.fromkeys(char for char in text if not self._has(char)))

    def burn(self, luma: NDArray[np.uint8], lines: tuple[str, ...]) -> None:
        """Write the lines into the top left of `luma` (height, width), in place."""
        width = luma.shape[1]
        if self._drawn != (lines, width):
            self._strip = self._draw(lines, width)
            self._drawn = lines, width
        rows = min(self._strip.shape[0], luma.shape[0])
        columns = min(self._strip.shape[1], width)
        luma[:rows, :columns] = self._strip[:rows, :columns]

    def _draw(self, lines: tuple[str, ...], width: int) -> NDArray[np.uint8]:
        margin = self._size // 3
        rows = [self._row(row) for line in lines for row in self._broken(line, width - 2 * margin)]
        widest = max((row.shape[1] for row in rows), default=0)
        shape = (2 * margin + len(rows) * self._rows, 2 * margin + widest)
        strip = np.full(shape, _DARK, np.uint8)
        for number, row in enumerate(rows):
            top = margin + number * self._rows
            strip[top : top + self._rows, margin : margin + row.shape[1]] = row
        return strip

    def _broken(self, line: str, room: int) -> Iterator[str]:
        """Yield `line` in rows that fit; a single statement wider than the picture is cut there."""
        row = ""
        for statement in line.split(_BETWEEN):
            longer = f"{row}{_BETWEEN}{statement}" if row else statement
            if row and self._row(longer).shape[1] > room:
                yield row
                row = statement
            else:
                row = longer
        yield row

    def _row(self, row: str) -> NDArray[np.uint8]:
        return np.hstack([self._tile(char) for char in row or " "])

    def _tile(self, char: str) -> NDArray[np.uint8]:
        known = char if self._has(char) else "?"
        if known not in self._tiles:
            columns = round(self._font.getlength(known)) + self._size // _SPACING
            tile = Image.new("L", (columns, self._rows), _DARK)
            ImageDraw.Draw(tile).text((0, 0), known, fill=_LIGHT, font=self._font)
            self._tiles[known] = np.asarray(tile, np.uint8)
        return self._tiles[known]

    def _has(self, char: str) -> bool:
        if char in self._tiles:
            return True
        if char.isspace():
            return char == " "
        return char.isprintable() and bytes(self._font.getmask(char)) != self._unknown
