"""The Buttons and Signals ports through gpiozero.

lgpio has one thread for all buttons, and a handler that raises ends it: every button is dead from
then on, silently; one that dawdles delays all others. So a handler here puts one fact into a queue
and returns. The pin factory comes in by argument, so that nothing falls back on another in silence.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import gpiozero

from recorder.capture.ports import Button
from recorder.devices.debounce import Debounce
from recorder.devices.signal_patterns import FEEL_MS, pattern_of, shown_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from recorder.capture.ports import Edge, Lamp

_MS = 1_000_000
_LONGEST_WAIT_SECONDS = 1.0


class GpioMissing(OSError):
    """A pin cannot be used; the sentence says which and what to try."""


def unit_pins() -> object:
    """Return the pin factory of a real unit, never another; GpioMissing if this is none."""
    try:
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415 – on a unit only

        return LGPIOFactory()
    except Exception as error:  # lgpio has an error class of its own, and no common base
        raise GpioMissing(
            f"This machine's pins cannot be used ({error!r}); is it a Raspberry Pi with lgpio?"
        ) from error


def unit_buttons(
    factory: object,
    record_pin: int,
    mark_pin: int,
    now_ns: Callable[[], int],
    remember: Callable[[str], None],
) -> GpioButtons:
    """Return a unit's two buttons; GpioMissing if a pin is taken or not there."""
    pins = {Button.RECORD: record_pin, Button.MARK: mark_pin}
    return GpioButtons(factory, pins, now_ns, remember)


class GpioButtons:
    """Buttons between a pin and ground. `factory` is a gpiozero pin factory.

    `remember` is told of a listener that raised; the buttons go on.
    """

    def __init__(
        self,
        factory: object,
        pins: Mapping[Button, int],
        now_ns: Callable[[], int],
        remember: Callable[[str], None],
    ) -> None:
        """GpioMissing if a pin is taken or not there."""
        self._now_ns = now_ns
        self._remember = remember
        self._changes: queue.SimpleQueue[tuple[Button, bool, int] | None] = queue.SimpleQueue()
        self._contacts = {button: _contact(factory, pin) for button, pin in pins.items()}
        self._steady = {button: Debounce(button) for button in pins}
        self._thread: threading.Thread | None = None

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """Report each debounced edge; a button that is down already is reported as pressed."""
        for button, contact in self._contacts.items():
            contact.when_pressed = self._noting(button, pressed=True)
            contact.when_released = self._noting(button, pressed=False)
            if contact.is_pressed:
                self._changes.put((button, True, self._now_ns()))
        self._thread = threading.Thread(
            target=self._deliver, args=(on_edge,), name="buttons", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Return when no further edge will come; the pins are free again."""
        for contact in self._contacts.values():
            contact.close()
        self._changes.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def _noting(self, button: Button, *, pressed: bool) -> Callable[[], None]:
        changes, now_ns = self._changes, self._now_ns

        def note() -> None:
            """On gpiozero's only event thread: one fact, and return."""
            changes.put((button, pressed, now_ns()))

        return note

    def _deliver(self, on_edge: Callable[[Edge], None]) -> None:
        while True:
            try:
                change = self._changes.get(timeout=self._patience_seconds())
            except queue.Empty:
                self._settle(on_edge)
                continue
            if change is None:
                return
            button, pressed, at_ns = change
            self._tell(self._steady[button].take(pressed, at_ns), on_edge)
            self._settle(on_edge)

    def _patience_seconds(self) -> float | None:
        due = [due_ns for steady in self._steady.values() if (due_ns := steady.due_ns())]
        return max(min(due) - self._now_ns(), 0) / 1e9 if due else None

    def _settle(self, on_edge: Callable[[Edge], None]) -> None:
        now_ns = self._now_ns()
        for button, steady in self._steady.items():
            due_ns = steady.due_ns()
            if due_ns is not None and now_ns >= due_ns:
                with suppress(gpiozero.GPIOZeroError):  # closed meanwhile: nobody listens any more
                    pressed = bool(self._contacts[button].is_pressed)
                    self._tell(steady.settle(pressed, now_ns), on_edge)

    def _tell(self, edge: Edge | None, on_edge: Callable[[Edge], None]) -> None:
        if edge is None:
            return
        try:
            on_edge(edge)
        except Exception as error:  # noqa: BLE001 – one bad listener must not cost every button
            self._remember(f"A listener broke on {edge.button.value} ({error!r}); buttons go on.")


class GpioSignals:
    """One lamp, one buzzer and one vibration motor, each switched by a pin."""

    def __init__(  # noqa: PLR0913 – three pins, a clock, and how often it reminds
        self, factory: object, lamp_pin: int, buzzer_pin: int, vibration_pin: int,
        now_ns: Callable[[], int], *, remind_seconds: int = 120,
    ) -> None:  # fmt: skip
        """GpioMissing if a pin is taken or not there."""
        self._now_ns = now_ns
        self._remind_seconds = remind_seconds
        self._outputs = tuple(
            output_pin(factory, pin) for pin in (lamp_pin, buzzer_pin, vibration_pin)
        )
        self._changed = threading.Condition()
        self._shown: list[tuple[Lamp, int] | None] = [None, None]  # the lamp, and what is beside
        self._feel_until_ns = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._play, name="signals", daemon=True)
        self._thread.start()

    def show(self, lamp: Lamp, beside: Lamp | None = None) -> None:
        """Show this state from now on, with the beeps and vibration of `beside` besides."""
        with self._changed:
            changed = False
            for place, wanted in enumerate((lamp, beside)):
                shown = self._shown[place]
                if wanted is not (None if shown is None else shown[0]):
                    self._shown[place] = None if wanted is None else (wanted, self._now_ns())
                    changed = True
            if changed:
                self._changed.notify()

    def feel(self) -> None:
        """Answer a press: one short vibration, at once."""
        with self._changed:
            self._feel_until_ns = self._now_ns() + FEEL_MS * _MS
            self._outputs[2].on()  # before anything else: 150 ms is all there is
            self._changed.notify()

    def stop(self) -> None:
        """Switch everything off: the fault light of the hardware shows by itself then."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()
        for output in self._outputs:
            output.off()
            output.close()

    def _play(self) -> None:
        with self._changed:
            while not self._stopped:
                self._changed.wait(self._switch())

    def _switch(self) -> float:
        """Bring all three to what they are now; return how long that holds, in seconds."""
        now_ns = self._now_ns()
        waits = [_LONGEST_WAIT_SECONDS * 1000]
        wanted = [False, False, now_ns < self._feel_until_ns]
        if wanted[2]:
            waits.append((self._feel_until_ns - now_ns) / _MS + 1)
        for place, shown in enumerate(self._shown):
            if shown is None:
                continue
            lamp, since_ns = shown
            pattern = pattern_of(lamp, self._remind_seconds)
            gone_ms = (now_ns - since_ns) // _MS
            again_ms = (
                gone_ms % (pattern.again_seconds * 1000) if pattern.again_seconds else gone_ms
            )
            light = pattern.light if place == 0 else ()
            for number, (steps, at_ms) in enumerate(
                ((light, gone_ms), (pattern.beeps, again_ms), (pattern.buzzes, again_ms))
            ):
                on, holds_ms = shown_at(steps, at_ms, round_and_round=number == 0)
                wanted[number] = wanted[number] or on
                if holds_ms:
                    waits.append(holds_ms)
        for output, on in zip(self._outputs, wanted, strict=True):
            if bool(output.value) is not on:
                output.on() if on else output.off()
        return min(waits) / 1000


def _contact(factory: object, pin: int) -> Any:  # noqa: ANN401 – gpiozero is untyped
    try:
        return gpiozero.Button(pin, pull_up=True, bounce_time=None, pin_factory=factory)
    except gpiozero.GPIOZeroError as error:
        raise GpioMissing(f"Button pin {pin} cannot be used ({error}); see unit.toml.") from error


def output_pin(factory: object, pin: int) -> Any:  # noqa: ANN401 – gpiozero is untyped
    """Return the output of a pin; GpioMissing if it is taken or not there."""
    try:
        return gpiozero.DigitalOutputDevice(pin, pin_factory=factory)
    except gpiozero.GPIOZeroError as error:
        raise GpioMissing(f"Signal pin {pin} cannot be used ({error}); see unit.toml.") from error
