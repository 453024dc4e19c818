"""Days of a unit: a battery that ends, a camera that dies, a button that sticks, a dock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recorder.capture import lens_words as words
from recorder.capture.conductor.machine import State
from recorder.capture.conductor.pen import MarkMade, Remark
from recorder.capture.conductor.selfcheck import SelfCheckReport
from recorder.capture.conductor.told import Dock, Journey, Welcome
from recorder.capture.ports import FROZEN, Button, Edge, Fix, Lamp
from recorder.evidence.moment import ClockSource
from tests.capture.paper_unit import BATTERY, FIT, FIX, GOOD_CHECK, MS, Unit


@pytest.fixture
def unit() -> Unit:
    return Unit()


def stop(unit: Unit) -> None:
    """Hold, let the grace pass, and let custody seal."""
    unit.press(held_ms=2_500)
    unit.live_ms(5_000)
    unit.conductor.on_closed()


# -- self-check and status ------------------------------------------------------------------


def test_a_press_during_the_check_gets_its_recording(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, FIT)
    unit.press()
    assert unit.state() is State.RECORDING
    unit.conductor.on_lens(GOOD_CHECK)  # too late: worth nothing
    assert unit.notes(SelfCheckReport) == []
    assert ("open", "button", 0) in unit.paper.told


def test_a_press_during_the_check_of_a_unit_without_room_is_refused(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, Welcome(because="no room", minutes_left=1))
    unit.press()
    assert unit.state() is State.UNFIT
    assert unit.said[-1] == "store.full"


def test_the_second_button_checks_a_unit_that_rests(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_edge(Edge(Button.MARK, True, unit.now_ns))
    assert unit.orders[-1] == words.Check()
    unit.check(own_voice=40)
    assert unit.items()["own voice"].verdict == "warn"
    assert unit.items()["battery"].value == 300
    assert "boot" not in unit.said


def test_a_frozen_picture_fails_the_check_and_forbids_nothing(unit: Unit) -> None:
    unit.start()
    unit.conductor.check_again()
    unit.conductor.on_lens(words.WasLost("camera", 45, 1, 2, FROZEN))
    unit.check()
    assert unit.items()["picture"].verdict == "fail"
    assert unit.said[-1] == "selftest.fail+part.camera+selftest.fail.end"
    assert unit.state() is State.READY


def test_a_busy_second_in_the_check_is_no_fault_of_the_camera(unit: Unit) -> None:
    unit.start()
    unit.conductor.check_again()
    unit.conductor.on_lens(words.WasLost("camera", 2, 1, 2, "the camera skipped pictures"))
    unit.check()
    assert unit.items()["picture"].verdict == "pass"


def test_a_lens_that_dies_in_the_check_is_asked_again(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, FIT)
    unit.conductor.on_lens_lost("killed")
    assert unit.orders.count(words.Check()) == 2


def test_a_double_press_at_rest_speaks_the_status(unit: Unit) -> None:
    unit.start()
    for _ in range(2):
        unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
        unit.now_ns += 100 * MS
        unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    assert unit.state() is State.READY
    assert unit.said == [
        "status.storage+n.3+hours+n.20+minutes.short",
        "status.battery+n.5+hours",
        "gps.ok",
        "time.ok",
    ]


# -- battery, storage, heat -----------------------------------------------------------------


def test_a_battery_is_told_in_time_and_at_its_end_all_is_sealed_before_it_is_off(
    unit: Unit,
) -> None:
    unit.start()
    unit.record()
    unit.battery(59)
    assert unit.said[-1] == "batt.low+n.50+n.9+minutes"
    assert unit.items()["battery"].value == 59
    assert (unit.lamp(), unit.beside) == (Lamp.RECORDING, Lamp.LOW)
    unit.battery(29)
    assert (unit.lamp(), unit.beside) == (Lamp.RECORDING, Lamp.ENDING)
    unit.battery(2)
    assert unit.state() is State.SEALING
    assert ("close", "power") in unit.paper.told
    assert unit.said[-1] == "batt.end"
    unit.live_ms(1_000)
    assert not unit.off  # the last segment is not sealed yet
    unit.conductor.on_closed()
    unit.live_ms(1_500)
    assert unit.said[-2:] == ["rec.stop", "off"]
    assert unit.off


def test_a_battery_that_ends_while_custody_is_away_waits_for_somebody_to_seal(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_custody_lost("its socket closed")
    unit.battery(2)
    unit.live_ms(1_500)
    assert unit.state() is State.INTERRUPTED
    unit.conductor.on_welcome(unit.paper, replace(FIT, interrupted=7))
    unit.conductor.on_opened(8)
    unit.live_ms(1_500)
    assert unit.paper.told[-1] == ("close", "power")


def test_a_unit_that_is_charged_is_no_longer_low(unit: Unit) -> None:
    unit.start()
    unit.battery(25)
    assert unit.lamp() == Lamp.ENDING
    unit.conductor.on_supply(replace(BATTERY, on_mains=True, minutes=-1))
    assert unit.lamp() == Lamp.READY


def test_storage_is_told_with_the_time_left_and_the_low_light_ends_with_it(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_storage(58)
    assert unit.said[-1] == "store.low+n.50+n.8+minutes"
    assert unit.items()["storage"].value == 58
    assert unit.lamp() == Lamp.LOW
    unit.conductor.on_storage(29)
    assert unit.lamp() == Lamp.ENDING
    unit.conductor.on_storage(300)
    assert unit.lamp() == Lamp.READY


def test_a_unit_without_room_checks_itself_and_is_ready_when_there_is_room_again(
    unit: Unit,
) -> None:
    unit.conductor.on_welcome(unit.paper, Welcome(because="no room", minutes_left=1))
    assert unit.state() is State.UNFIT
    unit.conductor.on_storage(200)
    unit.check()
    assert unit.state() is State.READY


def test_heat_is_told_and_remembered_and_stops_nothing(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_supply(replace(BATTERY, degrees=84))
    assert unit.said[-1] == "hot"
    assert unit.items()["heat"].value == 84
    assert unit.state() is State.RECORDING


# -- sensors --------------------------------------------------------------------------------


def test_a_camera_lost_in_a_recording_is_said_and_shown_until_it_is_back(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.live_ms(3_500, camera=False)
    assert unit.lamp() == Lamp.SOUND_ONLY
    assert unit.said[-1] == "audio.only"
    unit.live_ms(1_500)
    assert unit.lamp() == Lamp.RECORDING
    assert unit.state() is State.RECORDING


def test_a_microphone_lost_in_a_recording_costs_the_picture_nothing(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.live_ms(3_500, microphone=False)
    assert unit.said[-1] == "mic.bad"
    assert unit.lamp() == Lamp.RECORDING


def test_both_lost_is_a_fault_while_the_recording_stays_open(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.live_ms(3_500, camera=False, microphone=False)
    assert unit.lamp() == Lamp.FAULT
    assert unit.state() is State.RECORDING


def test_a_lens_at_rest_is_expected_to_give_nothing(unit: Unit) -> None:
    unit.start()
    unit.live_ms(5_000, camera=False, microphone=False)
    assert unit.lamp() == Lamp.READY
    assert unit.said == []


# -- position and time ----------------------------------------------------------------------


def test_a_clock_that_steps_by_an_hour_is_doubted_as_soon_as_a_satellite_says_so(
    unit: Unit,
) -> None:
    unit.start()
    hour_ago = replace(FIX, boottime_ns=unit.now_ns, utc="2026-11-21T09:00:00.000Z")
    unit.conductor.on_fix(hour_ago)
    unit.live_ms(1_500)
    assert unit.lamp() == Lamp.DOUBTFUL
    unit.conductor.check_again()
    unit.check()
    item = unit.items()["clock against gps"]
    assert item.verdict == "warn"
    assert abs(item.value - 3_600_000) < 10


def test_a_clock_without_a_source_is_said_in_the_check_and_its_trust_when_it_comes(
    unit: Unit,
) -> None:
    unit.source = ClockSource.RTC
    unit.live_ms(1_000)
    unit.conductor.on_fix(FIX)
    unit.conductor.on_welcome(unit.paper, FIT)
    unit.check()
    assert "time.bad" in unit.said
    assert unit.lamp() == Lamp.DOUBTFUL
    unit.source = ClockSource.NTP
    unit.live_ms(1_500)
    assert unit.said[-1] == "time.ok"


def test_a_position_without_a_date_says_nothing_about_the_clock(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_fix(Fix(unit.now_ns, "", 1, 1, 4, 99))
    unit.live_ms(1_500)
    assert unit.lamp() != Lamp.FAULT


# -- one task -------------------------------------------------------------------------------


def test_stop_and_start_within_a_task_is_an_interruption_that_has_to_be_explained(
    unit: Unit,
) -> None:
    unit.start()
    unit.record(7)
    stop(unit)
    unit.said.clear()
    unit.record(8)
    assert ("open", "resume", 7) in unit.paper.told
    assert unit.said == ["notice.x", "resume"]
    (mark,) = unit.notes(MarkMade)
    assert isinstance(mark, MarkMade)
    assert mark.until_ms == mark.media_ms + 60_000
    assert unit.notes(Remark) == []  # nobody but the officer knows why


def test_half_an_hour_later_a_press_begins_another_task(unit: Unit) -> None:
    unit.start()
    unit.record(7)
    stop(unit)
    unit.now_ns += 30 * 60_000 * MS
    unit.conductor.on_lens(words.Alive(0, 0, 0, 0))
    unit.record(8)
    assert ("open", "resume", 7) not in unit.paper.told
    assert unit.notes(MarkMade) == []


def test_what_was_docked_begins_another_task(unit: Unit) -> None:
    unit.start()
    unit.record(7)
    stop(unit)
    unit.conductor.on_journey(Journey(Dock.UPLOADING, 1, ""))
    unit.conductor.on_journey(Journey(Dock.AWAY, 0, ""))
    unit.record(8)
    assert ("open", "resume", 7) not in unit.paper.told


def test_what_a_full_card_stopped_goes_on_with_its_reason_written_down(unit: Unit) -> None:
    unit.start()
    unit.record(7)
    unit.conductor.on_storage(0)
    unit.conductor.on_closed()
    unit.conductor.on_storage(200)
    unit.record(8)
    assert unit.notes(Remark) == [Remark("中断原因（设备测得）：存储已满。")]


def test_after_a_battery_was_changed_it_resumes_by_itself_and_states_the_reason(
    unit: Unit,
) -> None:
    unit.conductor.on_welcome(
        unit.paper, replace(FIT, interrupted=7, last_ms=900, ended_by="power")
    )
    unit.conductor.on_opened(8)
    assert ("open", "resume", 7) in unit.paper.told
    assert unit.notes(Remark) == [Remark("中断原因（设备测得）：电池电量耗尽。")]
    (mark,) = unit.notes(MarkMade)
    assert isinstance(mark, MarkMade)
    assert mark.until_ms == mark.media_ms + 60_000


# -- buttons --------------------------------------------------------------------------------


def test_a_button_that_sticks_stops_no_recording(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    unit.live_ms(9_500)
    assert unit.state() is State.CLOSING  # it may still be a hold
    unit.live_ms(1_000)
    assert unit.state() is State.RECORDING
    assert unit.items()["button"].verdict == "fail"
    unit.live_ms(30_000)
    assert unit.state() is State.RECORDING
    assert not [told for told in unit.paper.told if told == ("close", "button")]


def test_a_long_hold_that_ends_does_stop(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.press(held_ms=9_000)
    unit.live_ms(500)
    assert unit.paper.told[-1] == ("close", "button")


def test_a_button_stuck_from_the_beginning_is_doubted_until_it_comes_up(unit: Unit) -> None:
    unit = Unit(begun_ns=unit.now_ns)
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    unit.start()
    unit.live_ms(11_000)
    assert unit.state() is State.READY
    assert unit.lamp() == Lamp.DOUBTFUL
    unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    unit.live_ms(1_500)
    assert unit.lamp() == Lamp.READY
    unit.press()
    assert unit.state() is State.RECORDING


def test_two_buttons_at_once_each_mean_what_they_mean(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    unit.conductor.on_edge(Edge(Button.MARK, True, unit.now_ns))
    unit.live_ms(2_500)
    unit.conductor.on_edge(Edge(Button.MARK, False, unit.now_ns))
    unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    assert len(unit.notes(MarkMade)) == 1
    assert unit.state() is State.CLOSING


# -- the dock, and reminders ----------------------------------------------------------------


def test_the_way_home_is_shown_and_said_once_each(unit: Unit) -> None:
    unit.start()
    uploading = Journey(Dock.UPLOADING, 2, "2026-11-21T10:00:00.000Z")
    for journey in (uploading, replace(uploading, segments=1), replace(uploading, dock=Dock.DONE)):
        unit.conductor.on_journey(journey)
    unit.conductor.on_journey(Journey(Dock.FAILED, 1, ""))
    unit.conductor.on_journey(Journey(Dock.AWAY, 1, ""))
    assert unit.said == ["dock.up", "dock.done", "dock.fail"]
    assert unit.lamps[-4:] == [Lamp.UPLOADING, Lamp.DONE, Lamp.NOT_HANDED_IN, Lamp.READY]


def test_what_is_unsent_is_said_in_the_check_with_its_deadline(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_journey(Journey(Dock.AWAY, 2, "2026-11-21T04:30:00.000Z"))
    unit.conductor.check_again()
    unit.check()
    spoken = "due+n.liang+due.pieces+due.before+day.1+n.10+n.2+clock.hour+n.30+minutes.short"
    assert f"{spoken}+due.end" in unit.said
    assert unit.items()["unsent"].verdict == "pass"


def test_what_should_have_been_handed_in_is_shown_and_said(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_journey(Journey(Dock.AWAY, 1, "2026-11-20T02:00:00.000Z"))
    unit.live_ms(1_500)
    assert unit.lamp() == Lamp.DOUBTFUL
    unit.conductor.check_again()
    unit.check()
    assert "due+n.1+due.pieces+due.over" in unit.said


def test_a_unit_that_is_told_to_says_that_it_films() -> None:
    unit = Unit(remind_minutes=2)
    unit.start()
    unit.record()
    unit.live_ms(245_000)
    assert unit.said.count("rec.remind") == 2
    stop(unit)
    unit.live_ms(200_000)
    assert unit.said.count("rec.remind") == 2
