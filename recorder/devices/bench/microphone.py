"""The Microphone port, fed from a sound file; it also hears what the bench speaker says."""

from __future__ import annotations

import threading
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from recorder.capture.ports import DeviceLost, Lost, Pcm, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from recorder.devices.bench.air import Air
    from recorder.devices.bench.tape import SoundTape
    from recorder.devices.pace import Pace

_SECOND_NS = 1_000_000_000
_BLOCKS_PER_SECOND = 50
_MAY_LAG_BLOCKS = 50


class BenchMicrophone:
    """Plays `tape` (None: a silent room) into blocks of 20 ms, with the air mixed in."""

    def __init__(self, tape: SoundTape | None, air: Air, pace: Pace) -> None:
        self._tape = tape
        self._air = air
        self._pace = pace
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self._air.rate_hz

    def start(
        self, on_pcm: Callable[[Pcm], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        """Begin; DeviceLost if the tape cannot be read any more."""
        self.stop()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._listen,
            args=(self._stop, on_pcm, on_lost),
            name="bench microphone",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Return when no further sound will come; harmless when already stopped."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def _listen(
        self,
        stop: threading.Event,
        on_pcm: Callable[[Pcm], None],
        on_lost: Callable[[DeviceLost | Lost], None],
    ) -> None:
        count = self.rate_hz // _BLOCKS_PER_SECOND
        room = self._room(count)
        begun_ns = self._pace.now_ns()
        number = 0
        # A block is handed over when its last sample has sounded.
        while self._pace.wait_until(begun_ns + _block_ns(number + 1), stop):
            first_ns = begun_ns + _block_ns(number)
            behind = (self._pace.now_ns() - first_ns) * _BLOCKS_PER_SECOND // _SECOND_NS - 1
            if behind > _MAY_LAG_BLOCKS:
                cause = "this machine is too slow to listen"
                on_lost(Lost(Source.MICROPHONE, behind * count, first_ns, cause))
                number += behind
                continue
            try:
                wave = next(room) + self._air.heard(first_ns, count)
            except DeviceLost as loss:
                on_lost(loss)
                return
            samples = np.clip(np.rint(wave), -32768, 32767).astype("<i2")
            on_pcm(Pcm(samples.tobytes(), self.rate_hz, first_ns))
            number += 1

    def _room(self, count: int) -> Iterator[NDArray[np.int16]]:
        if self._tape is None:
            return repeat(np.zeros(count, np.int16))
        return self._tape.blocks(count)


def _block_ns(number: int) -> int:
    return number * _SECOND_NS // _BLOCKS_PER_SECOND
