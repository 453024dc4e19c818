"""Beeps for 30 ms at each whole second of the wall clock, by PortAudio's own idea of the card's."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pyaudio

if TYPE_CHECKING:
    from collections.abc import Mapping

RATE_HZ, BLOCK = 48_000, 480
TONE = (np.sin(np.arange(RATE_HZ * 3 // 100) * 2 * np.pi * 1000 / RATE_HZ) * 12_000).astype("<i2")


def play(
    _heard: bytes | None, count: int, times: Mapping[str, float], _status: int
) -> tuple[bytes, int]:
    """On PortAudio's thread: what sounds when this block leaves the card."""
    leaves = time.time() + times["output_buffer_dac_time"] - times["current_time"]
    at = ((np.arange(count) / RATE_HZ + leaves) % 1.0 * RATE_HZ).astype(np.int64)
    wave = np.zeros(count, "<i2")
    sounding = at < len(TONE)
    wave[sounding] = TONE[at[sounding]]
    return wave.tobytes(), pyaudio.paContinue


if __name__ == "__main__":
    audio = pyaudio.PyAudio()
    stream = audio.open(
        rate=RATE_HZ,
        channels=1,
        format=pyaudio.paInt16,
        output=True,
        frames_per_buffer=BLOCK,
        stream_callback=play,
    )
    print("beeping", flush=True)  # noqa: T201 – whoever started it waits for this
    threading.Event().wait()
    sys.exit(0)
