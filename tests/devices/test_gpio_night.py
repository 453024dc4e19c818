"""Infrared filter and light on gpiozero's own mock pins: the right level, and day when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gpiozero.pins.mock import MockFactory

from recorder.devices.gpio import GpioMissing
from recorder.devices.gpio_night import GpioNightSight, night_sight_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CUT_PIN, LIGHT_PIN = 5, 6


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.close()


def levels(factory: MockFactory) -> tuple[bool, bool]:
    return bool(factory.pin(CUT_PIN).state), bool(factory.pin(LIGHT_PIN).state)


@pytest.mark.parametrize(("cut_high", "by_day"), [("day", True), ("night", False)])
def test_the_filter_goes_and_the_light_comes_by_night_and_back_by_day(
    factory: MockFactory, *, cut_high: str, by_day: bool
) -> None:
    sight = GpioNightSight(factory, CUT_PIN, cut_high, LIGHT_PIN)
    assert levels(factory) == (by_day, False)
    sight.night()
    assert levels(factory) == (not by_day, True)
    sight.day()
    assert levels(factory) == (by_day, False)
    sight.stop()


def test_a_light_that_was_on_goes_out_when_the_unit_ends(factory: MockFactory) -> None:
    sight = GpioNightSight(factory, -1, "day", LIGHT_PIN)
    sight.night()
    light = factory.pin(LIGHT_PIN)
    assert light.state
    sight.stop()
    assert [bool(change.state) for change in light.states][-2:] == [True, False]


def test_a_filter_alone_is_enough(factory: MockFactory) -> None:
    sight = GpioNightSight(factory, CUT_PIN, "day", -1)
    sight.night()
    assert not factory.pin(CUT_PIN).state
    sight.stop()


def test_a_pin_that_is_taken_is_named(factory: MockFactory) -> None:
    holder = GpioNightSight(factory, CUT_PIN, "day", -1)
    with pytest.raises(GpioMissing, match="pin 5"):
        GpioNightSight(factory, -1, "day", CUT_PIN)
    holder.stop()


def test_a_unit_without_either_pin_has_no_night_sight_and_each_turn_of_another_is_told(
    factory: MockFactory,
) -> None:
    told: list[str] = []
    assert night_sight_of(factory, -1, "day", -1, lambda _event, by: told.append(by)) is None
    sight = night_sight_of(factory, -1, "day", LIGHT_PIN, lambda _event, by: told.append(by))
    assert sight is not None
    sight.night()
    sight.day()
    assert told == ["night", "day"]
