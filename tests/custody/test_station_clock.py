"""What the station says the time is: a claim in the log, once an hour; it sets no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.evidence.causes import CheckVerdict
from recorder.evidence.moment import utc_ms, utc_text
from recorder.evidence.record import SelfCheck, SelfCheckItem
from recorder.handover import packets as p
from tests.custody.rig import Caller

if TYPE_CHECKING:
    from tests.custody.rig import Rig

HOUR_MS = 3_600_000


def stated(rig: Rig) -> list[SelfCheckItem]:
    bodies = (record.body for record in rig.records())
    return [one for body in bodies if isinstance(body, SelfCheck) for one in body.items]


@pytest.mark.parametrize(
    ("apart_ms", "verdict"),
    [(0, "pass"), (9_000, "pass"), (11_000, "warn"), (-86_400_000, "warn")],
)
def test_it_is_written_beside_our_own_and_doubted_where_they_differ(
    rig: Rig, apart_ms: int, verdict: str
) -> None:
    rig.start()
    before = rig.clock.now()
    theirs = utc_text(utc_ms(before.utc) + apart_ms)
    Caller(rig, p.Role.COURIER).ask(p.StationTime(theirs))
    expected = SelfCheckItem(
        "station clock", CheckVerdict(verdict), utc_ms(theirs), "ms since 1970"
    )
    assert stated(rig) == [expected]
    assert rig.clock.now() == before


def test_a_unit_that_knows_no_time_writes_down_what_the_station_said(rig: Rig) -> None:
    rig.start()
    rig.clock.utc_ms = 0
    Caller(rig, p.Role.COURIER).ask(p.StationTime("2026-11-21T10:05:33.120Z"))
    (item,) = stated(rig)
    assert (item.verdict, item.value) == (CheckVerdict.WARN, utc_ms("2026-11-21T10:05:33.120Z"))


def test_it_is_written_once_an_hour_however_often_it_is_said(rig: Rig) -> None:
    rig.start()
    courier = Caller(rig, p.Role.COURIER)
    for _ in range(5):
        courier.ask(p.StationTime(rig.clock.now().utc))
    assert len(stated(rig)) == 1
    rig.clock.pass_ms(HOUR_MS)
    courier.ask(p.StationTime(rig.clock.now().utc))
    assert len(stated(rig)) == 2


@pytest.mark.parametrize("role", [p.Role.CONDUCTOR, p.Role.LENS, p.Role.RELEASE])
def test_nobody_but_the_courier_may_say_it(rig: Rig, role: p.Role) -> None:
    rig.start()
    Caller(rig, role).ask(p.StationTime("2026-11-21T10:05:33.120Z"))
    assert stated(rig) == []
