"""The NightSight port through gpiozero: a pin for the infrared filter, a pin for the light.

Either may be missing. When the conductor ends, the light goes out and the filter comes back.
"""

from __future__ import annotations

from recorder.devices.gpio import output_pin


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
