"""Whether camera and microphone still give anything while it is filmed, as the lens says.

Pure, and told the time. A sensor that falls silent for a moment is a gap, and the lens states it;
one that stays silent is lost, and the officer must know.
"""

from __future__ import annotations

_NS_PER_MS = 1_000_000
SILENT_MS = 2_000


class Senses:
    """`camera` and `microphone` say whether each can be relied on."""

    def __init__(self) -> None:
        self._camera_silent_ns: int | None = None
        self._microphone_silent_ns: int | None = None
        self.camera = self.microphone = True

    def give(self, *, camera: bool, microphone: bool, now_ns: int) -> None:
        """Take in what the lens says of the last second; it says it when it changes."""
        self._camera_silent_ns = None if camera else (self._camera_silent_ns or now_ns)
        self._microphone_silent_ns = None if microphone else (self._microphone_silent_ns or now_ns)

    def rest(self) -> None:
        """Nothing is filmed: nobody expects anything."""
        self._camera_silent_ns = self._microphone_silent_ns = None
        self.camera = self.microphone = True

    def tick(self, now_ns: int) -> None:
        """Judge by how long each has been silent."""
        self.camera = _relied_on(self._camera_silent_ns, now_ns)
        self.microphone = _relied_on(self._microphone_silent_ns, now_ns)


def _relied_on(silent_since_ns: int | None, now_ns: int) -> bool:
    return silent_since_ns is None or now_ns - silent_since_ns < SILENT_MS * _NS_PER_MS
