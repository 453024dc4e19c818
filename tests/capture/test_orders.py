"""The station's orders as the conductor follows them: never in the middle of a recording."""

from __future__ import annotations

import pytest

from recorder.capture import lens_words as words
from recorder.capture.conductor.machine import State
from recorder.capture.conductor.pen import NoticeHeard
from recorder.capture.conductor.told import Crew, Dock, Journey
from recorder.capture.ports import Button, Edge
from tests.capture.paper_unit import FIT, Unit

CREW = Crew(17, ("王伟", "李娜"), ("110025", "110026"))
NOBODY = Crew(18, (), ())


@pytest.fixture
def unit() -> Unit:
    made = Unit()
    made.start()
    return made


def stop(unit: Unit) -> None:
    unit.press(2_100)
    unit.live_ms(5_500)
    unit.conductor.on_closed()


def test_a_resting_unit_binds_the_ordered_officers_at_once(unit: Unit) -> None:
    unit.conductor.muster.order(CREW)
    assert unit.bound == [CREW]


def test_a_unit_that_was_not_welcomed_yet_binds_them_before_it_may_record() -> None:
    unit = Unit()
    unit.conductor.muster.order(CREW)
    assert unit.bound == [CREW]
    unit.conductor.on_welcome(unit.paper, FIT)
    unit.check()
    assert unit.state() is State.READY


def test_a_recording_keeps_the_officers_that_it_began_with(unit: Unit) -> None:
    unit.record()
    unit.conductor.muster.order(CREW)
    unit.live_ms(3_000)
    assert unit.bound == []
    stop(unit)
    assert unit.bound == [CREW]


def test_a_press_that_may_still_become_a_recording_keeps_them_too(unit: Unit) -> None:
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    assert unit.state() is State.ARMED
    unit.conductor.muster.order(CREW)
    assert unit.bound == []


def test_of_two_orders_that_came_meanwhile_the_newer_is_followed(unit: Unit) -> None:
    unit.record()
    unit.conductor.muster.order(CREW)
    unit.conductor.muster.order(NOBODY)
    stop(unit)
    assert unit.bound == [NOBODY]


def test_who_is_bound_already_is_not_bound_again_when_custody_comes_back(unit: Unit) -> None:
    unit.conductor.muster.order(CREW)
    unit.conductor.on_custody_lost("killed")
    unit.conductor.muster.order(CREW)
    unit.conductor.on_welcome(unit.paper, FIT)
    assert unit.bound == [CREW]


def test_a_lost_note_binds_nobody_and_says_so(unit: Unit) -> None:
    unit.conductor.muster.order(NOBODY)
    assert unit.bound == [NOBODY]
    assert "officers.none" in unit.said


def test_ordered_officers_are_spoken_for_by_their_own_notice(unit: Unit) -> None:
    unit.conductor.muster.order(CREW)
    unit.record()
    assert words.Said("rec.notice", True) in unit.orders
    unit.conductor.on_lens(words.NoticeSought("ee" * 32, True, 900))
    heard = unit.notes(NoticeHeard)[-1]
    assert isinstance(heard, NoticeHeard)
    assert heard.wording == "请告知当事人。"


def test_other_officers_are_another_task(unit: Unit) -> None:
    unit.record(7)
    stop(unit)
    unit.conductor.muster.order(CREW)
    unit.press()
    assert ("open", "button", 0) in unit.paper.told[-3:]


def test_an_ordered_check_is_made_at_once_where_nothing_is_recorded(unit: Unit) -> None:
    unit.orders.clear()
    unit.conductor.muster.order_check()
    unit.live_ms(1_000)
    assert unit.orders.count(words.Check()) == 1
    unit.check()
    unit.live_ms(3_000)
    assert unit.orders.count(words.Check()) == 1


def test_an_ordered_check_waits_for_the_end_of_a_recording(unit: Unit) -> None:
    unit.record()
    unit.orders.clear()
    unit.conductor.muster.order_check()
    unit.live_ms(3_000)
    assert words.Check() not in unit.orders
    stop(unit)
    unit.live_ms(1_000)
    assert words.Check() in unit.orders


def test_an_ordered_check_that_a_press_cut_short_is_made_after_the_recording(unit: Unit) -> None:
    unit.conductor.muster.order_check()
    unit.live_ms(1_000)
    unit.record()
    unit.orders.clear()
    stop(unit)
    unit.live_ms(1_000)
    assert words.Check() in unit.orders


def test_a_check_that_runs_already_is_the_one_that_was_ordered(unit: Unit) -> None:
    unit.orders.clear()
    unit.conductor.check_again()
    unit.conductor.muster.order_check()
    unit.live_ms(1_000)
    unit.check()
    unit.live_ms(1_000)
    assert unit.orders.count(words.Check()) == 1


def test_an_order_at_the_dock_does_not_speak_over_it(unit: Unit) -> None:
    unit.conductor.on_journey(Journey(Dock.UPLOADING, 1, ""))
    unit.conductor.muster.order(CREW)
    assert unit.said == ["dock.up"]
