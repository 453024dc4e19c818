"""The NightSight port through gpiozero: a pin for the infrared filter, a pin for the light.

Either may be missing. When the conductor ends, the light goes out and the filter comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.devices.gpio import output_pin

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.ports import NightSight


def night_sight_of(
    factory: object, cut_pin: int, cut_high: str, light_pin: int, tell: Callable[..., None]
) -> ToldNightSight | None:
    """Return what a unit has of it; none if it has neither pin. GpioMissing as below."""
    if max(cut_pin, light_pin) < 0:
        return None
    return ToldNightSight(GpioNightSight(factory, cut_pin, cut_high, light_pin), tell)


class ToldNightSight:
    """A night sight each change of which is told."""

    def __init__(self, sight: NightSight, tell: Callable[..., None]) -> None:
        self._sight = sight
        self._tell = tell

    def night(self) -> None:
        """Let infrared in, and give it."""
        self._sight.night()
        self._tell("view", by="night")

    def day(self) -> None:
        """Give none, and keep it out."""
        self._sight.day()
        self._tell("view", by="day")


class GpioNightSight:
    """`cut_high` says at which of both the filter's pin is high; a pin of −1 is not there."""

    def __init__(self, factory: object, cut_pin: int, cut_high: str, light_pin: int) -> None:
        """By day; GpioMissing if a pin is taken or not there."""
        self._high_by_night = cut_high == "night"
        self._cut = output_pin(factory, cut_pin) if cut_pin >= 0 else None
        self._light = output_pin(factory, light_pin) if light_pin >= 0 else None
        self.day()

    def night(self) -> None:
        """Let infrared in, then give it: before, it would light the scene for nobody."""
        self._filter(by_night=True)
        if self._light is not None:
            self._light.on()

    def day(self) -> None:
        """Give none, then keep it out."""
        if self._light is not None:
            self._light.off()
        self._filter(by_night=False)

    def stop(self) -> None:
        """By day; the pins are free again."""
        self.day()
        for output in (self._cut, self._light):
            if output is not None:
                output.close()

    def _filter(self, *, by_night: bool) -> None:
        if self._cut is not None:
            self._cut.value = by_night is self._high_by_night
