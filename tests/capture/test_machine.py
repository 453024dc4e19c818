"""The table: what can happen to a unit, and what it does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture.conductor.machine import TABLE, Act, Fact, Machine, State, table_as_markdown

WAY_TO = {
    State.UNFIT: (),
    State.READY: (Fact.FIT,),
    State.ARMED: (Fact.FIT, Fact.DOWN),
    State.RECORDING: (Fact.FIT, Fact.DOWN, Fact.PRESS),
    State.INTERRUPTED: (Fact.FIT, Fact.DOWN, Fact.PRESS, Fact.CUSTODY_LOST),
    State.CLOSING: (Fact.FIT, Fact.DOWN, Fact.PRESS, Fact.HELD_STOP),
    State.SEALING: (Fact.FIT, Fact.DOWN, Fact.PRESS, Fact.HELD_STOP, Fact.GRACE_OVER),
    State.OFF: (Fact.HELD_OFF,),
}


def machine_in(state: State) -> Machine:
    machine = Machine()
    for fact in WAY_TO[state]:
        machine.take(fact)
    assert machine.state is state
    return machine


def test_a_press_begins_a_recording_that_was_already_being_filmed() -> None:
    machine = machine_in(State.READY)
    assert Act.FILM in machine.take(Fact.DOWN)
    assert Act.OPEN in machine.take(Fact.PRESS)
    assert machine.state is State.RECORDING


def test_a_double_press_when_idle_leaves_nothing_behind() -> None:
    machine = machine_in(State.ARMED)
    assert machine.take(Fact.DOUBLE_PRESS) == (Act.AWAIT, Act.STATUS)
    assert machine.state is State.READY


def test_a_press_within_the_grace_continues_the_same_recording() -> None:
    machine = machine_in(State.CLOSING)
    acts = machine.take(Fact.PRESS)
    assert machine.state is State.RECORDING
    assert Act.OPEN not in acts
    assert Act.OPEN_AGAIN not in acts


def test_custody_coming_back_opens_anew_and_says_so() -> None:
    machine = machine_in(State.INTERRUPTED)
    assert Act.OPEN_AGAIN in machine.take(Fact.CUSTODY_BACK)
    assert machine.state is State.RECORDING


def test_a_unit_cut_off_resumes_by_itself() -> None:
    machine = Machine()
    acts = machine.take(Fact.FIT_INTERRUPTED)
    assert machine.state is State.RECORDING
    assert {Act.FILM, Act.OPEN_AGAIN, Act.SAY_RECOVERED} <= set(acts)


def test_a_press_on_an_unfit_unit_is_refused_aloud() -> None:
    assert Act.REFUSE in Machine().take(Fact.PRESS)


def test_a_press_while_sealing_is_not_lost() -> None:
    assert machine_in(State.SEALING).take(Fact.PRESS) == (Act.AGAIN,)


@pytest.mark.parametrize("state", [State.RECORDING, State.INTERRUPTED, State.CLOSING])
def test_nothing_is_forgotten_while_it_is_recorded_except_by_a_stop(state: State) -> None:
    """`drop` is for presses that were none; a recording drops only what nobody can keep."""
    forgetting = {fact for fact, row in TABLE[state].items() if Act.DROP in row.acts}
    assert forgetting <= {Fact.HELD_STOP, Fact.CUSTODY_LOST, Fact.REFUSED}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("fact", list(Fact))
def test_what_the_table_does_not_name_changes_nothing_and_is_remembered(
    state: State, fact: Fact
) -> None:
    if fact in TABLE[state]:
        return
    machine = machine_in(state)
    assert machine.take(fact) == (Act.REMEMBER,)
    assert machine.state is state


@given(st.lists(st.sampled_from(Fact), max_size=40))
def test_filming_and_the_light_agree_whatever_happens(facts: list[Fact]) -> None:
    """Who films shows it: red is on in every state in which a recording is open."""
    machine, light, open_ = Machine(), Act.LIGHT_FAULT, False
    for fact in facts:
        for act in machine.take(fact):
            light = act if act.name.startswith("LIGHT_") else light
            open_ = (open_ or act in {Act.OPEN, Act.OPEN_AGAIN}) and act not in {
                Act.DROP,
                Act.LIGHT_READY,
            }
        if machine.state is State.RECORDING:
            assert light is Act.LIGHT_RECORDING
        if machine.state is State.READY:
            assert light is Act.LIGHT_READY
            assert not open_


def test_the_page_shows_the_table_as_it_is() -> None:
    page = Path(__file__, "../../../docs/unit.md").resolve().read_text(encoding="utf-8")
    shown = page.split("<!-- machine -->")[1].split("<!-- /machine -->")[0].strip()
    assert shown == table_as_markdown()
