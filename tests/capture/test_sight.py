"""What was not seen is stated once, from the last picture to the next; and how long to wait."""

from __future__ import annotations

from recorder.capture.conductor.lens_watch import LensWatch
from recorder.capture.conductor.pen import GapSeen
from recorder.capture.conductor.sight import Sight
from recorder.capture.lens_words import Overlay
from recorder.capture.overlay import PictureLines, overlay, who
from recorder.capture.ports import Fix, NoFix

_MS = 1_000_000


def test_a_gap_runs_from_the_last_picture_to_the_next_one() -> None:
    sight = Sight()
    assert sight.saw(1_000, 3_000) is None
    sight.lost("lens", "killed", 3_500)
    assert sight.saw(0, 0) is None  # a new lens, without a picture yet
    assert sight.saw(6_000, 6_040) == GapSeen("lens", 3_000, 6_000, -1, "killed")
    assert sight.saw(6_000, 6_080) is None  # once


def test_a_loss_before_the_first_picture_begins_now() -> None:
    sight = Sight()
    sight.lost("lens", "killed", 3_500)
    assert sight.saw(6_000, 6_040) == GapSeen("lens", 3_500, 6_000, -1, "killed")


def test_a_second_loss_belongs_to_the_first() -> None:
    sight = Sight()
    sight.lost_since("capture", "capture was lost", 900)
    sight.lost("lens", "killed", 2_000)
    assert sight.saw(5_000, 5_000) == GapSeen("capture", 900, 5_000, -1, "capture was lost")


def test_pictures_of_before_the_loss_do_not_end_it() -> None:
    sight = Sight()
    sight.lost_since("lens", "killed", 3_000)
    assert sight.saw(1_000, 2_900) is None
    assert sight.settled(4_000) == GapSeen("lens", 3_000, 4_000, -1, "killed")
    assert sight.settled(5_000) is None


def test_a_gap_never_ends_before_it_begins() -> None:
    sight = Sight()
    sight.lost_since("capture", "cut", 9_000)
    assert sight.settled(8_000) == GapSeen("capture", 9_000, 9_000, -1, "cut")


def test_a_lens_that_starts_has_more_patience_than_one_that_has_spoken() -> None:
    watch = LensWatch(0, silent_ms=2_000, start_ms=10_000)
    assert watch.due_ns() == 10_000 * _MS
    assert watch.complaint(9_999 * _MS) is None
    watch.heard(9_999 * _MS)
    assert watch.complaint(11_998 * _MS) is None
    assert watch.complaint(11_999 * _MS) == "the lens was silent for 2000 ms"
    assert watch.complaint(12_000 * _MS) is None
    watch.started(12_000 * _MS)
    assert watch.due_ns() == 22_000 * _MS


def test_the_picture_text_names_clock_and_place_and_what_is_not_known() -> None:
    fix = Fix(1, "", -338_700_000, 1_130_500_000, 9, 98)
    assert overlay("gps", fix) == Overlay("卫星授时", "南纬 33.87000°  东经 113.05000°")
    assert overlay("none", NoFix(1, "no satellites")) == Overlay("时间来源不明", "位置不明")


def test_the_picture_names_whoever_is_bound_or_that_nobody_is() -> None:
    lines = PictureLines("BF-0007", [("张三", "41042101")], lambda ns: ns)
    assert lines.at(0)[1] == "记录仪 BF-0007  执法人员 张三 41042101"
    lines.bind(who([("王伟", "110025"), ("李娜", "110026")]))
    assert lines.at(0)[1] == "记录仪 BF-0007  执法人员 王伟 110025  李娜 110026"
    assert set("王伟李娜") <= set(lines.letters)
    lines.bind(who([]))
    assert lines.at(0)[1] == "记录仪 BF-0007  执法人员未登记"
