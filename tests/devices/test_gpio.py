"""Buttons and signals on gpiozero's own mock pins, which drive handlers as lgpio's thread does."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from gpiozero.pins.mock import MockFactory

from recorder.capture.ports import Button, Edge, Lamp
from recorder.devices.bench.manual_pace import ManualPace
from recorder.devices.gpio import GpioButtons, GpioMissing, GpioSignals
from recorder.devices.signal_patterns import PATTERNS, pattern_of, shown_at
from recorder.programs.hands import Panel
from tests.rig.remote import pass_seconds, until

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD_PIN, MARK_PIN, LAMP_PIN, BUZZER_PIN, MOTOR_PIN = 17, 27, 22, 23, 24
PINS = {Button.RECORD: RECORD_PIN, Button.MARK: MARK_PIN}
MS = 1_000_000


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.close()


class Hand:
    """Presses, and keeps what was reported of it."""

    def __init__(self, factory: MockFactory) -> None:
        self.factory = factory
        self.pace = ManualPace(1_000 * MS)
        self.edges: list[Edge] = []
        self.sentences: list[str] = []
        self.buttons = GpioButtons(factory, PINS, self.pace.now_ns, self.sentences.append)

    def down(self, button: Button) -> None:
        self.factory.pin(PINS[button]).drive_low()

    def up(self, button: Button) -> None:
        self.factory.pin(PINS[button]).drive_high()

    def rest(self) -> None:
        self.pace.jump(0.05)


@pytest.fixture
def hand(factory: MockFactory) -> Iterator[Hand]:
    made = Hand(factory)
    yield made
    made.buttons.stop()


def test_a_bouncing_press_is_one_press_and_one_release(hand: Hand) -> None:
    hand.buttons.listen(hand.edges.append)
    for _ in range(4):
        hand.down(Button.RECORD)
        hand.up(Button.RECORD)
    hand.down(Button.RECORD)
    until(lambda: hand.edges)
    hand.rest()
    hand.up(Button.RECORD)
    until(lambda: len(hand.edges) == 2)
    assert hand.edges == [
        Edge(Button.RECORD, True, 1_000 * MS),
        Edge(Button.RECORD, False, 1_050 * MS),
    ]


def test_a_tap_shorter_than_any_bounce_is_not_lost(hand: Hand) -> None:
    hand.buttons.listen(hand.edges.append)
    hand.down(Button.MARK)
    hand.up(Button.MARK)
    until(lambda: hand.edges)
    hand.rest()
    until(lambda: len(hand.edges) == 2)
    assert [edge.pressed for edge in hand.edges] == [True, False]


def test_a_button_that_is_held_at_the_start_is_reported(hand: Hand) -> None:
    hand.down(Button.RECORD)
    hand.buttons.listen(hand.edges.append)
    until(lambda: hand.edges)
    assert hand.edges[0].pressed


def test_a_listener_that_raises_costs_no_button(hand: Hand) -> None:
    def listen(edge: Edge) -> None:
        hand.edges.append(edge)
        if edge.button is Button.RECORD:
            raise RuntimeError("the machine is upset")

    hand.buttons.listen(listen)
    hand.down(Button.RECORD)
    until(lambda: hand.edges)
    hand.down(Button.MARK)
    until(lambda: len(hand.edges) == 2)
    assert hand.edges[1].button is Button.MARK
    assert "the machine is upset" in hand.sentences[0]


def test_a_listener_that_dawdles_holds_no_other_button_up(hand: Hand) -> None:
    """The pin's own thread is free at once: here that is the thread that drives it."""
    gate = threading.Event()

    def dawdle(edge: Edge) -> None:
        hand.edges.append(edge)
        gate.wait(10)

    hand.buttons.listen(dawdle)
    hand.down(Button.RECORD)
    until(lambda: hand.edges)
    hand.pace.jump(0.010)
    hand.down(Button.MARK)
    hand.pace.jump(5)
    gate.set()
    until(lambda: len(hand.edges) == 2)
    assert hand.edges[1] == Edge(Button.MARK, True, 1_010 * MS)


def test_edges_wait_until_the_conductor_looks(hand: Hand) -> None:
    panel = Panel(hand.buttons)
    panel.listen(hand.edges.append)
    hand.down(Button.RECORD)
    pass_seconds(0.1)
    assert hand.edges == []
    until(lambda: panel.look() or hand.edges)
    assert hand.edges == [Edge(Button.RECORD, True, 1_000 * MS)]


def test_a_pin_that_is_taken_is_named(hand: Hand, factory: MockFactory) -> None:
    with pytest.raises(GpioMissing, match=f"Signal pin {RECORD_PIN} cannot be used"):
        GpioSignals(factory, RECORD_PIN, BUZZER_PIN, MOTOR_PIN, hand.pace.now_ns)


@pytest.fixture
def signals(factory: MockFactory) -> Iterator[GpioSignals]:
    made = GpioSignals(
        factory, LAMP_PIN, BUZZER_PIN, MOTOR_PIN,
        lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    )  # fmt: skip
    yield made
    made.stop()


def test_a_press_is_felt_within_150_ms_whatever_is_shown(
    signals: GpioSignals, factory: MockFactory
) -> None:
    signals.show(Lamp.READY)
    signals.feel()
    assert factory.pin(MOTOR_PIN).state
    assert until(lambda: not factory.pin(MOTOR_PIN).state) < 1.0


def test_recording_lights_the_lamp_and_beeps(signals: GpioSignals, factory: MockFactory) -> None:
    signals.show(Lamp.RECORDING)
    assert until(lambda: factory.pin(LAMP_PIN).state and factory.pin(BUZZER_PIN).state) < 0.15
    until(lambda: not factory.pin(LAMP_PIN).state)
    until(lambda: factory.pin(LAMP_PIN).state)


def test_what_stands_beside_a_recording_is_heard_and_felt_and_changes_no_light(
    factory: MockFactory,
) -> None:
    """Half a second on, half a second off; the battery's beeps come a minute later again."""
    pace = ManualPace(1_000 * MS)
    signals = GpioSignals(factory, LAMP_PIN, BUZZER_PIN, MOTOR_PIN, pace.now_ns, remind_seconds=0)
    lamp, buzzer = factory.pin(LAMP_PIN), factory.pin(BUZZER_PIN)
    signals.show(Lamp.RECORDING)

    def shows(second: float) -> tuple[bool, bool]:
        pace.jump(second - (pace.now_ns() - 1_000 * MS) / 1e9)
        signals.show(Lamp.RECORDING, Lamp.ENDING if second >= 10 else None)
        signals._switch()  # noqa: SLF001 - now, and not when its own thread wakes
        return bool(lamp.state), bool(buzzer.state)

    assert shows(9.2) == (True, False)  # no reminder: remind_seconds is 0
    assert shows(10.0) == (True, True)
    assert shows(11.7) == (False, False)
    assert shows(70.01) == (True, True)
    signals.stop()


@pytest.mark.parametrize(("seconds", "beeps_at_60"), [(60, True), (120, False), (0, False)])
def test_a_recording_reminds_as_often_as_it_is_told_to(seconds: int, beeps_at_60: bool) -> None:  # noqa: FBT001
    again_seconds = pattern_of(Lamp.RECORDING, seconds).again_seconds
    assert (again_seconds != 0 and 60 % again_seconds == 0) is beeps_at_60
    assert pattern_of(Lamp.FAULT, seconds) == PATTERNS[Lamp.FAULT]


def test_every_state_has_a_light_of_its_own() -> None:
    lights = [PATTERNS[lamp].light for lamp in Lamp]
    assert len(set(lights)) == len(lights)
    assert all(shown_at(light, 0, round_and_round=True)[0] for light in lights)


def test_a_unit_that_stops_leaves_the_lamp_dark(factory: MockFactory) -> None:
    signals = GpioSignals(factory, LAMP_PIN, BUZZER_PIN, MOTOR_PIN, time.monotonic_ns)
    signals.show(Lamp.DONE)
    lamp = factory.pin(LAMP_PIN)
    until(lambda: lamp.state)
    signals.stop()
    assert not lamp.state
