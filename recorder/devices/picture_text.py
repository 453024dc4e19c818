"""Burns two lines of text into the luma plane of a picture: light letters on a dark strip.

The letters are drawn with Pillow when the text changes, at most about once a second; on every
other picture the finished strip is only copied in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_DARK, _LIGHT = 16, 235
_LINES_PER_PICTURE = 28  # letters stand 1/28 of the picture high: legible in a thumbnail, too
_NEWEST_EVERY_NS = 900_000_000  # pictures fall up to one interval beside the second
_NOT_A_CHARACTER = "\ufffe"


class FontUnreadable(Exception):
    """The font file that was asked for cannot be used."""


class PictureText:
    """Text for pictures of one height. Characters that the font lacks show as `?`."""

    def __init__(self, height: int, font: Path | None = None) -> None:
        """Draw with `font`, or with Pillow's own (Latin only); FontUnreadable if it is no font."""
        self._size = max(10, height // _LINES_PER_PICTURE)
        if font is None:
            self._font = ImageFont.load_default(self._size)
        else:
            try:
                # Basic layout: the same letters on every machine, whether it has raqm or not.
                self._font = ImageFont.truetype(
                    str(font), self._size, layout_engine=ImageFont.Layout.BASIC
                )
            except OSError as error:
                raise FontUnreadable(
                    f"{font} is not a font that can be read; name a TrueType or OpenType file,"
                    " or none."
                ) from error
        self._unknown = bytes(self._font.getmask(_NOT_A_CHARACTER))
        self._drawn: tuple[str, str] | None = None
        self._drawn_ns = 0
        self._strip = np.zeros((0, 0), np.uint8)

    def burn(self, luma: NDArray[np.uint8], lines: tuple[str, str], boottime_ns: int) -> None:
        """Write both lines into the top left of `luma` (height, width), in place."""
        due = boottime_ns - self._drawn_ns >= _NEWEST_EVERY_NS
        if self._drawn is None or (lines != self._drawn and due):
            self._strip = self._draw(lines)
            self._drawn, self._drawn_ns = lines, boottime_ns
        rows = min(self._strip.shape[0], luma.shape[0])
        columns = min(self._strip.shape[1], luma.shape[1])
        luma[:rows, :columns] = self._strip[:rows, :columns]

    def _draw(self, lines: tuple[str, str]) -> NDArray[np.uint8]:
        shown = [self._known(line) for line in lines]
        margin = self._size // 3
        line_rows = self._size * 5 // 4
        width = margin * 2 + round(max(self._font.getlength(line) for line in shown))
        strip = Image.new("L", (width, margin + 2 * line_rows + margin), _DARK)
        draw = ImageDraw.Draw(strip)
        for row, line in enumerate(shown):
            draw.text((margin, margin + row * line_rows), line, fill=_LIGHT, font=self._font)
        return np.asarray(strip, np.uint8)

    def _known(self, line: str) -> str:
        return "".join(char if self._has(char) else "?" for char in line)

    def _has(self, char: str) -> bool:
        if char.isspace():
            return char == " "
        return char.isprintable() and bytes(self._font.getmask(char)) != self._unknown
