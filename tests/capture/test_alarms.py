"""What is said without being asked: once on the way down, and again only after a real recovery."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from recorder.capture.conductor.alarms import TOLD_MINUTES, Alarm, Alarms, Countdown
from recorder.capture.conductor.condition import Condition
from recorder.capture.conductor.selfcheck import SelfCheckItem
from recorder.capture.ports import Supply
from recorder.evidence.moment import ClockSource, Moment

COOL = Supply(
    on_mains=False, percent=90, minutes=400, under_voltage=False, throttled=False, degrees=45
)
WELL = Condition(
    storage_minutes=400,
    supply=COOL,
    clock=Moment(1, "2026-11-21T02:00:00.000Z", ClockSource.NTP, 9),
)


def told(values: list[int]) -> list[int]:
    """Which of these values a countdown tells."""
    countdown = Countdown(TOLD_MINUTES)
    return [value for value in values if countdown.passed(value)]


def test_each_threshold_is_told_once_on_the_way_down() -> None:
    assert told(list(range(130, -1, -1))) == [59, 29, 19, 9, 4, 1]


def test_a_value_that_trembles_is_told_once() -> None:
    assert told([61, 59, 61, 58, 62, 59]) == [59]


def test_a_value_that_recovered_is_told_again() -> None:
    assert told([59, 29, 200, 59]) == [59, 29, 59]
    assert told([9, 45, 25]) == [9, 25]  # 45 is still below 60, which was told


def test_what_nobody_knows_passes_nothing_and_forgets_nothing() -> None:
    assert told([59, -1, 58, -1, 29]) == [59, 29]


@given(st.lists(st.integers(-1, 500), max_size=60))
def test_a_countdown_never_tells_the_same_threshold_twice_without_a_rise(values: list[int]) -> None:
    countdown = Countdown(TOLD_MINUTES)
    highest_since: int | None = None
    last = TOLD_MINUTES[0]
    for value in values:
        highest_since = value if highest_since is None else max(highest_since, value)
        if countdown.passed(value):
            assert 0 <= value < TOLD_MINUTES[0]
            assert value < last or highest_since > last
            last, highest_since = value, None


def test_storage_and_battery_are_said_with_the_time_left_and_go_into_the_log() -> None:
    alarms = Alarms()
    assert alarms.look(WELL, filming=True) == ()
    low = replace(WELL, storage_minutes=28, supply=replace(COOL, minutes=55))
    assert alarms.look(low, filming=True) == (
        Alarm(("store.low", "n.20", "n.8", "minutes"), SelfCheckItem("storage", "warn", 28, "min")),
        Alarm(("batt.low", "n.50", "n.5", "minutes"), SelfCheckItem("battery", "warn", 55, "min")),
    )
    assert alarms.look(low, filming=True) == ()


def test_a_battery_that_knows_only_its_percent_is_said_without_a_time() -> None:
    low = replace(WELL, supply=replace(COOL, minutes=-1, percent=19))
    assert Alarms().look(low, filming=False) == (
        Alarm(("batt.low.short",), SelfCheckItem("battery", "warn", 19, "percent")),
    )


def test_heat_is_said_again_only_after_it_has_cooled_down() -> None:
    alarms = Alarms()

    def said(degrees: int, *, throttled: bool = False) -> list[tuple[str, ...]]:
        supply = replace(COOL, degrees=degrees, throttled=throttled)
        return [a.clips for a in alarms.look(replace(WELL, supply=supply), filming=True)]

    assert said(79) == []
    assert said(80) == [("hot",)]
    assert said(78) == said(81) == []
    assert said(74) == []
    assert said(60, throttled=True) == [("hot",)]


def test_a_weak_supply_goes_into_the_log_and_is_not_spoken() -> None:
    weak = replace(WELL, supply=replace(COOL, under_voltage=True))
    alarms = Alarms()
    (alarm,) = alarms.look(weak, filming=False)
    assert alarm == Alarm((), SelfCheckItem("under-voltage", "warn", 1, "yes"))
    assert alarms.look(weak, filming=False) == ()


def test_good_news_waits_until_nothing_is_filmed() -> None:
    alarms = Alarms()
    lost = replace(WELL, clock=Moment(1, "", ClockSource.NONE, -1))
    alarms.look(lost, filming=False)
    found = replace(WELL, has_fix=True)
    assert alarms.look(found, filming=True) == ()
    assert [a.clips for a in alarms.look(found, filming=False)] == [("gps.ok",), ("time.ok",)]
    assert alarms.look(found, filming=False) == ()
