"""What a verdict says of commands without any alarm: who ordered, and what it cannot know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.evidence.moment import ClockSource
from recorder.evidence.record import Ending, StopCause
from tests.tamper import orders
from tests.tamper.table import Case, Table, drawn, honest_package
from tests.verify.court import first, judged, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.evidence.verdict import Finding, Verdict


@pytest.fixture
def t() -> Table:
    return Table(honest_package())


def orders_in(verdict: Verdict) -> Iterator[Finding]:
    return (each for each in verdict.findings if each.code.startswith("COMMAND_"))


@pytest.mark.parametrize(
    ("deed", "noted"),
    [
        (orders.officers_are_ordered_and_nobody_lies, ["COMMAND_ORDERED"]),
        (orders.the_command_is_left_out_of_the_sidecars, ["COMMAND_LEFT_OUT"]),
        (orders.a_unit_records_a_command_that_was_never_given, ["COMMAND_LEFT_OUT"]),
        (
            orders.a_command_is_obeyed_when_its_time_is_over,
            ["COMMAND_ORDERED", "COMMAND_TIME"],
        ),
    ],
    ids=lambda each: each.number if isinstance(each, Case) else "",
)
def test_what_accuses_nobody_is_noted(t: Table, deed: Case, noted: list[str]) -> None:
    assert [each.code for each in orders_in(deed.deed(t))] == noted


def test_who_ordered_is_said_with_number_and_times(t: Table) -> None:
    finding = first(orders.recorded_by_order(t), "COMMAND_ORDERED")
    assert finding.wording.en == (
        "The officers of recording 1 were ordered by baofeng-mz.shilu/command with command 17, "
        "to be taken from 2026-11-21T08:00:00.000Z until 2026-11-21T20:00:00.000Z."
    )
    assert "王伟" not in finding.wording.zh


def test_it_is_said_for_each_recording_and_a_late_command_once(t: Table) -> None:
    orders.commanded(t, orders.of_yesterday(t))
    for _ in range(3):
        t.scene.unit.record(1)
    said = [each.code for each in orders_in(t.hand_in(key=True))]
    assert said == [*["COMMAND_ORDERED"] * 3, "COMMAND_TIME"]


def test_a_reader_who_knows_no_key_is_told_so_once(t: Table) -> None:
    orders.commanded(t)
    t.scene.station.pins_commands = False
    t.scene.unit.record(1)
    t.scene.unit.record(1)
    verdict = t.hand_in(key=True)
    assert [each.code for each in orders_in(verdict)] == ["COMMAND_KEY_NOT_GIVEN"]
    assert drawn(verdict) == "+++++"


def test_without_a_key_for_the_sidecars_nothing_is_said(t: Table) -> None:
    orders.commanded(t)
    t.scene.unit.record(1)
    assert list(orders_in(t.hand_in())) == []


def test_a_package_without_commands_has_the_same_verdict_whoever_is_pinned(t: Table) -> None:
    t.scene.unit.record(2)
    plain = t.hand_in(key=True)
    t.scene.station.pins_commands = True
    pinned = judged(
        t.scene.station.package(t.scene.unit), t.scene.station.trust(), t.scene.unit.station_key
    )
    assert (pinned.axes, pinned.findings) == (plain.axes, plain.findings)


def test_a_clock_that_is_unsure_makes_no_command_late(t: Table) -> None:
    t.scene.unit.clock.source = ClockSource.NONE
    orders.commanded(t, orders.of_yesterday(t))
    t.scene.unit.clock.source = ClockSource.GPS
    t.scene.unit.record(1)
    assert "COMMAND_TIME" not in notes(t.hand_in(key=True))


def test_a_look_binds_nobody(t: Table) -> None:
    t.scene.unit.obey(t.scene.station.order(t.scene.unit, 17, officers=None))
    t.scene.unit.record(1)
    assert list(orders_in(t.hand_in(key=True))) == []


def test_the_newest_order_before_the_press_is_the_one_that_counts(t: Table) -> None:
    unit = orders.commanded(t)
    unit.record(1)
    unit.obey(t.scene.station.order(unit, 19))
    unit.record(1)
    number = unit.start()
    taken = unit.obey(t.scene.station.order(unit, 20))
    unit.ordered = t.scene.station.order(unit, 19)
    unit.go_on(number, 1, 1.0)
    unit.record(1)
    verdict = t.hand_in(key=True)
    assert drawn(verdict) == "+++++"
    ordered = [each.wording.en for each in verdict.findings if each.code == "COMMAND_ORDERED"]
    assert [f"command {n}," in each for n, each in zip((17, 19, 19, 19), ordered, strict=True)] == [
        True
    ] * 4
    left_out = first(verdict, "COMMAND_LEFT_OUT")
    assert left_out.place.seq == taken
    assert "recording 4" in left_out.wording.en


def test_a_sidecar_that_power_cut_off_carries_its_command(t: Table) -> None:
    unit = orders.commanded(t)
    unit.power_cut(unit.start(), 1, 2.0)
    verdict = t.hand_in(key=True)
    assert drawn(verdict) == "+++++"
    assert "COMMAND_ORDERED" in notes(verdict)


def test_of_a_recording_whose_sidecars_are_empty_nothing_is_said(t: Table) -> None:
    """Power went before the first sync: nothing of the sidecar was ever signed."""
    unit = orders.commanded(t)
    unit.power_cut(unit.start(), 1, 2.0, synced=False)
    assert list(orders_in(t.hand_in(key=True))) == []


def test_without_a_start_the_first_seal_is_when_it_began(t: Table) -> None:
    unit = orders.commanded(t)
    unit.recording = 1
    unit.segment(1, 1, 2.0, Ending.STOP)
    unit.stop(1, 1, StopCause.BUTTON)
    said = {each.code for each in t.hand_in(key=True).findings}
    assert {"RECORDING_MISSING", "COMMAND_ORDERED"} <= said
    assert "COMMAND_UNRECORDED" not in said


def test_what_stands_before_the_officers_is_not_taken_for_them(t: Table) -> None:
    def last_first(clear: bytes) -> bytes:
        header, *entries = clear.splitlines(keepends=True)
        return b"".join([header, *reversed(entries)])

    unit = orders.commanded(t)
    unit.side_as = last_first
    unit.record(1)
    verdict = t.hand_in(key=True)
    assert drawn(verdict) == "+++++"
    assert "COMMAND_ORDERED" in notes(verdict)
