"""From the sensors' own threads to the one that works: bounded, and never blocking a sensor."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from recorder.capture.ports import DeviceLost, Frame, Lost, Source

if TYPE_CHECKING:
    from recorder.capture.ports import Pcm


class Lane:
    """One sensor's way in. `put` and `fail` are called on its thread, `drain` on ours.

    A deque's append and popleft are atomic, so no lock can hold a sensor up.
    """

    def __init__(self, source: Source, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._items: deque[Frame | Pcm] = deque()
        self._losses: deque[DeviceLost | Lost] = deque(maxlen=64)
        self._refused_ns: deque[int] = deque()
        self._refusing = False  # known to `put` alone

    def put(self, item: Frame | Pcm) -> None:
        """Take `item`, or count it when the lane is full.

        A picture refers to those since the key frame before it: where one is refused, a player
        could show none of the next ones either, so all are refused up to the next key frame.
        """
        self._refusing = self._refusing and isinstance(item, Frame) and not item.key
        if self._refusing or len(self._items) >= self._limit:
            self._refusing = True
            self._refused_ns.append(item.boottime_ns)
            return
        self._items.append(item)

    def fail(self, loss: DeviceLost | Lost) -> None:
        """Take note that the sensor lost something, or itself."""
        self._losses.append(loss)

    def drain(self) -> list[Frame | Pcm]:
        """Everything that came since, oldest first."""
        return [self._items.popleft() for _ in range(len(self._items))]

    def losses(self) -> list[DeviceLost | Lost]:
        """What was lost since, our own full lane included."""
        told = [self._losses.popleft() for _ in range(len(self._losses))]
        refused_ns = [self._refused_ns.popleft() for _ in range(len(self._refused_ns))]
        if refused_ns:
            cause = "the lens did not keep up"
            told.append(Lost(self._source, len(refused_ns), refused_ns[0], cause, refused_ns[-1]))
        return told
