"""Was the notice heard? A spoken clip is searched for in the microphone's signal. Pure arithmetic.

The score is the normalised cross-correlation of the two in the band of speech, in permille:
1000 is the clip itself, whatever its loudness and delay. Figures: see `HEARD_PERMILLE`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.floating[Any]] | NDArray[np.int16]

HEARD_PERMILLE = 300
"""From here on the notice counts as heard.

Measured with the notice of twelve seconds and the other prompts, all in the same voice:
heard: 950 in a quiet room, 890 in white noise as loud as the speech, 780 beside another speaker as
loud, 610 in noise of +10 dB or with strong echo, 960 with clocks 200 ppm apart.
Not heard: 110 beside all other prompts, 20 in noise, 0 in silence. A clip of one second: up to 260
beside other sentences, so search for sentences of two seconds and more.
"""

_WORK_HZ = 8000
_BAND_HZ = (250, 3600)
_BLOCK = _WORK_HZ // 2
_WANDER = _WORK_HZ * 4 // 1000  # samples that two clocks may drift apart within a clip


def resampled(signal: Signal, from_hz: int, to_hz: int) -> NDArray[np.float64]:
    """Return `signal` (one channel) at another rate, by way of its spectrum."""
    wave = np.asarray(signal, np.float64)
    if from_hz == to_hz or not len(wave):
        return wave
    length = max(1, round(len(wave) * to_hz / from_hz))
    spectrum = np.fft.rfft(wave)[: length // 2 + 1]
    return np.fft.irfft(spectrum, length) * (length / len(wave))


def notice_score(clip: Signal, clip_hz: int, heard: Signal, heard_hz: int) -> int:
    """Return how surely `clip` sounds somewhere in `heard`: 0 (not at all) to 1000 (nothing else).

    Both are one channel, any scale. Compare with HEARD_PERMILLE.
    """
    reference = _speech(clip, clip_hz)
    signal = _speech(heard, heard_hz)
    if len(reference) < _BLOCK or len(signal) < _BLOCK:
        return 0
    delay = _best_delay(reference, signal)
    score = max(_whole(reference, signal, delay), _by_blocks(reference, signal, delay))
    return round(1000 * min(max(score, 0.0), 1.0))


def _speech(signal: Signal, rate_hz: int) -> NDArray[np.float64]:
    wave = resampled(signal, rate_hz, _WORK_HZ)
    if not len(wave):
        return wave
    spectrum = np.fft.rfft(wave)
    frequencies = np.fft.rfftfreq(len(wave), 1 / _WORK_HZ)
    spectrum[(frequencies < _BAND_HZ[0]) | (frequencies > _BAND_HZ[1])] = 0
    return np.fft.irfft(spectrum, len(wave))


def _best_delay(reference: NDArray[np.float64], signal: NDArray[np.float64]) -> int:
    """Return where in `signal` the clip fits best, in samples; its tail may be cut off."""
    size = 1 << (len(signal) + 2 * len(reference)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(signal, size) * np.conj(np.fft.rfft(reference, size)), size)
    energy = np.concatenate(([0.0], np.cumsum(np.pad(signal, (0, len(reference))) ** 2)))
    local = energy[len(reference) :] - energy[: -len(reference)]
    floor = 1e-6 * float(local.max()) or 1.0  # silence must not win by rounding errors
    return int(np.argmax(cross[: len(signal)] / np.sqrt(local[: len(signal)] + floor)))


def _whole(reference: NDArray[np.float64], signal: NDArray[np.float64], delay: int) -> float:
    part = np.pad(signal[delay : delay + len(reference)], (0, len(reference)))[: len(reference)]
    return _likeness(reference, part)


def _by_blocks(reference: NDArray[np.float64], signal: NDArray[np.float64], delay: int) -> float:
    """Compare half seconds one by one: two clocks drift apart, a distant speaker wavers."""
    padded = np.pad(signal, (_WANDER, len(reference) + _WANDER))
    total = weight = 0.0
    for start in range(0, len(reference) - _BLOCK + 1, _BLOCK):
        block = reference[start : start + _BLOCK]
        energy = float(block @ block)
        first = delay + start
        best = max(
            _likeness(block, padded[first + shift : first + shift + _BLOCK])
            for shift in range(2 * _WANDER + 1)
        )
        total += energy * best
        weight += energy
    return total / weight if weight else 0.0


def _likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    scale = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / scale if scale > 1e-12 else 0.0
