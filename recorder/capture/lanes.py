"""From the sensors' own threads to the one that works: bounded, and never blocking a sensor."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from recorder.capture.ports import DeviceLost, Lost, Source

if TYPE_CHECKING:
    from recorder.capture.ports import Frame, Pcm


class Lane:
    """One sensor's way in. `put` and `fail` are called on its thread, `drain` on ours.

    A deque's append and popleft are atomic, so no lock can hold a sensor up.
    """

    def __init__(self, source: Source, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._items: deque[Frame | Pcm] = deque()
        self._losses: deque[DeviceLost | Lost] = deque(maxlen=64)
        self._refused = 0
        self._refused_since_ns = 0

    def put(self, item: Frame | Pcm) -> None:
        """Take `item`, or count it when the lane is full."""
        if len(self._items) >= self._limit:
            self._refused_since_ns = self._refused_since_ns or item.boottime_ns
            self._refused += 1
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
        if self._refused:
            count, self._refused = self._refused, 0
            since, self._refused_since_ns = self._refused_since_ns, 0
            told.append(Lost(self._source, count, since, "the lens did not keep up"))
        return told
