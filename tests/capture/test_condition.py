"""How the unit is, and what follows: light, doubts, the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recorder.capture.conductor.condition import Condition, Doubt
from recorder.capture.conductor.lights import Lights, lamp_for
from recorder.capture.conductor.told import Dock, Journey
from recorder.capture.ports import NO_THERMOMETER, Lamp, Supply
from recorder.evidence.moment import ClockSource, Moment

COOL = Supply(
    on_mains=False, percent=90, minutes=400, under_voltage=False, throttled=False, degrees=45
)
WELL = Condition(
    storage_minutes=400,
    supply=COOL,
    clock=Moment(1, "2026-11-21T02:00:00.000Z", ClockSource.NTP, 9),
    has_fix=True,
)


def with_battery(minutes: int, percent: int = 50, *, on_mains: bool = False) -> Condition:
    return replace(WELL, supply=replace(COOL, minutes=minutes, percent=percent, on_mains=on_mains))


@pytest.mark.parametrize(
    ("now", "light"),
    [
        (WELL, None),
        (with_battery(60), None),
        (with_battery(59), Lamp.LOW),
        (with_battery(29), Lamp.ENDING),
        (with_battery(-1, 19), Lamp.LOW),
        (with_battery(-1, 9), Lamp.ENDING),
        (with_battery(-1, -1), None),  # nobody knows: the self-check states that
        (with_battery(400, 9), None),  # minutes say more than percent
        (with_battery(5, 5, on_mains=True), None),
        (replace(WELL, storage_minutes=59), Lamp.LOW),
        (replace(WELL, storage_minutes=29), Lamp.ENDING),
        (replace(WELL, storage_minutes=-1), None),
        (replace(with_battery(59), storage_minutes=10), Lamp.ENDING),
    ],
)
def test_what_ends_soon_has_its_light(now: Condition, light: Lamp | None) -> None:
    assert now.urgency is light


@pytest.mark.parametrize(
    ("minutes", "percent", "ends"),
    [(3, 50, False), (2, 50, True), (-1, 3, False), (-1, 2, True), (-1, -1, False)],
)
def test_a_battery_at_its_end_leaves_time_to_seal(minutes: int, percent: int, ends: bool) -> None:  # noqa: FBT001
    assert with_battery(minutes, percent).at_its_end is ends
    assert not with_battery(minutes, percent, on_mains=True).at_its_end


@pytest.mark.parametrize(
    ("now", "doubt"),
    [
        (replace(WELL, has_fix=False), Doubt.GPS),
        (replace(WELL, clock=None), Doubt.TIME),
        (replace(WELL, clock=Moment(1, "", ClockSource.NONE, -1)), Doubt.TIME),
        (replace(WELL, clock=Moment(1, "2026-11-21T02:00:00.000Z", ClockSource.RTC, -1)),
         Doubt.TIME),
        (replace(WELL, gps_differs_ms=3_600_000), Doubt.TIME),
        (replace(WELL, gps_differs_ms=-10_001), Doubt.TIME),
        (replace(WELL, overdue=True), Doubt.OVERDUE),
        (replace(WELL, button_stuck=True), Doubt.BUTTON),
        (replace(WELL, supply=replace(COOL, under_voltage=True)), Doubt.POWER),
        (replace(WELL, supply=replace(COOL, degrees=80)), Doubt.HEAT),
        (replace(WELL, supply=replace(COOL, throttled=True)), Doubt.HEAT),
    ],
)  # fmt: skip
def test_each_doubt_shows_while_the_unit_is_ready_and_never_hides_a_recording(
    now: Condition, doubt: Doubt
) -> None:
    assert now.doubts == (doubt,)
    assert lamp_for(Lamp.READY, now) == (Lamp.DOUBTFUL, None)
    assert lamp_for(Lamp.RECORDING, now)[0] is Lamp.RECORDING


def test_a_unit_without_a_thermometer_is_not_hot() -> None:
    assert replace(WELL, supply=replace(COOL, degrees=NO_THERMOMETER)).doubts == ()


@pytest.mark.parametrize(
    ("stand", "now", "shown"),
    [
        (Lamp.READY, WELL, (Lamp.READY, None)),
        (Lamp.READY, with_battery(20), (Lamp.ENDING, None)),
        (Lamp.READY, replace(with_battery(50), has_fix=False), (Lamp.LOW, None)),
        (Lamp.RECORDING, with_battery(20), (Lamp.RECORDING, Lamp.ENDING)),
        (Lamp.RECORDING, replace(WELL, camera=False), (Lamp.SOUND_ONLY, None)),
        (Lamp.RECORDING, replace(WELL, microphone=False), (Lamp.RECORDING, None)),
        (Lamp.RECORDING, replace(WELL, camera=False, microphone=False), (Lamp.FAULT, None)),
        (Lamp.FAULT, with_battery(20), (Lamp.FAULT, None)),
        (Lamp.STARTING, with_battery(20), (Lamp.STARTING, None)),
        *(
            (Lamp.READY, replace(WELL, journey=Journey(dock, 2, "")), (lamp, None))
            for dock, lamp in (
                (Dock.AWAY, Lamp.READY),
                (Dock.UPLOADING, Lamp.UPLOADING),
                (Dock.DONE, Lamp.DONE),
                (Dock.FAILED, Lamp.NOT_HANDED_IN),
            )
        ),
        (Lamp.RECORDING, replace(WELL, journey=Journey(Dock.DONE, 0, "")), (Lamp.RECORDING, None)),
    ],
)
def test_one_light_is_shown_and_what_matters_besides_has_its_beeps(
    stand: Lamp, now: Condition, shown: tuple[Lamp, Lamp | None]
) -> None:
    assert lamp_for(stand, now) == shown


class Shown:
    def __init__(self) -> None:
        self.lamps: list[Lamp] = []

    def show(self, lamp: Lamp, beside: Lamp | None = None) -> None:  # noqa: ARG002
        self.lamps.append(lamp)

    def feel(self) -> None: ...


def test_a_flash_lasts_a_second_and_then_what_was_shown_is_shown() -> None:
    shown = Shown()
    lights = Lights(shown)
    lights.stand(Lamp.RECORDING, WELL)
    lights.flash(Lamp.MARKED, 5_000_000_000)
    assert lights.due_ns() == 6_000_000_000
    lights.tick(5_999_999_999, WELL)
    lights.tick(6_000_000_000, WELL)
    assert shown.lamps == [Lamp.RECORDING, Lamp.MARKED, Lamp.RECORDING]
    assert lights.due_ns() is None


def test_a_change_of_state_ends_a_flash() -> None:
    shown = Shown()
    lights = Lights(shown)
    lights.flash(Lamp.MARKED, 5)
    lights.stand(Lamp.FAULT, WELL)
    assert shown.lamps[-1] is Lamp.FAULT
