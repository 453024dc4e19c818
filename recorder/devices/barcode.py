"""A number of 32 bits drawn into the bottom of a picture, and read back at any scale.

It tells a lost, doubled or frozen picture in a finished file: stamps alone cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = 32
_DARK, _BRIGHT = 16, 235


def bar_height(height: int) -> int:
    """Rows that the bar code takes in a picture of this height."""
    return max(8, (height // 30) & ~1)


def draw(luma: NDArray[np.uint8], number: int) -> None:
    """Draw `number` modulo 2**32 over the last rows of the luma plane (height, width)."""
    height, width = luma.shape
    bits = np.unpackbits(np.frombuffer((number % 2**_BITS).to_bytes(4, "big"), np.uint8))
    edges = np.arange(width) * _BITS // width
    luma[height - bar_height(height) :] = np.where(bits[edges], _BRIGHT, _DARK).astype(np.uint8)


def read(luma: NDArray[np.uint8]) -> int:
    """Return the number drawn into this luma plane (height, width)."""
    height, width = luma.shape
    middle = height - bar_height(height) // 2
    row = luma[middle - 1 : middle + 1].mean(axis=0)
    centres = (np.arange(_BITS) * 2 + 1) * width // (2 * _BITS)
    bright = [
        int(row[centre - 2 : centre + 3].mean() > (_DARK + _BRIGHT) / 2) for centre in centres
    ]
    return int("".join(map(str, bright)), 2)
