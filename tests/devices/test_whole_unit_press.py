"""A press on a whole unit of real parts: what lies before it, and the photo after it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.capture.ports import Picture
from recorder.evidence.record import Start
from tests.custody.judge import disproofs
from tests.rig.accounts import check_accounts
from tests.rig.remote import pass_seconds
from tests.rig.shot import Shot, taken_apart
from tests.rig.unit import RigUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
PICTURE = Picture(640, 360, 30, 2_000_000)
SOON_MS = 200


@dataclass(frozen=True, slots=True)
class Pressed:
    """A unit that waited, was pressed at `at_ms`, recorded, and ended."""

    unit: RigUnit
    at_ms: int
    shot: Shot


@pytest.fixture(scope="module")
def pressed(need: Callable[[str], Path]) -> Iterator[Pressed]:
    with tempfile.TemporaryDirectory(prefix="p") as folder:
        unit = RigUnit(
            Path(folder), need, PICTURE,
            unit={"pre_record_seconds = 0": "pre_record_seconds = 3"},
            rules={'[pre_record]\nmode = "off"': '[pre_record]\nmode = "video_and_sound"'},
        )  # fmt: skip
        try:
            unit.until_ready()
            pass_seconds(4.5)
            at_ms = unit.press()
            unit.until("opened")
            pass_seconds(2.0)
            unit.stop()
        finally:
            unit.close()
        yield Pressed(unit, at_ms, taken_apart(unit))


def test_the_film_begins_seconds_before_the_press_as_the_log_says(pressed: Pressed) -> None:
    (start,) = pressed.unit.of(Start)
    first_ms = pressed.shot.segments[0].span.first_ms
    assert 1_900 < start.pre_record_ms <= 3_000 + SOON_MS
    assert 0 <= first_ms + start.pre_record_ms - pressed.at_ms < SOON_MS


def test_no_picture_is_lost_where_the_press_lies(pressed: Pressed) -> None:
    pictures = pressed.shot.pictures
    gone = check_accounts(pictures, pressed.shot.gaps)
    assert pictures[0].at_ms < pressed.at_ms - 1_800
    assert pictures[-1].at_ms > pressed.at_ms + 2_000
    assert gone <= pressed.shot.late + pressed.shot.starved


def test_the_lamp_does_not_show_recording_before_the_press(pressed: Pressed) -> None:
    before = [lamp for lamp in pressed.unit.all("lamp") if lamp.at_ms < pressed.at_ms]
    assert "recording" not in {lamp.facts["lamp"] for lamp in before}


def test_a_court_finds_nothing_wrong_with_it(pressed: Pressed) -> None:
    assert disproofs(pressed.unit.house) == set()
