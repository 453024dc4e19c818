"""What camera and microphone gave since a check began. Pure counting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture.lens_words import Checked
from recorder.capture.ports import Frame

if TYPE_CHECKING:
    from recorder.capture.ports import Pcm

CHECK_NS = 3_000_000_000
"""How long a check lasts, once the sensors run: a black or frozen picture shows within two seconds,
and the unit's own tone is heard."""


@dataclass(slots=True)
class SensorCheck:
    """What the sensors gave since a check began."""

    until_ns: int
    frames: int = 0
    samples: int = 0
    loudest: int = 0

    def count(self, item: Frame | Pcm) -> None:
        """Take one picture or block of sound into account."""
        if isinstance(item, Frame):
            self.frames += 1
            return
        self.samples += len(item.samples) // 2
        self.loudest = max(self.loudest, *memoryview(item.samples).cast("h"), 0)

    def report(self) -> Checked:
        """What the conductor is told."""
        return Checked(self.frames, self.samples, self.loudest)
