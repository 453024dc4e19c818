"""Everything that may go wrong, in one recording: each leaves its entry, and the film is usable.

The camera's faults happen one after the other; meanwhile those of the sound, and those of receiver,
clock and buttons, each on a thread of its own: what one of them costs, the others must not show.
Then the lens is killed, at random moments, and the recording goes on.
"""

from __future__ import annotations

import random
import tempfile
import threading
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest

from recorder.capture.ports import Picture
from recorder.evidence.record import ClockStep, Gap, Mark, Notice, Segment, Stop
from tests.custody.judge import disproofs
from tests.rig import faults
from tests.rig.build import ROOT
from tests.rig.clock import WallClock
from tests.rig.remote import pass_seconds
from tests.rig.shot import Shot, taken_apart
from tests.rig.unit import GRACE_MS, RigUnit, boottime_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.rig.accounts import Counted
    from tests.rig.faults import Fault

PICTURE = Picture(640, 360, 30, 1_500_000)
TOLD_AFTER_MS = 2_500
NOT_SEEN_MS = 150
KILLS = 3


@dataclass
class Shift:
    """A unit that recorded, and from when to when each fault lasted."""

    unit: RigUnit
    windows: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    bare_start_ms: int = 0

    def suffer(self, those: Sequence[Fault]) -> None:
        for fault in those:
            began_ms = boottime_ms()
            fault.do(self.unit)
            self.windows.setdefault(fault.name, []).append((began_ms, boottime_ms()))

    def suffer_at_once(self, *lanes: Sequence[Fault]) -> None:
        threads = [threading.Thread(target=self.suffer, args=(lane,)) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def during(self, fault: Fault, from_ms: int, to_ms: int) -> bool:
        """Whether something between these instants falls into the fault, or is told just after."""
        return any(
            from_ms <= end_ms + TOLD_AFTER_MS and to_ms >= begin_ms
            for begin_ms, end_ms in self.windows[fault.name]
        )

    def gaps(self, source: str) -> list[Gap]:
        return [gap for gap in self.unit.of(Gap) if gap.source.value == source]


@pytest.fixture(scope="module")
def shift(need: Callable[[str], Path]) -> Iterator[Shift]:
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        clock = WallClock(Path(folder), need)
        unit = RigUnit(Path(folder), need, PICTURE, segment_seconds=10, clock=clock)
        shift = Shift(unit)
        try:
            unit.until_ready()
            shift.suffer([faults.SPEAKER])
            unit.record()
            pass_seconds(1.0)
            shift.suffer_at_once(faults.CAMERA, faults.SOUND, faults.OTHERS)
            moments = random.Random()  # noqa: S311 – any moment will do
            for _ in range(KILLS):
                pass_seconds(moments.uniform(0.0, 1.5))
                shift.suffer([faults.LENS])
            shift.bare_start_ms = unit.bare_start_ms()
            unit.stop()
        finally:
            unit.close()
        yield shift


@pytest.fixture(scope="module")
def shot(shift: Shift) -> Shot:
    return taken_apart(shift.unit)


real = [pytest.mark.slow, pytest.mark.timeout(240)]


def named(those: Sequence[Fault]) -> list[object]:
    return [pytest.param(fault, id=fault.name, marks=real) for fault in those]


@pytest.mark.parametrize("fault", named([*faults.CAMERA, *faults.SOUND, faults.LENS]))
def test_what_a_fault_cost_stands_in_the_log_as_a_gap(shift: Shift, fault: Fault) -> None:
    told = [
        gap
        for gap in shift.gaps(fault.source)
        if fault.word in gap.cause and shift.during(fault, gap.from_ms, gap.to_ms)
    ]
    assert len(told) >= len(shift.windows[fault.name])


@pytest.mark.parametrize("fault", named([*faults.CAMERA, *faults.SOUND]))
def test_a_gap_is_stated_only_where_its_own_fault_was(shift: Shift, fault: Fault) -> None:
    """A busy machine makes the sensor itself skip pictures or pause, anywhere; that is stated."""
    alike = [f for f in (*faults.CAMERA, *faults.SOUND) if f.word == fault.word]
    for gap in shift.gaps(fault.source):
        if fault.word in gap.cause and fault.word not in {"skipped", "stalled"}:
            assert any(shift.during(f, gap.from_ms, gap.to_ms) for f in alike), gap


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_receiver_that_babbles_has_no_position_for_that_time_and_has_one_again(
    shift: Shift,
) -> None:
    lines = b"".join(shift.unit.sidecars()).splitlines()
    kinds = [kind for line in lines for kind in ("fix", "no_fix") if f'"{kind}"'.encode() in line]
    assert kinds[0] == kinds[-1] == "fix"
    assert kinds.count("no_fix") == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_clock_that_is_set_is_stated_and_moves_nothing(shift: Shift, shot: Shot) -> None:
    steps = [step.delta_ms for step in shift.unit.of(ClockStep)]
    assert [round(step / 3_600_000) for step in steps] == [1, -1]
    assert all(after.at_ms > before.at_ms for before, after in pairwise(shot.pictures))


@pytest.mark.parametrize("fault", named([faults.STUCK, faults.BOUNCE]))
def test_a_button_that_sticks_or_bounces_is_one_press(shift: Shift, fault: Fault) -> None:
    ((begin_ms, end_ms),) = shift.windows[fault.name]
    assert len([m for m in shift.unit.of(Mark) if begin_ms <= m.media_ms <= end_ms]) == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_notice_that_nobody_hears_is_in_the_log_as_not_heard(shift: Shift) -> None:
    (notice,) = shift.unit.of(Notice)
    assert not notice.heard


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_whatever_happened_every_time_without_a_picture_is_stated(shift: Shift, shot: Shot) -> None:
    gaps = [*shift.gaps("camera"), *shift.gaps("lens")]
    for before, after in _not_seen(shot.pictures):
        assert any(gap.from_ms <= after.at_ms and gap.to_ms >= before.at_ms for gap in gaps), (
            f"from {before.at_ms} to {after.at_ms} nothing was seen, and nothing is said"
        )


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_film_of_that_day_is_usable(shift: Shift, shot: Shot) -> None:
    """It decodes, it lasts as long as it was recorded, and a verifier has nothing against it."""
    (stop,) = shift.unit.of(Stop)
    spans = [segment.span for segment in shot.segments]
    assert [span.frames for span in spans] == [len(file.pictures) for file in shot.files]
    assert stop.frames == len(shot.pictures)
    first_ms, last_ms = shot.pictures[0].at_ms, shot.pictures[-1].at_ms
    blind_ms = sum(gap.to_ms - gap.from_ms for gap in shift.gaps("lens"))
    heard_ms = sum(segment.span.samples for segment in shift.unit.of(Segment)) / 48
    assert last_ms - shift.windows[faults.LENS.name][-1][1] > GRACE_MS
    assert abs(heard_ms + blind_ms - (last_ms - first_ms)) < 2_000
    assert disproofs(shift.unit.house) == set()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_killed_lens_is_back_within_two_seconds_and_no_button_or_receiver_waits_for_it(
    shift: Shift,
) -> None:
    """The officer presses while there is no lens.

    On a machine that is busy with other tests a bare Python alone may take those two seconds.
    """
    killed = [window[0] for window in shift.windows[faults.LENS.name]]
    gaps = [gap for gap in shift.gaps("lens") if "signal 9" in gap.cause]
    back_ms = [gap.to_ms - at_ms for at_ms, gap in zip(killed, gaps, strict=True)]
    assert median(back_ms) <= max(2_000, 2 * shift.bare_start_ms), back_ms
    for at_ms, gap in zip(killed, gaps, strict=True):
        assert shift.unit.until("said", at_ms, clip="mark").at_ms < gap.to_ms
    fixes = [said.at_ms for said in shift.unit.all("fix") if "lat_e7" in said.facts]
    late = [b - a for a, b in pairwise(fixes) if a >= killed[0]]
    assert max(late) < 2_000, late


def test_the_table_of_the_docs_is_this_one() -> None:
    page = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
    assert f"<!-- faults -->\n{faults.table()}<!-- /faults -->" in page


def _not_seen(pictures: Sequence[Counted]) -> Iterator[tuple[Counted, Counted]]:
    for before, after in pairwise(pictures):
        if after.at_ms - before.at_ms > NOT_SEEN_MS:
            yield before, after
