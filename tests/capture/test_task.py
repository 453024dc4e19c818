"""Whether a press takes up again what was stopped, and what the unit knows of the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recorder.capture.conductor.condition import Condition
from recorder.capture.conductor.notebook import Notebook
from recorder.capture.conductor.pen import Entry, GapSeen, RefusedAct
from recorder.capture.conductor.selfcheck import SelfCheckReport
from recorder.capture.conductor.senses import Senses
from recorder.capture.conductor.task import Task, reason_of
from recorder.capture.ports import Supply

COOL = Supply(
    on_mains=False, percent=90, minutes=400, under_voltage=False, throttled=False, degrees=45
)
MINUTE_MS = 60_000


def test_within_thirty_minutes_a_press_takes_up_what_was_stopped() -> None:
    task = Task()
    assert task.to_continue(0) == (0, "")
    task.stopped(7, 1_000, "button", Condition())
    assert task.to_continue(1_000 + 30 * MINUTE_MS - 1) == (7, "")
    assert task.to_continue(1_000 + 30 * MINUTE_MS)[0] == 0


def test_being_docked_ends_a_task() -> None:
    task = Task()
    task.stopped(7, 1_000, "button", Condition())
    task.over()
    assert task.to_continue(2_000)[0] == 0


@pytest.mark.parametrize(
    ("ended_by", "now", "reason"),
    [
        ("button", Condition(), ""),
        ("power", Condition(), "电池电量耗尽"),
        ("storage", Condition(), "存储已满"),
        ("capture lost", Condition(), "采集程序中断"),
        ("button", Condition(camera=False), "摄像头故障"),
        ("button", Condition(supply=replace(COOL, degrees=90)), "设备温度过高"),
        ("button", Condition(supply=replace(COOL, minutes=1)), "电池电量耗尽"),
    ],
)
def test_what_the_unit_can_measure_it_states_as_the_reason(
    ended_by: str, now: Condition, reason: str
) -> None:
    assert reason_of(ended_by, now) == reason


def test_a_sensor_is_lost_after_two_seconds_of_silence_and_back_at_once() -> None:
    senses = Senses()
    senses.give(camera=False, microphone=True, now_ns=10**9)
    assert relied_on(senses, 2_999_999_999) == (True, True)
    senses.give(camera=False, microphone=True, now_ns=2 * 10**9)
    assert relied_on(senses, 3 * 10**9) == (False, True)
    senses.give(camera=True, microphone=True, now_ns=4 * 10**9)
    assert relied_on(senses, 4 * 10**9) == (True, True)


def relied_on(senses: Senses, now_ns: int) -> tuple[bool, bool]:
    senses.tick(now_ns)
    return senses.camera, senses.microphone


class Paper:
    def __init__(self) -> None:
        self.told: list[object] = []

    def open(self, cause: str, continues: int, pre_record_ms: int) -> None:
        self.told.append((cause, continues, pre_record_ms))

    def note(self, entry: Entry) -> None:
        self.told.append(entry)

    def close(self, cause: str) -> None:
        self.told.append(cause)


GAP = GapSeen("camera", 1, 2, 3, "x")
CHECK = SelfCheckReport(())


def test_what_belongs_to_the_unit_goes_at_once_and_what_belongs_to_a_recording_waits() -> None:
    paper, notebook = Paper(), Notebook()
    notebook.take_pen(paper)
    notebook.note(GAP, filming=True)
    notebook.note(CHECK, filming=False)
    assert paper.told == [CHECK]
    notebook.begun()
    assert paper.told == [CHECK, GAP]


def test_what_the_unit_says_of_itself_waits_for_a_custody_that_is_away() -> None:
    paper, notebook = Paper(), Notebook()
    refused = RefusedAct("record", "officer", "full")
    for entry in (CHECK, GAP, refused):
        notebook.note(entry, filming=True)
    notebook.forget()  # the film was none
    notebook.take_pen(paper)
    assert paper.told == [CHECK, refused]
    notebook.begun()
    assert paper.told == [CHECK, refused]


def test_what_waits_is_bounded() -> None:
    paper, notebook = Paper(), Notebook()
    for _ in range(5_000):
        notebook.note(GAP, filming=True)
    notebook.take_pen(paper)
    notebook.begun()
    assert len(paper.told) == 4_096
