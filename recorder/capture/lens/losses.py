"""What was lost, in the lens's words: told at once, or held while nobody knows whether it counts.

Before a press it counts only if it lies in what the press makes a recording.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from recorder.capture.lens_words import WasLost
from recorder.capture.ports import DeviceLost, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.lens.ring import Dropped
    from recorder.capture.ports import Lost

_NS_PER_MS = 1_000_000
_UNHEARD = "by the rules, no sound is kept from before the press"


class Losses:
    """Goes out through `report`."""

    def __init__(self, report: Callable[[WasLost], None]) -> None:
        self._report = report
        self._held: deque[WasLost] = deque(maxlen=64)

    def gone(self, loss: DeviceLost, now_ns: int) -> None:
        """A sensor stopped answering: that is told at once."""
        now_ms = now_ns // _NS_PER_MS
        self._report(WasLost(loss.source.value, -1, now_ms, now_ms, str(loss)))

    def lost(self, loss: Lost, now_ns: int, *, unheard_until_ns: int) -> WasLost:
        """Put a loss into words; sound from before `unheard_until_ns` is missing by the rules."""
        by_rule = loss.source is Source.MICROPHONE and loss.since_ns < unheard_until_ns
        cause = _UNHEARD if by_rule else loss.cause
        since_ms = loss.since_ns // _NS_PER_MS
        until_ms = (loss.until_ns or now_ns) // _NS_PER_MS
        return WasLost(loss.source.value, loss.count, since_ms, max(since_ms, until_ms), cause)

    def hold(self, told: WasLost) -> None:
        """Keep it until it is known where the recording begins."""
        self._held.append(told)

    def release(self, begins_ns: int) -> None:
        """The recording begins here: tell what lies in it."""
        for told in self._held:
            if told.to_ms * _NS_PER_MS >= begins_ns:
                self._report(told)
        self._held.clear()

    def forget(self) -> None:
        """It was no recording."""
        self._held.clear()

    def dropped(self, gone: Dropped) -> None:
        """The lens could not hold it for a custody that stayed away."""
        cause = "custody stayed away longer than the lens can hold"
        from_ms, to_ms = gone.from_ns // _NS_PER_MS, gone.to_ns // _NS_PER_MS
        self._report(WasLost("custody", gone.frames, from_ms, to_ms, cause))
