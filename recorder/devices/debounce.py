"""From a contact that bounces to edges: the first change counts at once, its echoes do not.

gpiozero's own `bounce_time` answers 50 to 90 ms late and loses taps that are shorter; this answers
at once, and asks the contact again when it has settled. Pure, and told the time.
"""

from __future__ import annotations

from recorder.capture.ports import Button, Edge

SETTLES_NS = 30_000_000


class Debounce:
    """One button. Call `settle` with the contact's real position at the instant `due_ns` names."""

    def __init__(self, button: Button) -> None:
        self._button = button
        self._pressed = False
        self._due_ns: int | None = None

    def due_ns(self) -> int | None:
        """Return when the contact must be asked, None while it is at rest."""
        return self._due_ns

    def take(self, pressed: bool, boottime_ns: int) -> Edge | None:  # noqa: FBT001 – the only fact
        """Return the edge that this change is, None if it is an echo of the one before."""
        if self._due_ns is not None and boottime_ns < self._due_ns:
            return None
        return self._change(pressed, boottime_ns)

    def settle(self, pressed: bool, boottime_ns: int) -> Edge | None:  # noqa: FBT001 – the only fact
        """Return the edge that was missed among the echoes, if the contact rests elsewhere."""
        self._due_ns = None
        return self._change(pressed, boottime_ns)

    def _change(self, pressed: bool, boottime_ns: int) -> Edge | None:  # noqa: FBT001 – the only fact
        if pressed == self._pressed:
            return None
        self._pressed = pressed
        self._due_ns = boottime_ns + SETTLES_NS
        return Edge(self._button, pressed, boottime_ns)
