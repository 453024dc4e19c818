"""The conductor told as stories: what happens, what the unit says, what custody is told."""

from __future__ import annotations

import pytest

from recorder.capture import lens_words as words
from recorder.capture.conductor.machine import Fact, State
from recorder.capture.conductor.pen import (
    GapSeen,
    MarkMade,
    NoticeHeard,
    RefusedAct,
    Remark,
    Spoken,
)
from recorder.capture.conductor.selfcheck import SelfCheckReport
from recorder.capture.conductor.told import Welcome
from recorder.capture.ports import Button, Edge, Fix, Lamp
from tests.capture.paper_unit import FIT, FIX, LEFT_200, MS, Unit


@pytest.fixture
def unit() -> Unit:
    return Unit()


def test_power_on_checks_itself_before_it_is_ready(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, FIT)
    assert unit.state() is State.UNFIT
    assert words.Check() in unit.orders
    assert unit.lamps == [Lamp.STARTING]
    unit.check()
    assert unit.state() is State.READY
    (report,) = unit.notes(SelfCheckReport)
    assert isinstance(report, SelfCheckReport)
    assert report.verdict == "warn"  # no position yet
    assert unit.said == ["tone", "boot", "selftest.ok", LEFT_200]


def test_a_dead_camera_is_stated_and_does_not_forbid_recording(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, FIT)
    unit.check(words.Checked(frames=0, samples=48_000, level=100))
    assert unit.said[-1] == "selftest.fail+part.camera+selftest.fail.end"
    assert unit.state() is State.READY


def test_no_space_forbids_recording(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, Welcome(fit=True, minutes_left=1, clock="ntp"))
    unit.check()
    assert unit.state() is State.UNFIT


def test_a_press_is_felt_at_once_and_opens_when_it_is_known_to_be_one(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    assert unit.felt == 1
    assert unit.orders[-1] == words.Film()
    unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    unit.wait_ms(400)
    assert ("open", "button", 0) in unit.paper.told
    assert unit.lamps[-1] is Lamp.RECORDING
    assert words.Said("notice.x", True) in unit.orders


def test_the_lens_hands_over_only_once_custody_has_opened(unit: Unit) -> None:
    unit.start()
    unit.press()
    assert words.Go() not in unit.orders
    unit.conductor.on_opened(7)
    assert unit.orders[-1] == words.Go()


def test_a_press_while_recording_marks_this_second(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.press()
    (mark,) = unit.notes(MarkMade)
    assert mark == MarkMade((unit.now_ns // MS) - 100)
    assert unit.notes(Spoken)[-1] == Spoken("mark", "已标记重点。")


def test_a_hold_stops_after_the_grace_and_the_lens_lets_go_first(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.press(held_ms=2_500)
    assert unit.state() is State.CLOSING
    unit.live_ms(5_000)
    assert unit.orders[-1] == words.Halt()
    assert unit.paper.told[-1] == ("close", "button")
    unit.conductor.on_closed()
    assert unit.state() is State.READY
    assert unit.said[-1] == "rec.stop"


def test_a_press_in_the_grace_continues_the_same_recording(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.press(held_ms=2_500)
    unit.press()
    unit.live_ms(6_000)
    assert unit.state() is State.RECORDING
    assert sum(1 for told in unit.paper.told if told == ("open", "button", 0)) == 1


def test_a_press_while_the_last_segment_is_sealed_is_not_lost(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.press(held_ms=2_500)
    unit.live_ms(5_000)
    unit.press()
    unit.conductor.on_closed()
    assert unit.state() is State.RECORDING
    assert ("open", "resume", 7) in unit.paper.told  # the same task: an interruption


def test_custody_lost_and_back_opens_anew_and_keeps_what_was_said_meanwhile(unit: Unit) -> None:
    unit.start()
    unit.record(7)
    unit.conductor.on_custody_lost("its socket closed")
    assert unit.lamps[-1] is Lamp.FAULT
    unit.press()
    unit.conductor.on_welcome(unit.paper, Welcome(interrupted=7, fit=True, minutes_left=9))
    assert ("open", "resume", 7) in unit.paper.told
    unit.conductor.on_opened(8)
    assert unit.orders[-1] == words.Go()
    pressed, explained = unit.notes(MarkMade)
    assert isinstance(pressed, MarkMade)
    assert pressed.until_ms is None
    assert isinstance(explained, MarkMade)
    assert explained.until_ms == explained.media_ms + 60_000
    assert unit.notes(Remark) == [Remark("中断原因（设备测得）：保管程序中断。")]
    assert "resume" in unit.said


def test_after_a_crash_it_resumes_by_itself_and_states_the_gap(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, Welcome(interrupted=7, last_ms=900, fit=True))
    assert unit.paper.told == [("open", "resume", 7)]
    unit.conductor.on_opened(8)
    unit.conductor.on_lens(words.Alive(3, 0, first_ms=2_100, last_ms=2_300))
    (gap,) = unit.notes(GapSeen)
    assert gap == GapSeen("capture", 900, 2_100, -1, "capture was lost; the unit resumed by itself")
    assert "recover" in unit.said


def test_a_recording_the_officer_stopped_is_not_resumed(unit: Unit) -> None:
    unit.start()
    unit.record(7)
    unit.press(held_ms=2_500)
    unit.conductor.on_custody_lost("its socket closed")
    unit.conductor.on_welcome(unit.paper, Welcome(interrupted=7, fit=True, minutes_left=9))
    assert unit.state() is State.READY
    assert ("open", "resume", 7) not in unit.paper.told


def test_a_silent_lens_is_named_for_killing_and_its_gap_is_stated(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_lens(words.Alive(50, 0, first_ms=1_000, last_ms=3_000))
    assert unit.wait_ms(1_999) is None
    assert unit.wait_ms(2) == "the lens was silent for 2000 ms"
    unit.conductor.on_lens_lost("it was silent")
    assert unit.respawned == 1
    assert unit.orders[-3:-1] == [words.Film(), words.Go()]  # then the notice, once more
    unit.conductor.on_lens(words.Alive(2, 0, first_ms=6_000, last_ms=6_040))
    assert unit.notes(GapSeen) == [GapSeen("lens", 3_000, 6_000, -1, "it was silent")]
    assert unit.state() is State.RECORDING


def test_a_lens_lost_before_custody_has_opened_films_all_the_same(unit: Unit) -> None:
    unit.start()
    unit.press()
    unit.conductor.on_lens_lost("killed")
    assert words.Film() in unit.orders[-2:]
    unit.conductor.on_opened(7)
    assert unit.orders[-1] == words.Go()
    now_ms = unit.now_ns // MS
    unit.conductor.on_lens(words.Alive(2, 0, first_ms=now_ms + 900, last_ms=now_ms + 940))
    (gap,) = unit.notes(GapSeen)
    assert isinstance(gap, GapSeen)
    assert (gap.source, gap.cause) == ("lens", "killed")


def test_a_lens_lost_while_the_last_segment_is_sealed_films_nothing_more(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.press(held_ms=2_500)
    unit.live_ms(5_000)
    assert unit.state() is State.SEALING
    unit.conductor.on_lens_lost("killed")
    assert unit.respawned == 1
    assert unit.orders[-1] == words.Halt()


def test_a_notice_that_no_lens_answered_for_is_spoken_again(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_lens_lost("killed")
    assert unit.orders[-1] == words.Said("notice.x", True)
    assert unit.said.count("notice.x") == 2
    unit.conductor.on_lens(words.NoticeSought("cd" * 32, True, 900))
    unit.conductor.on_lens_lost("killed")
    assert unit.said.count("notice.x") == 2


def test_a_gap_that_nothing_ended_ends_with_the_recording(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_lens(words.Alive(50, 0, 1_000, 3_000))
    unit.conductor.on_lens_lost("killed")
    unit.conductor.on_fact(Fact.POWER_LOW)
    (gap,) = unit.notes(GapSeen)
    assert isinstance(gap, GapSeen)
    assert gap.to_ms == unit.now_ns // MS
    assert unit.paper.told[-1] == ("close", "power")


def test_a_press_on_an_unfit_unit_is_refused_and_remembered(unit: Unit) -> None:
    unit.conductor.on_welcome(unit.paper, Welcome(because="The key is missing."))
    unit.press()
    assert unit.notes(RefusedAct) == [RefusedAct("record", "officer", "The key is missing.")]
    assert unit.lamps[-1] is Lamp.FAULT


def test_the_notice_goes_into_the_log_with_its_score(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_lens(words.NoticeSought("ab" * 32, True, 910))
    assert unit.notes(NoticeHeard) == [NoticeHeard("ab" * 32, True, 910, "您好")]


def test_positions_are_kept_only_while_recording(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_fix(FIX)
    assert unit.notes(Fix) == [FIX]


def test_a_storage_that_fills_up_stops_and_shouts(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_storage(0)
    assert ("close", "storage") in unit.paper.told
    assert unit.said[-1] == "store.full"
    assert unit.lamps[-1] is Lamp.FAULT


def test_a_recording_that_custody_refuses_to_open_is_refused_aloud(unit: Unit) -> None:
    unit.start()
    unit.press()
    unit.conductor.on_refused("open", "The spool is full.")
    assert unit.state() is State.UNFIT
    assert unit.notes(RefusedAct) == [RefusedAct("record", "officer", "The spool is full.")]
    assert words.Drop() in unit.orders


def test_the_second_button_marks_without_waiting(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_edge(Edge(Button.MARK, True, unit.now_ns))
    assert unit.notes(MarkMade) == []
    unit.record()
    unit.conductor.on_edge(Edge(Button.MARK, True, unit.now_ns))
    assert len(unit.notes(MarkMade)) == 1
    unit.live_ms(1_000)
    assert unit.lamps[-2:] == [Lamp.MARKED, Lamp.RECORDING]


def test_eight_seconds_when_idle_power_off(unit: Unit) -> None:
    unit.start()
    unit.press(held_ms=8_500)
    assert unit.off
    assert unit.said[-1] == "off"


def test_what_was_held_before_the_press_is_stated_when_the_recording_opens(unit: Unit) -> None:
    unit.start()
    assert unit.orders[-1] == words.Await()
    assert unit.lamps[-1] is Lamp.READY
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    unit.conductor.on_lens(words.Held(unit.now_ns // MS - 9_500))
    unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    unit.live_ms(500)
    assert ("open", "button", 0, 9_500) in unit.paper.told


def test_a_recording_that_goes_on_after_custody_came_back_claims_no_pre_record(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    unit.conductor.on_lens(words.Held(unit.now_ns // MS - 9_500))
    unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    unit.live_ms(500)
    unit.conductor.on_opened(7)
    unit.conductor.on_custody_lost("gone")
    unit.conductor.on_welcome(unit.paper, FIT)
    assert ("open", "resume", 7) in unit.paper.told


def test_a_loss_between_press_and_opening_is_written_down_once_it_is_open(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    unit.conductor.on_lens(words.WasLost("camera", -1, 5, 5, "no camera"))
    unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    unit.live_ms(500)
    unit.conductor.on_opened(7)
    assert unit.notes(GapSeen) == [GapSeen("camera", 5, 5, -1, "no camera")]


def test_what_a_press_that_was_none_lost_does_not_go_into_the_next_recording(unit: Unit) -> None:
    unit.start()
    unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
    unit.conductor.on_lens(words.WasLost("camera", -1, 5, 5, "no camera"))
    unit.live_ms(3_000)
    unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
    unit.live_ms(500)
    unit.record()
    assert unit.notes(GapSeen) == []


def test_what_the_lens_remarks_goes_into_the_recording(unit: Unit) -> None:
    unit.start()
    unit.record()
    unit.conductor.on_lens(words.Remarked("no Chinese font"))
    assert unit.notes(Remark) == [Remark("no Chinese font")]


def test_a_double_press_while_recording_is_a_photo_and_no_mark(unit: Unit) -> None:
    unit.start()
    unit.record()
    for _ in range(2):
        unit.conductor.on_edge(Edge(Button.RECORD, True, unit.now_ns))
        unit.wait_ms(80)
        unit.conductor.on_edge(Edge(Button.RECORD, False, unit.now_ns))
        unit.wait_ms(80)
    assert unit.notes(MarkMade) == [MarkMade(unit.now_ns // MS - 80, photo=True)]
    assert (unit.said[-1], unit.lamp()) == ("photo", Lamp.PHOTO)
    unit.live_ms(1_500)
    assert unit.lamp() is Lamp.RECORDING
    assert unit.state() is State.RECORDING


def dusk(unit: Unit, lux: int, seconds: int) -> None:
    for _ in range(seconds * 2):
        unit.conductor.on_lens(words.Light(lux))
        unit.live_ms(500)


def test_night_is_switched_said_and_told_to_each_recording_made_then(unit: Unit) -> None:
    unit.start()
    unit.record()
    dusk(unit, 2, 5)
    assert (unit.views, unit.said[-1]) == (["night"], "ir.on")
    assert [spoken.clip for spoken in unit.paper.told if isinstance(spoken, Spoken)][-1] == "ir.on"
    unit.press(held_ms=2_500)
    unit.live_ms(6_000)
    unit.conductor.on_closed()
    unit.record(8)
    assert unit.notes(Remark)[-1] == Remark("红外夜视已开启。")
    dusk(unit, 500, 12)
    assert (unit.views, unit.said[-1]) == (["night", "day"], "ir.off")


def test_a_unit_without_infrared_says_nothing_of_the_dark() -> None:
    unit = Unit(has_infrared=False)
    unit.start()
    unit.record()
    dusk(unit, 2, 5)
    assert unit.views == []
    assert "ir.on" not in unit.said
