"""What satellites said in the sidecars, against what the unit's clock said in the log."""

from __future__ import annotations

import pytest

from recorder.evidence.moment import ClockSource
from recorder.evidence.record import ClockStep, UnitKind
from recorder.evidence.sidecar import Fix, NoFix
from recorder.evidence.verify.fix_clock import FixClock, fix_clocks
from tests.tamper.table import Table, drawn, honest_package
from tests.verify.court import first
from tests.verify.unit import NOON_MS, Unit

HOUR_MS = 3_600_000
DISAGREE = "+++?+ SATELLITES_DISAGREE"


@pytest.fixture
def t() -> Table:
    table = Table(honest_package())
    table.scene.unit.kind = UnitKind.DEVICE
    table.scene.unit.satellites_wrong_ms = 0
    table.scene.unit.shut_down()
    table.scene.unit.boot()
    return table


def unit_of(t: Table) -> Unit:
    return t.scene.unit


def test_satellites_and_a_right_clock_agree(t: Table) -> None:
    unit_of(t).record(2, 2)
    assert drawn(t.hand_in(key=True)) == "+++++"


@pytest.mark.parametrize(
    ("wrong_ms", "drawing"),
    [(30_000, "+++++"), (-30_000, "+++++"), (31_000, DISAGREE), (-31_000, DISAGREE)],
)
def test_satellites_may_lack_leap_seconds_and_no_more(
    t: Table, wrong_ms: int, drawing: str
) -> None:
    unit_of(t).satellites_wrong_ms = wrong_ms
    unit_of(t).record(2)
    assert drawn(t.hand_in(key=True)) == drawing


def test_a_unit_that_was_told_another_hour_shows_by_its_satellites(t: Table) -> None:
    """Back-dated within what anchor and receipt leave open."""
    unit = unit_of(t)
    unit.satellites_wrong_ms = HOUR_MS
    unit.record(2)
    seq = next(n for n, line in enumerate(unit.lines) if b'"type":"segment"' in line)
    finding = first(t.hand_in(key=True), "SATELLITES_DISAGREE")
    assert (finding.place.seq, finding.place.second_ms) == (seq, 0)
    assert "2026-11-21T09:" in finding.wording.en
    assert "2026-11-21T08:" in finding.wording.en


def test_each_segment_says_so_once(t: Table) -> None:
    unit_of(t).satellites_wrong_ms = HOUR_MS
    unit_of(t).record(2, 2)
    verdict = t.hand_in(key=True)
    assert [one.code for one in verdict.findings].count("SATELLITES_DISAGREE") == 2


def test_without_a_key_nobody_sees_the_satellites(t: Table) -> None:
    unit_of(t).satellites_wrong_ms = HOUR_MS
    unit_of(t).record(2)
    assert drawn(t.hand_in()) == "+++++"


def test_a_bench_unit_replays_satellites_of_another_day(t: Table) -> None:
    unit = unit_of(t)
    unit.kind = UnitKind.BENCH
    unit.shut_down()
    unit.boot()
    unit.satellites_wrong_ms = 90 * 24 * HOUR_MS
    unit.record(2)
    assert drawn(t.hand_in(key=True)) == "+++++"


def test_a_clock_that_claims_nothing_contradicts_nothing(t: Table) -> None:
    unit = unit_of(t)
    unit.shut_down()
    unit.clock.source = ClockSource.NONE
    unit.boot()
    unit.satellites_wrong_ms = HOUR_MS
    unit.record(2)
    assert drawn(t.hand_in(key=True)) == "+++++"


def test_a_clock_that_was_set_meanwhile_agrees_with_both(t: Table) -> None:
    """08:00 ± 50 ms, a fix at 09:00, the clock is set to 09:00 and says so."""
    unit = unit_of(t)
    unit.clock.wrong_by_ms = -20 * 60_000
    unit.say(ClockStep(-20 * 60_000, ClockSource.RTC, "battery"))
    number = unit.start()
    unit.clock.wrong_by_ms = 0
    unit.go_on(number, 1, 2)
    unit.say(ClockStep(20 * 60_000, ClockSource.GPS, "fix"))
    assert "SATELLITES_DISAGREE" not in drawn(t.hand_in(key=True))


def test_what_power_cut_off_is_measured_by_the_clock_of_its_own_run(t: Table) -> None:
    """The next run begins with another boot clock, and seals what was cut off."""
    unit = unit_of(t)
    unit.power_cut(unit.start(), 1, 2)
    assert drawn(t.hand_in(key=True)) == "+++++"


def test_only_fixes_that_disagree_are_kept() -> None:
    def fix(utc: str) -> Fix:
        return Fix(utc, 0, 0, 9, 90)

    entries = (
        (1_000, NoFix("indoors")),
        (2_000, fix("")),
        (3_000, fix("2026-11-21T08:00:03.000Z")),
        (4_000, fix("2026-11-21T08:00:04.900Z")),
        (5_000, fix("2026-11-21T07:00:05.000Z")),
    )
    kept = fix_clocks(entries)
    assert kept == (FixClock(3_000, NOON_MS + 3_000), FixClock(5_000, NOON_MS + 5_000 - HOUR_MS))
    every_minute = [(n * 1000, fix(f"2026-11-21T08:{n:02}:00.000Z")) for n in range(60)]
    assert len(fix_clocks(every_minute)) == 16
