"""Checks that mutation showed to be taken for granted: each of these fails if its check is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.evidence.head import parse_signed_head
from recorder.evidence.moment import ClockSource
from recorder.evidence.record import ClockStep, Ending, StopCause
from recorder.evidence.verify.opening import Measure
from recorder.evidence.verify.receipts import Outside
from recorder.evidence.words import blocks_of, media_file, side_file
from tests.tamper.table import Table, drawn, honest_package
from tests.verify.court import codes, first, judged, notes
from tests.verify.film import fragment, opening
from tests.verify.forger import FILM, HEADS, NEXT_FILM

if TYPE_CHECKING:
    from recorder.evidence.verdict import Verdict

HALF_HOUR_MS = 1_800_000


@pytest.fixture
def t() -> Table:
    return Table(honest_package())


# --- clock steps ----------------------------------------------------------------------------------


def stepped(t: Table) -> None:
    """10:00 → 10:30 between two records, and not a word."""
    t.scene.unit.record(2)
    t.scene.unit.clock.wrong_by_ms = HALF_HOUR_MS
    t.scene.unit.mark()


def say_step(t: Table) -> None:
    t.scene.unit.say(ClockStep(HALF_HOUR_MS, ClockSource.GPS, "fix"))


def test_a_step_in_the_last_records_is_unstated_too(t: Table) -> None:
    stepped(t)
    assert "CLOCK_STEP_UNSTATED" in codes(t.hand_in())


def test_a_step_stated_at_once_is_none(t: Table) -> None:
    stepped(t)
    say_step(t)
    assert "CLOCK_STEP_UNSTATED" not in codes(t.hand_in())


def test_a_step_that_the_next_run_states_was_not_stated(t: Table) -> None:
    stepped(t)
    t.scene.unit.boot()
    say_step(t)
    assert "CLOCK_STEP_UNSTATED" in codes(t.hand_in())


def test_a_step_stated_long_after_was_not_stated(t: Table) -> None:
    stepped(t)
    t.scene.unit.clock.boottime_ms += 30_000
    t.scene.unit.mark()
    say_step(t)
    assert "CLOCK_STEP_UNSTATED" in codes(t.hand_in())


# --- heads from outside, released and moved files -------------------------------------------------


def test_an_early_head_from_outside_agrees_with_an_honest_log(t: Table) -> None:
    lines = t.forger.files[HEADS].splitlines(keepends=True)[20:25]
    early = Outside(parse_signed_head(b"".join(lines)), "qr.txt")
    assert early.signed.head.size == 5
    assert drawn(t.hand_over(outside=early)) == "+++++"


@pytest.mark.parametrize("lie", ["another segment", "the sidecar only"])
def test_a_release_excuses_only_what_it_names_of_its_segment(t: Table, lie: str) -> None:
    unit = t.scene.unit
    unit.record(2, 2)
    held = dict(unit.files)
    filed = t.scene.station.take_in(unit)
    seqs = [n for n, each in enumerate(unit.lines) if b'"type":"segment"' in each]
    films = [media_file(1, 1), blocks_of(media_file(1, 1))]
    if lie == "another segment":
        unit.release(seqs[1], films, filed)
    else:
        unit.release(seqs[0], [side_file(1, 1)], filed)
        unit.files.pop(films[0])
        unit.files.pop(films[1])
    name, proof = t.scene.station.receipt(unit, files=held)
    unit.files[name] = proof
    verdict = t.hand_in(final_receipt=False)
    assert "FILE_MISSING" in codes(verdict)
    assert first(verdict, "FILE_MISSING").place.file in {"data/unit/" + one for one in films}


def test_a_film_laid_over_another_is_missing_at_its_own_place(t: Table) -> None:
    t.forger.files[NEXT_FILM] = t.forger.files.pop(FILM)
    assert drawn(t.hand_over()) == "xx+++ FILE_MISSING FILE_SWAPPED"


def test_a_film_of_a_recording_that_is_not_handed_out_is_recognised(t: Table) -> None:
    unit = t.scene.unit
    unit.record(2)
    unit.record(2)
    t.forger.files = t.scene.station.package(unit, 2)
    t.forger.files["data/unit/" + media_file(2, 1)] = unit.files[media_file(1, 1)]
    verdict = judged(t.forger.handed_over(), t.scene.station.trust())
    assert drawn(verdict) == "x++++ FILE_SWAPPED"
    assert media_file(1, 1) in first(verdict, "FILE_SWAPPED").wording.en


# --- honest, and no alarm -------------------------------------------------------------------------


def test_the_time_between_an_interruption_and_going_on_is_no_hole(t: Table) -> None:
    unit = t.scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.INTERRUPTED)
    unit.clock.boottime_ms += 4000
    unit.segment(number, 2, 2, Ending.STOP)
    unit.stop(number, 2, StopCause.BUTTON)
    assert drawn(t.hand_in()) == "+++++"


def test_two_films_that_power_cut_off_before_their_first_sync_are_not_the_same_film(
    t: Table,
) -> None:
    for _ in range(2):
        t.scene.unit.power_cut(t.scene.unit.start(), 1, 1.0, synced=False, unsynced=0)
    assert drawn(t.hand_in(key=True)) == "+++++"


# --- inside what power cut off --------------------------------------------------------------------


@pytest.mark.parametrize("complete", [True, False])
def test_only_a_film_that_power_cut_off_may_end_within_a_fragment(*, complete: bool) -> None:
    measure = Measure(9)
    measure.take(opening() + fragment(0, bytes(50)) + fragment(1, bytes(50))[:-7])
    opened = measure.opened(complete=complete)
    assert bool(opened.inside) is complete
    assert (opened.fragments is None) is complete


@pytest.mark.parametrize("complete", [True, False])
def test_only_a_sidecar_that_power_cut_off_may_end_within_a_line(*, complete: bool) -> None:
    header = (
        b'{"origin":"baofeng-mz.shilu/BF-0007","recording":1,"segment":1,"type":"side","v":1}\n'
    )
    measure = Measure(None)
    measure.take(header + b'{"boottime_ms":5,"te')
    opened = measure.opened(complete=complete)
    assert bool(opened.inside) is complete
    assert (opened.side is None) is complete


# --- what desktops lay into folders ---------------------------------------------------------------


def littered(t: Table, **lists: bytes) -> Verdict:
    files = {**t.forger.handed_over(), **lists}
    files["data/unit/media/.DS_Store"] = files["Thumbs.db"] = b"litter"
    return t.judge(files)


def test_each_piece_of_litter_is_named(t: Table) -> None:
    found = [each.place.file for each in littered(t).findings if each.code == "FILE_LITTER"]
    assert found == ["Thumbs.db", "data/unit/media/.DS_Store"]


@pytest.mark.parametrize("gone", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_where_a_list_is_no_list_nothing_is_called_litter(t: Table, gone: str) -> None:
    verdict = littered(t, **{gone: b"no list"})
    assert {"BAG_FORM", "BAG_UNLISTED"} <= codes(verdict)
    assert "FILE_LITTER" not in notes(verdict)
