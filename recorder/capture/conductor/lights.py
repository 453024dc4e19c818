"""Which light is shown: where the unit stands, and what matters besides. No device, no clock.

While a recording is open its light goes before everything but a camera that is lost: the party
must see that it is filmed. What else matters then has its beeps and its vibration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.conductor.told import Dock
from recorder.capture.ports import Lamp

if TYPE_CHECKING:
    from recorder.capture.conductor.condition import Condition
    from recorder.capture.ports import Signals

_NS_PER_MS = 1_000_000
FLASH_MS = 1_000
_AT_THE_DOCK = {
    Dock.UPLOADING: Lamp.UPLOADING,
    Dock.DONE: Lamp.DONE,
    Dock.FAILED: Lamp.NOT_HANDED_IN,
}


def lamp_for(stand: Lamp, now: Condition) -> tuple[Lamp, Lamp | None]:
    """What is shown, and whose beeps are heard besides."""
    if stand is Lamp.RECORDING:
        if now.camera:
            return Lamp.RECORDING, now.urgency
        return (Lamp.SOUND_ONLY, now.urgency) if now.microphone else (Lamp.FAULT, None)
    if stand is not Lamp.READY:
        return stand, None
    if now.journey is not None and now.journey.dock in _AT_THE_DOCK:
        return _AT_THE_DOCK[now.journey.dock], None
    return now.urgency or (Lamp.DOUBTFUL if now.doubts else Lamp.READY), None


class Lights:
    """Keeps what is shown up to date."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._stand: Lamp | None = None
        self._flash: Lamp | None = None
        self._until_ns = 0

    def stand(self, lamp: Lamp, now: Condition) -> None:
        """The table says so; a flash is over with it."""
        self._stand, self._flash = lamp, None
        self.show(now)

    def flash(self, lamp: Lamp, now_ns: int) -> None:
        """Show this for a second, then what it was."""
        self._flash, self._until_ns = lamp, now_ns + FLASH_MS * _NS_PER_MS
        self._signals.show(lamp)

    def tick(self, now_ns: int, now: Condition) -> None:
        """Let a flash end, and let the light follow the unit's condition."""
        if self._flash is not None and now_ns >= self._until_ns:
            self._flash = None
        if self._flash is None:
            self.show(now)

    def due_ns(self) -> int | None:
        """When a flash ends."""
        return None if self._flash is None else self._until_ns

    def show(self, now: Condition) -> None:
        """Show what holds now."""
        if self._stand is not None and self._flash is None:
            lamp, beside = lamp_for(self._stand, now)
            self._signals.show(lamp, beside)
