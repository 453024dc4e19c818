"""What the courier says of the way home is passed on, kept by nobody, and frees nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.handover import packets as p
from tests.custody.rig import Caller

if TYPE_CHECKING:
    from tests.custody.rig import Rig

UPLOADING = p.Journey(p.Dock.UPLOADING, 2, "2026-11-21T10:05:33.120Z")


def test_the_conductor_hears_it_and_the_log_does_not(rig: Rig) -> None:
    conductor = rig.start().conductor()
    courier = Caller(rig, p.Role.COURIER)
    records = len(rig.records())
    courier.ask(UPLOADING)
    assert conductor.of(p.Journey) == [UPLOADING]
    assert len(rig.records()) == records


def test_a_conductor_that_comes_later_hears_the_newest(rig: Rig) -> None:
    rig.start()
    courier = Caller(rig, p.Role.COURIER)
    courier.ask(UPLOADING)
    courier.ask(replace(UPLOADING, dock=p.Dock.DONE, segments=0, oldest=""))
    (heard,) = rig.conductor().of(p.Journey)
    assert heard.dock is p.Dock.DONE


def test_a_courier_that_is_gone_is_at_no_dock(rig: Rig) -> None:
    conductor = rig.start().conductor()
    courier = Caller(rig, p.Role.COURIER)
    courier.ask(UPLOADING)
    courier.go()
    assert conductor.of(p.Journey)[-1] == replace(UPLOADING, dock=p.Dock.AWAY)


@pytest.mark.parametrize("role", [p.Role.CONDUCTOR, p.Role.LENS, p.Role.RELEASE])
def test_nobody_else_may_say_it(rig: Rig, role: p.Role) -> None:
    conductor = rig.start().conductor()
    Caller(rig, role).ask(UPLOADING)
    assert conductor.of(p.Journey) == []
