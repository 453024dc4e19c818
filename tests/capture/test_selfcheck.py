"""The self-check: every item of it, as it goes into the log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recorder.capture.conductor.condition import Condition
from recorder.capture.conductor.selfcheck import Seen, examine
from recorder.capture.conductor.told import Dock, Journey
from recorder.capture.ports import Supply
from recorder.evidence.moment import ClockSource, Moment

COOL = Supply(
    on_mains=False, percent=90, minutes=400, under_voltage=False, throttled=False, degrees=45
)
WELL = Condition(
    storage_minutes=400,
    supply=COOL,
    clock=Moment(1, "2026-11-21T02:00:00.000Z", ClockSource.NTP, 9),
    has_fix=True,
    journey=Journey(Dock.AWAY, 0, ""),
)
GOOD = Seen(75, 144_000, 900, "", 880)


def verdicts(seen: Seen = GOOD, now: Condition = WELL, *, key: bool = True) -> dict[str, str]:
    report = examine(seen, now, key_signs=key)
    return {item.item: item.verdict for item in report.items}


def test_a_unit_that_is_well_passes_every_item() -> None:
    assert verdicts() == dict.fromkeys(
        ["key", "storage", "battery", "under-voltage", "heat", "clock", "camera", "picture",
         "microphone", "sound level", "own voice", "gps", "unsent"],
        "pass",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "item", "verdict"),
    [
        (replace(GOOD, frames=0), "camera", "fail"),
        (replace(GOOD, picture_fault="the picture is black"), "picture", "fail"),
        (replace(GOOD, samples=0), "microphone", "fail"),
        (replace(GOOD, loudest=12), "sound level", "warn"),
        (replace(GOOD, loudest=32_767), "sound level", "warn"),
        (replace(GOOD, own_voice=120), "own voice", "warn"),
        (replace(GOOD, own_voice=-1), "own voice", "warn"),
    ],
)
def test_what_the_sensors_do_not_show_is_stated(seen: Seen, item: str, verdict: str) -> None:
    found = verdicts(seen)
    assert found.pop(item) == verdict
    assert set(found.values()) == {"pass"}


@pytest.mark.parametrize(
    ("now", "item", "verdict"),
    [
        (replace(WELL, storage_minutes=59), "storage", "warn"),
        (replace(WELL, storage_minutes=1), "storage", "fail"),
        (replace(WELL, storage_minutes=-1), "storage", "warn"),
        (replace(WELL, supply=replace(COOL, minutes=59)), "battery", "warn"),
        (replace(WELL, supply=replace(COOL, minutes=-1, percent=19)), "battery", "warn"),
        (replace(WELL, supply=replace(COOL, minutes=-1, percent=-1)), "battery", "warn"),
        (replace(WELL, supply=replace(COOL, under_voltage=True)), "under-voltage", "warn"),
        (replace(WELL, supply=replace(COOL, degrees=85)), "heat", "warn"),
        (replace(WELL, clock=Moment(1, "", ClockSource.NONE, -1)), "clock", "warn"),
        (replace(WELL, has_fix=False), "gps", "warn"),
        (replace(WELL, journey=None), "unsent", "warn"),
        (replace(WELL, journey=Journey(Dock.AWAY, 3, ""), overdue=True), "unsent", "warn"),
    ],
)
def test_what_the_unit_knows_of_itself_is_stated(now: Condition, item: str, verdict: str) -> None:
    found = verdicts(now=now)
    assert found.pop(item) == verdict
    assert set(found.values()) == {"pass"}


def test_a_clock_that_a_satellite_contradicts_is_stated_with_the_difference() -> None:
    report = examine(GOOD, replace(WELL, gps_differs_ms=3_600_000), key_signs=True)
    (item,) = [i for i in report.items if i.item == "clock against gps"]
    assert (item.verdict, item.value, item.unit) == ("warn", 3_600_000, "ms")
    assert verdicts(now=replace(WELL, gps_differs_ms=400))["clock against gps"] == "pass"


def test_only_no_key_and_no_space_block() -> None:
    def blocks(seen: Seen, now: Condition = WELL, *, key: bool = True) -> bool:
        return examine(seen, now, key_signs=key).blocks

    assert blocks(GOOD, key=False)
    assert blocks(GOOD, replace(WELL, storage_minutes=1))
    assert not blocks(Seen(0, 0, 0, "black", 0), Condition())


def test_a_unit_on_mains_says_so_instead_of_a_battery() -> None:
    assert "mains" in verdicts(now=replace(WELL, supply=replace(COOL, on_mains=True)))
