"""预录: the newest seconds from before a press, as the encoder gave them. Pure, and bounded.

It refuses to know whether a press will come. What it holds always begins with a key frame, if it
holds pictures at all, so that a film can begin there; what no longer fits goes a group at a time.
"""

from __future__ import annotations

from collections import deque

from recorder.capture.ports import Frame, Pcm

_SECOND_NS = 1_000_000_000


class PreRecord:
    """Holds at most `seconds` and at most `limit_bytes`, whichever is less; no sound unless asked.

    Shorter than `seconds` by up to the time between two key frames.
    """

    def __init__(self, seconds: int, limit_bytes: int, *, sound: bool) -> None:
        self.sound = sound
        self._span_ns = seconds * _SECOND_NS
        self._limit_bytes = limit_bytes
        self._frames: deque[Frame] = deque()
        self._sounds: deque[Pcm] = deque()
        self._bytes = 0

    def put(self, item: Frame | Pcm) -> None:
        """Hold `item`, and let go of what is too old or too much."""
        if isinstance(item, Pcm):
            if not self.sound:
                return
            self._sounds.append(item)
            self._bytes += len(item.samples)
        elif self._frames or item.key:
            self._frames.append(item)
            self._bytes += len(item.data)
        self._trim(item.boottime_ns)

    def held(self, now_ns: int) -> list[Frame | Pcm]:
        """Everything that is not too old now, in the order in which it was taken."""
        self._trim(now_ns)
        items: list[Frame | Pcm] = [*self._frames, *self._sounds]
        return sorted(items, key=lambda item: item.boottime_ns)

    def keep_newest_group(self) -> None:
        """Let go of all that lies before the newest key frame."""
        groups = sum(frame.key for frame in self._frames)
        for _ in range(groups - 1):
            self._drop_group()
        self._drop_sound()

    def forget(self) -> None:
        """Let everything go."""
        self._frames.clear()
        self._sounds.clear()
        self._bytes = 0

    def _trim(self, now_ns: int) -> None:
        while self._frames and (
            now_ns - self._frames[0].boottime_ns > self._span_ns or self._bytes > self._limit_bytes
        ):
            self._drop_group()
            self._drop_sound()
        while self._sounds and (
            now_ns - self._sounds[0].boottime_ns > self._span_ns or self._bytes > self._limit_bytes
        ):
            self._bytes -= len(self._sounds.popleft().samples)

    def _drop_group(self) -> None:
        """Let the oldest key frame go, and what cannot be shown without it."""
        self._bytes -= len(self._frames.popleft().data)
        while self._frames and not self._frames[0].key:
            self._bytes -= len(self._frames.popleft().data)

    def _drop_sound(self) -> None:
        """Let go of sound from before the first picture."""
        first_ns = self._frames[0].boottime_ns if self._frames else 0
        while self._sounds and _end_ns(self._sounds[0]) <= first_ns:
            self._bytes -= len(self._sounds.popleft().samples)


def _end_ns(pcm: Pcm) -> int:
    return pcm.boottime_ns + len(pcm.samples) // 2 * _SECOND_NS // pcm.rate_hz
