"""Who encodes a real camera's pictures, chosen openly by what the machine has."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CHIP = "bcm2835-codec"


class Coding(enum.Enum):
    """Who encodes."""

    CHIP = "chip"
    SOFTWARE = "software"


def coding_of(video_devices: Iterable[str]) -> Coding:
    """Choose by the names of the machine's video devices: Zero 2 W, 3 and 4 have a chip for it."""
    return Coding.CHIP if any(name.startswith(_CHIP) for name in video_devices) else Coding.SOFTWARE


def video_devices(folder: Path) -> list[str]:
    """Return the names of the video devices listed in `folder`, /sys/class/video4linux on a Pi."""
    return [file.read_text().strip() for file in sorted(folder.glob("video*/name"))]
