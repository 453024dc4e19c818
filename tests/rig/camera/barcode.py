"""Reads back what the software camera writes into each picture, however it was compressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from recorder.capture.ports import Frame

BITS = 32


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded picture: its number, the wall clock's milliseconds (32 bits), the unit's stamp."""

    number: int
    wall_ms: int
    boottime_ns: int


def shown(frames: Iterable[Frame]) -> list[Shown]:
    """Decode a camera's frames in their order and read each."""
    decoder = av.CodecContext.create("h264", "r")
    stamps: list[int] = []
    read: list[Shown] = []
    pictures = []
    for frame in frames:
        stamps.append(frame.boottime_ns)
        pictures += decoder.decode(av.Packet(frame.data))
    pictures += decoder.decode(None)
    for picture, stamp in zip(pictures, stamps, strict=True):
        luma = np.asarray(picture.to_ndarray()[: picture.height], np.uint8)
        number, wall_ms = bars(luma)
        read.append(Shown(number, wall_ms, stamp))
    return read


def bars(luma: NDArray[np.uint8]) -> tuple[int, int]:
    """Read both bars of a picture: the number, and the wall clock's milliseconds."""
    height = luma.shape[0]
    bar = max(8, (height // 45) & ~1)
    return _bits(luma, height - 2 * bar, bar), _bits(luma, height - bar, bar)


def _bits(luma: NDArray[np.uint8], top: int, bar: int) -> int:
    """Read one bar: 32 fields, most significant first, black is 0."""
    row = luma[top + bar // 3 : top + bar - bar // 3].mean(axis=0)
    field = luma.shape[1] // BITS
    fields = row[: field * BITS].reshape(BITS, field)[:, field // 3 : field - field // 3]
    bits = np.packbits(fields.mean(axis=1) > 125)
    return int.from_bytes(bits.tobytes(), "big")
