"""What happens to records, heads, epochs and runs shows, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from recorder.evidence.head import Head, parse_signed_head, sign_head
from recorder.evidence.package import UNIT
from recorder.evidence.record import Ending, Mark, StopCause, parse_record
from recorder.evidence.tree import EMPTY_ROOT
from recorder.evidence.verdict import Exit, Verdict
from recorder.evidence.verify.receipts import Outside
from recorder.evidence.words import heads_file, log_file
from tests.verify.conftest import Scene, enrolled
from tests.verify.court import codes, first, judged, notes
from tests.verify.forger import HEADS, LOG, Forger
from tests.verify.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Callable


class Court(Protocol):
    """Judges what a forger hands over."""

    def __call__(self, forger: Forger, outside: Outside | None = None) -> Verdict: ...


Honest = tuple[Scene, dict[str, bytes]]


@pytest.fixture
def forger(honest: Honest) -> Forger:
    return Forger(honest[1])


@pytest.fixture
def court(honest: Honest) -> Court:
    def judge(forger: Forger, outside: Outside | None = None) -> Verdict:
        return judged(forger.handed_over(), honest[0].station.trust(), outside=outside)

    return judge


REWRITTEN = {"HISTORY_REWRITTEN"}
# epoch run anchor start notice segment segment segment stop
#   0    1    2     3     4       5       6       7     8


def test_an_edited_time_breaks_the_link_and_the_tree(forger: Forger, court: Court) -> None:
    forger.replace_line(4, b'"utc":"2026', b'"utc":"2025')
    verdict = court(forger)
    assert {"RECORD_LINK", "HEAD_ROOT", "HISTORY_REWRITTEN"} <= codes(verdict)
    assert first(verdict, "HEAD_ROOT").place.seq == 4
    assert first(verdict, "RECORD_LINK").place.seq == 5
    assert verdict.exit is Exit.CHANGED


def test_an_edited_last_record_disagrees_with_its_head_and_the_receipt(
    forger: Forger, court: Court
) -> None:
    forger.rewrite(8, cause="power")
    verdict = court(forger)
    assert codes(verdict) == {"HEAD_ROOT"} | REWRITTEN
    assert first(verdict, "HEAD_ROOT").place.seq == 8


def test_a_removed_record_shows(forger: Forger, court: Court) -> None:
    forger.lines(lambda lines: lines[:4] + lines[5:])
    verdict = court(forger)
    assert {"RECORD_SEQ", "RECORD_LINK", "HEAD_ROOT", "HEAD_EXTRA"} <= codes(verdict)
    assert first(verdict, "RECORD_SEQ").place.seq == 4
    assert verdict.exit is Exit.CHANGED


def test_a_record_removed_with_its_head_shows(forger: Forger, court: Court) -> None:
    forger.lines(lambda lines: lines[:4] + lines[5:])
    forger.heads(lambda heads: heads[:4] + heads[5:])
    assert {"RECORD_SEQ", "RECORD_LINK", "HEAD_ROOT"} | REWRITTEN <= codes(court(forger))


def test_records_in_another_order_show(forger: Forger, court: Court) -> None:
    forger.lines(lambda ls: [*ls[:4], ls[5], ls[4], *ls[6:]])
    verdict = court(forger)
    assert {"RECORD_SEQ", "RECORD_LINK", "HEAD_ROOT"} <= codes(verdict)
    assert first(verdict, "RECORD_SEQ").place.seq == 4


def test_a_doubled_record_shows(forger: Forger, court: Court) -> None:
    forger.lines(lambda lines: [*lines[:5], lines[4], *lines[5:]])
    verdict = court(forger)
    assert {"RECORD_SEQ", "HEAD_MISSING"} <= codes(verdict)
    assert verdict.exit is Exit.CHANGED


def test_an_inserted_record_shows(forger: Forger, court: Court) -> None:
    other = enrolled(seed=2).unit
    other.say(Mark(1, 70_000))
    forger.lines(lambda lines: [*lines[:5], other.lines[-1], *lines[5:]])
    assert {"RECORD_SEQ", "RECORD_LINK"} <= codes(court(forger))


def test_a_log_without_its_beginning_shows(forger: Forger, court: Court) -> None:
    forger.lines(lambda lines: lines[1:])
    forger.heads(lambda heads: heads[1:])
    verdict = court(forger)
    assert {"RECORD_SEQ", "RECORD_LINK", "EPOCH_NUMBER", "HEAD_SIGNATURE"} <= codes(verdict)
    assert "RUN_OPENING" in codes(verdict)
    assert verdict.exit is Exit.CHANGED


def test_a_cut_end_is_proven_by_the_receipt(forger: Forger, court: Court) -> None:
    forger.cut_log(7)
    forger.restate(size=7)
    verdict = court(forger)
    assert "TRUNCATED" in codes(verdict)
    assert "9" in first(verdict, "TRUNCATED").wording.en
    assert verdict.exit is Exit.CHANGED


def cut_without_trace(forger: Forger) -> None:
    """Cut the last segment and the stop, their files and every receipt."""
    forger.cut_log(7)
    forger.restate(size=7)
    forger.drop_receipts()
    forger.drop(*[name for name in forger.files if "000001-0003" in name])


def test_an_end_cut_with_every_receipt_is_not_provable(forger: Forger, court: Court) -> None:
    cut_without_trace(forger)
    verdict = court(forger)
    assert verdict.exit is Exit.NOT_PROVABLE
    assert codes(verdict) == {"RECORDING_OPEN", "NO_RECEIPT", "TAIL_OPEN", "NO_RECEIPT_TIME"}


def outside_head(honest: Honest) -> Outside:
    heads = honest[1][HEADS].splitlines(keepends=True)
    return Outside(parse_signed_head(b"".join(heads[-5:])), "qr.txt")


def test_a_head_kept_at_the_scene_proves_the_cut(
    honest: Honest, forger: Forger, court: Court
) -> None:
    cut_without_trace(forger)
    verdict = court(forger, outside_head(honest))
    assert "TRUNCATED" in codes(verdict)
    assert verdict.exit is Exit.CHANGED


def test_a_head_kept_at_the_scene_covers_the_end(
    honest: Honest, forger: Forger, court: Court
) -> None:
    forger.drop_receipts()
    verdict = court(forger, outside_head(honest))
    assert codes(verdict) == {"NO_RECEIPT", "NO_RECEIPT_TIME"}


def test_a_head_that_somebody_else_signed_proves_nothing(
    honest: Honest, forger: Forger, court: Court
) -> None:
    scene, _ = honest
    forged = sign_head(Head(scene.unit.origin, 20, bytes(32)), Unit(seed=5).next_key)
    verdict = court(forger, Outside(parse_signed_head(forged), "qr.txt"))
    assert (codes(verdict), verdict.exit) == ({"OUTSIDE_FORM"}, Exit.NOT_PROVABLE)


def test_a_head_of_an_empty_log_proves_nothing_where_no_log_is(
    honest: Honest, forger: Forger, court: Court
) -> None:
    unit = honest[0].unit
    assert unit.life.key is not None
    forger.drop(LOG)
    head = sign_head(Head(unit.origin, 0, EMPTY_ROOT), unit.life.key)
    assert "OUTSIDE_FORM" in codes(court(forger, Outside(parse_signed_head(head), "qr.txt")))


def test_a_head_of_another_unit_proves_nothing(forger: Forger, court: Court) -> None:
    other = enrolled(seed=2, number="BF-0009").unit
    head = other.files[heads_file(1)].splitlines(keepends=True)[:5]
    verdict = court(forger, Outside(parse_signed_head(b"".join(head)), "qr.txt"))
    assert codes(verdict) == {"OUTSIDE_FORM"}


def test_a_head_from_a_rewritten_past_shows(honest: Honest, forger: Forger, court: Court) -> None:
    scene, _ = honest
    key = scene.unit.life.key
    assert key is not None
    head = sign_head(Head(scene.unit.origin, 9, bytes(32)), key)
    assert codes(court(forger, Outside(parse_signed_head(head), "qr.txt"))) == REWRITTEN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"epoch":1', b'"epoch": 1'),
        (b'"epoch":1', b'"epoch":1.0'),
        (b'"epoch":1', b'"epoch":1,"epoch":1'),
        (b'"v":1', b'"v":2'),
        (b'"type":"notice"', b'"type":"remark"'),
        (b'"heard":true', b'"heard":null'),
        (b"{", b"["),
    ],
)
def test_a_record_has_one_spelling(forger: Forger, court: Court, old: bytes, new: bytes) -> None:
    forger.replace_line(4, old, new)
    verdict = court(forger)
    assert {"RECORD_FORM", "RECORD_LINK"} <= codes(verdict)
    assert first(verdict, "RECORD_FORM").place.seq == 4
    assert verdict.exit is Exit.CHANGED


def test_a_line_without_end_is_not_read_into_memory(forger: Forger, court: Court) -> None:
    forger.files[LOG] = forger.files[LOG][:-1] + b"x" * 200_000
    verdict = court(forger)
    assert {"HEAD_EXTRA", "TRUNCATED"} <= codes(verdict)


def test_a_garbled_head_is_no_head(forger: Forger, court: Court) -> None:
    forger.heads(lambda heads: [*heads[:5], heads[5][:-20] + b"AAAAAAAAAAAAAAAAAA==\n"])
    assert "HEAD_FORM" in codes(court(forger))


def test_a_head_with_anothers_signature_is_the_signers_matter(forger: Forger, court: Court) -> None:
    def borrow(heads: list[bytes]) -> list[bytes]:
        return [
            *heads[:5],
            b"\n".join([*heads[5].split(b"\n")[:4], heads[6].split(b"\n")[4], b""]),
            *heads[6:],
        ]

    forger.heads(borrow)
    verdict = court(forger)
    assert (codes(verdict), verdict.exit) == ({"HEAD_SIGNATURE"}, Exit.SIGNER)


def test_an_old_head_signed_by_a_later_key_is_worthless(scene: Scene) -> None:
    scene.unit.record(2)
    old_key = scene.unit.life.key
    scene.unit.shut_down()
    scene.unit.boot()
    scene.unit.record(2)
    files = scene.station.package(scene.unit)
    forger = Forger(files)
    new_key = scene.unit.life.key
    assert new_key is not None
    assert new_key != old_key
    forger.heads(
        lambda heads: [*heads[:4], sign_head(parse_signed_head(heads[4]).head, new_key), *heads[5:]]
    )
    verdict = judged(forger.handed_over(), scene.station.trust())
    assert (codes(verdict), verdict.exit) == ({"HEAD_SIGNATURE"}, Exit.SIGNER)
    assert first(verdict, "HEAD_SIGNATURE").place.seq == 4


def test_the_last_head_removed_leaves_a_record_that_never_counted(
    forger: Forger, court: Court
) -> None:
    forger.heads(lambda heads: heads[:-1])
    verdict = court(forger)
    assert {"TRUNCATED", "PACKAGE_DISAGREES"} <= codes(verdict)
    assert "TORN_END" in notes(verdict)


def test_a_head_removed_from_the_middle_shows(forger: Forger, court: Court) -> None:
    forger.heads(lambda heads: heads[:4] + heads[5:])
    verdict = court(forger)
    assert (codes(verdict), verdict.exit) == ({"HEAD_MISSING"}, Exit.CHANGED)
    assert first(verdict, "HEAD_MISSING").place.seq == 4


def test_heads_that_are_gone_leave_no_record(forger: Forger, court: Court) -> None:
    forger.drop(HEADS)
    assert {"HEAD_FORM", "TRUNCATED"} <= codes(court(forger))


def test_two_heads_of_one_size_are_a_fork(honest: Honest, forger: Forger, court: Court) -> None:
    unit = honest[0].unit
    assert unit.life.key is not None
    other = sign_head(Head(unit.origin, 5, bytes(32)), unit.life.key)
    forger.heads(lambda heads: [*heads[:5], other, *heads[5:]])
    assert {"HEAD_TWICE"} <= codes(court(forger))


def test_a_log_that_is_gone_leaves_nothing_proven(forger: Forger, court: Court) -> None:
    forger.drop(LOG)
    verdict = court(forger)
    assert {"LOG_MISSING", "RECORDING_MISSING"} <= codes(verdict)
    assert verdict.exit is Exit.CHANGED


def test_a_run_that_is_gone_shows(scene: Scene) -> None:
    for _ in range(2):
        scene.unit.shut_down()
        scene.unit.boot()
    scene.unit.record(2)
    forger = Forger(scene.station.package(scene.unit))
    forger.drop(UNIT + log_file(2), UNIT + heads_file(2))
    verdict = judged(forger.handed_over(), scene.station.trust())
    assert {"RUN_MISSING", "RECORD_SEQ", "EPOCH_NUMBER"} <= codes(verdict)
    assert verdict.exit is Exit.CHANGED


def test_a_record_in_the_file_of_another_run_shows(scene: Scene) -> None:
    scene.unit.shut_down()
    scene.unit.boot()
    scene.unit.record(2)
    forger = Forger(scene.station.package(scene.unit))
    for name in (log_file, heads_file):
        moved = forger.files[UNIT + name(2)]
        forger.files[UNIT + name(1)] += moved
        forger.files[UNIT + name(2)] = b""
    verdict = judged(forger.handed_over(), scene.station.trust())
    assert {"RECORD_RUN", "RUN_OPENING"} <= codes(verdict)


def test_a_stated_torn_end_is_honest(scene: Scene) -> None:
    number = scene.unit.start()
    scene.unit.power_cut(number, 1, 2.0, torn_log=b'{"at":', torn_heads=b"baofeng")
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert {"TORN_STATED", "RUN_CUT", "CUT_FILE", "INTERRUPTED"} <= notes(verdict)


@pytest.mark.parametrize("torn", [b"", b'{"bt":', b'{"at":more'])
@pytest.mark.parametrize("name", [log_file, heads_file])
def test_a_torn_end_other_than_stated_shows(
    scene: Scene, torn: bytes, name: Callable[[int], str]
) -> None:
    number = scene.unit.start()
    scene.unit.power_cut(number, 1, 2.0, torn_log=b'{"at":', torn_heads=b'{"at":')
    forger = Forger(scene.station.package(scene.unit))
    forger.files[UNIT + name(1)] = forger.files[UNIT + name(1)].removesuffix(b'{"at":') + torn
    verdict = judged(forger.handed_over(), scene.station.trust())
    assert (codes(verdict), verdict.exit) == ({"TORN_UNSTATED"}, Exit.CHANGED)


def test_a_run_that_lies_about_the_one_before_shows(scene: Scene) -> None:
    scene.unit.clean = True
    scene.unit.boot()
    scene.unit.record(2)
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    assert codes(verdict) == {"RUN_CLEAN"}


def test_a_run_record_in_the_middle_shows(scene: Scene) -> None:
    scene.unit.record(2)
    scene.unit.say(parse_record(scene.unit.lines[1]).body)
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    assert codes(verdict) == {"RUN_OPENING"}


# --- keys ----------------------------------------------------------------------------------------


def test_whoever_steals_the_identity_key_cannot_slip_in_an_epoch(scene: Scene) -> None:
    scene.unit.record(2)
    scene.unit.shut_down()
    scene.unit.next_key = scene.unit.random.ed25519()
    scene.unit.boot()
    scene.unit.record(2)
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    assert (codes(verdict), verdict.exit) == ({"EPOCH_COMMITMENT"}, Exit.SIGNER)


def test_a_log_remade_from_its_first_record_contradicts_the_receipt(scene: Scene) -> None:
    scene.unit.record(2)
    name, receipt = scene.station.receipt(scene.unit)
    again = Unit(seed=3)
    again.identity = scene.unit.identity
    scene.station.enrol(again)
    again.boot()
    scene.station.anchor(again)
    again.record(2)
    again.files[name] = receipt
    verdict = judged(scene.station.package(again, final_receipt=False), scene.station.trust())
    assert {"HISTORY_REWRITTEN", "RECEIPT_FILES"} == codes(verdict) - {"NOT_RECEIVED"}
    assert verdict.exit is Exit.CHANGED


def test_an_epoch_that_the_key_before_did_not_sign_shows(scene: Scene) -> None:
    scene.unit.turn_epoch(previous=None)
    scene.unit.record(2)
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    assert (codes(verdict), verdict.exit) == ({"EPOCH_PREVIOUS"}, Exit.SIGNER)


def test_a_first_epoch_with_a_key_before_it_shows(scene: Scene) -> None:
    unit = Unit(seed=4)
    scene.station.enrol(unit)
    unit.boot(vouched_by=unit.random.ed25519())
    scene.station.anchor(unit)
    unit.record(2)
    verdict = judged(scene.station.package(unit), scene.station.trust())
    assert (codes(verdict), verdict.exit) == ({"EPOCH_PREVIOUS"}, Exit.SIGNER)


def test_epochs_turn_after_64_records_and_all_is_well(scene: Scene) -> None:
    number = scene.unit.start()
    for _ in range(150):
        scene.unit.mark()
    scene.unit.go_on(number, 1, 2.0)
    assert scene.unit.life.epoch == 3
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)


def test_a_skipped_epoch_number_shows(scene: Scene) -> None:
    scene.unit.life.epoch += 1
    scene.unit.record(2)
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    assert codes(verdict) == {"EPOCH_NUMBER"}


# --- recordings ----------------------------------------------------------------------------------


def test_a_segment_that_was_never_logged_leaves_a_hole(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.clock.boottime_ms += 2000
    unit.segment(number, 3, 2, Ending.STOP)
    unit.stop(number, 3, StopCause.BUTTON)
    verdict = judged(scene.station.package(unit), scene.station.trust())
    assert codes(verdict) == {"SEGMENT_NUMBER", "STOP_COUNT", "PICTURE_HOLE"}
    assert first(verdict, "PICTURE_HOLE").place.second_ms in range(1900, 2100)


@pytest.mark.parametrize(("stated_ms", "expected"), [(3000, set()), (1000, {"PICTURE_HOLE"})])
def test_a_hole_is_honest_as_far_as_it_is_stated(
    scene: Scene, stated_ms: int, expected: set[str]
) -> None:
    unit = scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.gap(stated_ms)
    unit.clock.boottime_ms += 3000 - stated_ms
    unit.go_on(number, 2, 2.0)
    verdict = judged(scene.station.package(unit), scene.station.trust())
    assert codes(verdict) == expected
    assert "GAP" in notes(verdict)
    assert verdict.timeline.gaps[0].duration_ms == stated_ms


def test_a_segment_behind_the_end_shows(scene: Scene) -> None:
    unit = scene.unit
    number = unit.record(2)
    unit.segment(number, 2, 2, Ending.STOP)
    verdict = judged(scene.station.package(unit), scene.station.trust())
    assert codes(verdict) == {"SEGMENT_AFTER"}


def test_a_second_final_segment_shows(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.STOP)
    unit.go_on(number, 2, 2.0)
    verdict = judged(scene.station.package(unit), scene.station.trust())
    assert codes(verdict) == {"SEGMENT_AFTER"}


def test_a_recording_number_left_out_shows(scene: Scene) -> None:
    scene.unit.recording = 4
    scene.unit.record(2)
    verdict = judged(scene.station.package(scene.unit, 5), scene.station.trust())
    assert codes(verdict) == {"RECORDING_NUMBER"}


def test_old_pictures_sealed_again_show(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()
    state = unit.random.rng.getstate()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.random.rng.setstate(state)
    unit.go_on(number, 2, 2.0)
    verdict = judged(scene.station.package(unit), scene.station.trust())
    assert "SEGMENT_TWICE" in codes(verdict)


def test_marks_notices_and_other_recordings_are_told(scene: Scene) -> None:
    unit = scene.unit
    unit.record(2)
    number = unit.start()
    unit.clock.boottime_ms += 100
    unit.mark()
    unit.go_on(number, 1, 2.0)
    verdict = judged(scene.station.package(unit, 2), scene.station.trust())
    assert (codes(verdict), notes(verdict)) == (set(), {"OTHER_RECORDINGS", "NOT_DECRYPTED"})
    assert [mark.recording for mark in verdict.timeline.marks] == [2]
    assert [notice.heard for notice in verdict.timeline.notice] == [True]
