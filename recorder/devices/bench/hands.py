"""What an officer touches and sees, on a desk: buttons that a program presses, and a lamp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.ports import Button, Edge, Supply

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.ports import Lamp
    from recorder.devices.pace import Pace


FULL = Supply(
    on_mains=False,
    percent=100,
    minutes=480,
    under_voltage=False,
    throttled=False,
    degrees=45,
)
"""A shift of eight hours, in a cool unit."""


class BenchButtons:
    """The Buttons port; edges come from `push` and `release` on the caller's thread."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._listeners: list[Callable[[Edge], None]] = []
        self._down: set[Button] = set()

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """Report each debounced edge."""
        self._listeners.append(on_edge)

    def push(self, button: Button) -> None:
        """Press the button down; nothing if it already is."""
        if button not in self._down:
            self._down.add(button)
            self._tell(Edge(button, True, self._pace.now_ns()))

    def release(self, button: Button) -> None:
        """Let the button go; nothing if it is up."""
        if button in self._down:
            self._down.remove(button)
            self._tell(Edge(button, False, self._pace.now_ns()))

    def _tell(self, edge: Edge) -> None:
        for listener in self._listeners:
            listener(edge)


class BenchSignals:
    """The Signals port; tells a listener each time the lamp changes or the unit vibrates."""

    def __init__(
        self, on_lamp: Callable[[Lamp, Lamp | None], None], on_feel: Callable[[], None]
    ) -> None:
        self._on_lamp = on_lamp
        self._on_feel = on_feel
        self._shown: tuple[Lamp, Lamp | None] | None = None

    def show(self, lamp: Lamp, beside: Lamp | None = None) -> None:
        """Show this state from now on, with the beeps and vibration of `beside` besides."""
        if (lamp, beside) != self._shown:
            self._shown = (lamp, beside)
            self._on_lamp(lamp, beside)

    def feel(self) -> None:
        """Answer a press: one short vibration, at once."""
        self._on_feel()


class BenchPower:
    """The Power port: a battery that a program fills, drains and heats."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Supply], None]] = []
        self._supply = FULL

    def listen(self, on_supply: Callable[[Supply], None]) -> None:
        """Report at once, and from then on every change."""
        self._listeners.append(on_supply)
        on_supply(self._supply)

    def become(self, supply: Supply) -> None:
        """Let it be so from now on."""
        self._supply = supply
        for listener in self._listeners:
            listener(supply)
