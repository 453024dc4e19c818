"""Judges whether a camera lives: pictures that stop, repeat themselves, or show nothing.

Pure, and told the time. A camera that stalls raises nothing, and a frozen one keeps healthy
stamps: only the age of the newest picture and its content tell. Everything is found within 2 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture.ports import BLACK, FROZEN, DeviceLost, Lost, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECOND_NS = 1_000_000_000
_STALLED_NS = _SECOND_NS
_ANEW_EACH_NS = 3 * _SECOND_NS
_SAME_NS = 1_500_000_000
_BLACK_NS = 1_500_000_000
_SLOW_SHARE = 0.1
_DARK = bytes(range(24))
"""Luma below 24 is black on any display: 16 is black itself."""
_BRIGHT_SHARE = 0.08
"""A picture with no more than this that is brighter shows nothing."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture looks like: luma bytes sampled over it, before any text is burnt in.

    `number` is the sensor's own count, from 0 at each start.
    """

    sample: bytes
    boottime_ns: int
    number: int


@dataclass(slots=True)
class _Spell:
    """A stretch of pictures that are all at fault in one way."""

    cause: str
    lasts_ns: int
    since_ns: int = 0
    count: int = 0
    told: int = 0
    open: bool = False

    def saw(self, at_fault: bool, boottime_ns: int) -> Iterator[Lost]:  # noqa: FBT001 – the only fact
        """Count; yield once when it is certain, and once when it is over."""
        if not at_fault:
            if self.told and self.count > self.told:
                rest = self.count - self.told
                yield Lost(Source.CAMERA, rest, self.since_ns, self.cause, boottime_ns)
            self.open, self.count, self.told = False, 0, 0
            return
        if not self.open:
            self.open, self.since_ns = True, boottime_ns
        self.count += 1
        if not self.told and boottime_ns - self.since_ns >= self.lasts_ns:
            self.told = self.count
            yield Lost(Source.CAMERA, self.count, self.since_ns, self.cause, boottime_ns)


class PictureWatch:
    """One camera's health. `saw` for each picture, `tick` at least four times a second."""

    def __init__(self, rate_hz: int, begun_ns: int, number: int = -1) -> None:
        self._rate_hz = rate_hz
        self._newest_ns = begun_ns
        self._number = number
        self._second_ns = begun_ns  # when the second that is being counted began
        self._seen = 0
        self._stalled = False
        self._anew_ns = begun_ns
        self._before: bytes | None = None
        self._frozen = _Spell(FROZEN, _SAME_NS)
        self._black = _Spell(BLACK, _BLACK_NS)

    def saw(self, look: Look) -> tuple[DeviceLost | Lost, ...]:
        """Return what this picture says about the camera."""
        facts: list[DeviceLost | Lost] = [*self._missing(look), *self._slow(look)]
        bright = len(look.sample.translate(None, _DARK))
        black = bright <= _BRIGHT_SHARE * len(look.sample)
        # A sensor's noise changes every picture, even in the dark: two equal ones are one.
        same = look.sample == self._before and not black
        self._before = look.sample
        facts += self._black.saw(black, look.boottime_ns)
        facts += self._frozen.saw(same, look.boottime_ns)
        return tuple(facts)

    def tick(self, now_ns: int) -> tuple[DeviceLost, ...]:
        """Return DeviceLost, once for each stall, when no picture came for a second."""
        age_ns = now_ns - self._newest_ns
        if self._stalled or age_ns < _STALLED_NS:
            return ()
        self._stalled = True
        return (
            DeviceLost(
                Source.CAMERA,
                f"The camera has given no picture for {age_ns // 1_000_000} ms;"
                " if it stays so, check its ribbon cable and change the unit.",
            ),
        )

    def wants_anew(self, now_ns: int) -> bool:
        """Tell whether the camera should be opened anew: after 3 s of a stall, and each 3 s more.

        One that was unplugged cannot be opened at first, and may be back at any time.
        """
        since_ns = max(self._newest_ns, self._anew_ns)
        if not self._stalled or now_ns - since_ns < _ANEW_EACH_NS:
            return False
        self._anew_ns = now_ns
        return True

    def _missing(self, look: Look) -> Iterator[Lost]:
        """Yield the pictures that the sensor counted and nobody saw."""
        missing = look.number - self._number - 1
        step_ns = look.boottime_ns - self._newest_ns
        if missing < 0 or (missing == 0 and self._stalled):
            # The sensor was started anew, or did not count while it stalled: its stamps tell.
            missing = round(step_ns * self._rate_hz / _SECOND_NS) - 1
        since_ns, stalled = self._newest_ns, self._stalled
        self._newest_ns, self._number, self._stalled = look.boottime_ns, look.number, False
        if missing > 0:
            self._seen += missing
            cause = "the camera stalled" if stalled else "the camera skipped pictures"
            yield Lost(Source.CAMERA, missing, since_ns, cause, look.boottime_ns)

    def _slow(self, look: Look) -> Iterator[Lost]:
        """Yield what a second lacks of the rate that was granted, if nothing else explains it."""
        self._seen += 1
        gone_ns = look.boottime_ns - self._second_ns
        if gone_ns < _SECOND_NS:
            return
        lacking = round(gone_ns * self._rate_hz / _SECOND_NS) - self._seen
        if lacking > _SLOW_SHARE * self._seen:
            cause = "the camera films more slowly than was granted"
            yield Lost(Source.CAMERA, lacking, self._second_ns, cause, look.boottime_ns)
        self._second_ns, self._seen = look.boottime_ns, 0
