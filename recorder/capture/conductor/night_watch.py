"""Lets infrared in by night, and says so: aloud when it turns, and to each recording made then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.conductor.night import Night, View
from recorder.capture.conductor.pen import Remark

if TYPE_CHECKING:
    from recorder.capture.conductor.deeds import Deeds
    from recorder.capture.conductor.night import NightTimes
    from recorder.capture.ports import NightSight

_FILMED_BY_NIGHT = "红外夜视已开启。"


class NightWatch:
    """Without a `sight` it does nothing."""

    def __init__(self, deeds: Deeds, sight: NightSight | None, times: NightTimes) -> None:
        self._deeds = deeds
        self._sight = sight
        self._night = Night(times)

    def light(self, lux: int, now_ns: int) -> None:
        """The camera says how bright it is."""
        if self._sight is None or not self._night.turned(lux, now_ns):
            return
        if self._night.view is View.NIGHT:
            self._sight.night()
            self._deeds.voice.say("ir.on")
        else:
            self._sight.day()
            self._deeds.voice.say("ir.off")

    def begun(self) -> None:
        """A recording begins: whoever watches it must know why its colours are false."""
        if self._night.view is View.NIGHT:
            self._deeds.note(Remark(_FILMED_BY_NIGHT))
