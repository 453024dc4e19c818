"""One unbroken line of sound on the unit's clock: late, missing and surplus samples become facts.

The line counts samples from its first one. Every later stamp is compared with that count. A card's
clock is never quite the unit's: where the two have come apart by more than 2 ms, one sample a block
is repeated or left out where the sound changes least, which nobody hears and which is no loss.
When they differ by more than 20 ms, something happened: what is missing becomes explicit silence,
what is too much is left out, and both are reported. So sound never drifts from picture by more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recorder.capture.ports import DeviceLost, Lost, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.ports import Pcm

_SECOND_NS = 1_000_000_000
TOLERANCE_NS = 20_000_000
_FOLLOWED_NS = 2_000_000
_KEPT_SECONDS = 5
_SAMPLE_BYTES = 2


class SoundLine:
    """Samples by number, mono s16; the newest five seconds can be read again."""

    def __init__(self, rate_hz: int, on_lost: Callable[[Lost], None]) -> None:
        self._rate_hz = rate_hz
        self._on_lost = on_lost
        self._origin_ns: int | None = None
        self._kept = bytearray()
        self._kept_from = 0  # number of the first kept sample
        self._missing = 0  # silence put in for a gap that still lasts
        self._missing_since_ns = 0

    @property
    def begun(self) -> bool:
        """True once the line has its first sample."""
        return self._origin_ns is not None

    @property
    def end(self) -> int:
        """The number of the next sample."""
        return self._kept_from + len(self._kept) // _SAMPLE_BYTES

    @property
    def start(self) -> int:
        """The number of the oldest sample that can still be read."""
        return self._kept_from

    def number_at(self, boottime_ns: int) -> int:
        """Return the number of the sample nearest to this instant (negative before the first)."""
        distance_ns = boottime_ns - (self._origin_ns or 0)
        return (distance_ns * self._rate_hz + _SECOND_NS // 2) // _SECOND_NS

    def instant_ns(self, number: int) -> int:
        """Return the instant of the sample with this number."""
        return (self._origin_ns or 0) + number * _SECOND_NS // self._rate_hz

    def take(self, pcm: Pcm) -> None:
        """Append sound by its stamp; DeviceLost if it is not the sound that was agreed on."""
        if pcm.rate_hz != self._rate_hz or len(pcm.samples) % _SAMPLE_BYTES:
            raise DeviceLost(
                Source.MICROPHONE,
                f"The microphone gives {pcm.rate_hz} samples a second in {len(pcm.samples)} bytes;"
                f" set it to {self._rate_hz}, 16 bit, mono.",
            )
        if self._origin_ns is None:
            self._origin_ns = pcm.boottime_ns
        ahead_ns = pcm.boottime_ns - self.instant_ns(self.end)
        ahead = ahead_ns * self._rate_hz // _SECOND_NS
        samples = pcm.samples
        if ahead_ns > TOLERANCE_NS:
            self._silence(ahead)
        elif ahead_ns < -TOLERANCE_NS:
            surplus = min(-ahead, len(samples) // _SAMPLE_BYTES)
            samples = samples[surplus * _SAMPLE_BYTES :]
            cause = "more sound came than its stamps allow; the surplus is left out"
            self._report(surplus, pcm.boottime_ns, cause)
        elif abs(ahead_ns) > _FOLLOWED_NS:
            samples = _one_more(samples) if ahead > 0 else _one_less(samples)
        if samples:
            self.report()
            self._append(samples)

    def fill(self, until_ns: int) -> None:
        """Put silence in up to this instant; it is reported when sound is back, or by `report`."""
        lacking = self.number_at(until_ns) - self.end
        if lacking > 0:
            self._silence(lacking)

    def begin(self, at_ns: int) -> None:
        """Set the instant of sample 0, unless sound has set it already."""
        if self._origin_ns is None:
            self._origin_ns = at_ns

    def report(self) -> None:
        """Report the silence put in so far; nothing if there was none."""
        if self._missing:
            missing, self._missing = self._missing, 0
            cause = "no sound came; silence stands in its place"
            self._report(missing, self._missing_since_ns, cause)

    def read(self, start: int, stop: int) -> bytes:
        """Return the samples [start, stop) as far as they are kept; before the first: silence."""
        before = max(min(stop, 0) - start, 0)
        low = max(start - self._kept_from, 0) * _SAMPLE_BYTES
        high = max(stop - self._kept_from, 0) * _SAMPLE_BYTES
        return bytes(before * _SAMPLE_BYTES) + bytes(self._kept[low:high])

    def _silence(self, count: int) -> None:
        if not self._missing:
            self._missing_since_ns = self.instant_ns(self.end)
        self._missing += count
        # A gap may be hours long: only what can be read again is laid down, the rest is counted.
        kept = min(count, _KEPT_SECONDS * self._rate_hz)
        if kept < count:
            self._kept_from = self.end + count - kept
            self._kept.clear()
        self._append(bytes(kept * _SAMPLE_BYTES))

    def _report(self, count: int, since_ns: int, cause: str) -> None:
        until_ns = since_ns + count * _SECOND_NS // self._rate_hz
        self._on_lost(Lost(Source.MICROPHONE, count, since_ns, cause, until_ns))

    def _append(self, samples: bytes) -> None:
        self._kept += samples
        extra = len(self._kept) // _SAMPLE_BYTES - _KEPT_SECONDS * self._rate_hz
        if extra > self._rate_hz:  # a second at a time: moving 480 KB per 20 ms would cost more
            del self._kept[: extra * _SAMPLE_BYTES]
            self._kept_from += extra


def _one_more(samples: bytes) -> bytes:
    """Repeat the sample after which the sound changes least."""
    at = _stillest(samples) * _SAMPLE_BYTES
    return samples[: at + _SAMPLE_BYTES] + samples[at:]


def _one_less(samples: bytes) -> bytes:
    """Leave that sample out."""
    at = _stillest(samples) * _SAMPLE_BYTES
    return samples[:at] + samples[at + _SAMPLE_BYTES :]


def _stillest(samples: bytes) -> int:
    wave = np.frombuffer(samples, "<i2").astype(np.int32)
    return int(np.abs(np.diff(wave)).argmin()) if len(wave) > 1 else 0
