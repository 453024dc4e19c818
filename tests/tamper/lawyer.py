"""Cases B: what an adversary's lawyer would try who has read cases 1–54 and A, and the sources.

Here: files, films, power cuts, things that happen twice. Keys and papers: `lawyer_papers`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from recorder.evidence.record import Ending, Stop, StopCause, UnitKind
from recorder.evidence.words import blocks_of, media_file, side_file, tail_of
from tests.tamper.table import Table, case
from tests.verify.conftest import Scene
from tests.verify.forger import FILM, HEADS, LOG, SIDECAR, Forger
from tests.verify.unit import Dice, Unit

if TYPE_CHECKING:
    from recorder.evidence.verdict import Verdict

HOUR_MS = 3_600_000


# --- across files ---------------------------------------------------------------------------------


@case("B01", "log 2, heads 2 → heads 2", "+x+++ RUN_MISSING")
def the_log_of_the_last_run_is_removed_and_its_heads_are_forgotten(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    first = t.scene.station.package(unit)
    unit.shut_down()
    unit.boot()
    unit.record(2)
    t.forger.files = {**first, HEADS.replace("01.", "02."): unit.files["log/000002.heads"]}
    return t.hand_over()


@case(
    "B40",
    "log, heads → heads",
    "xx+++ FILE_FOREIGN LOG_MISSING PACKAGE_DISAGREES RECORDING_MISSING TRUNCATED",
)
def every_log_is_removed_and_the_heads_are_left(t: Table) -> Verdict:
    t.forger.drop(LOG)
    return t.hand_over()


@case("B02", "heads 1 → heads 1, heads 9", "+x+++ RUN_MISSING")
def the_heads_of_a_run_that_nobody_knows_are_laid_beside(t: Table) -> Verdict:
    t.forger.files[HEADS.replace("01.", "09.")] = t.forger.files[HEADS]
    return t.hand_over()


@case(
    "B03",
    "log ↔ heads",
    "xx+++ FILE_FOREIGN HEAD_FORM PACKAGE_DISAGREES RECORDING_MISSING TRUNCATED",
)
def log_and_heads_change_places(t: Table) -> Verdict:
    t.forger.swap(LOG, HEADS)
    return t.hand_over()


@case("B04", "log/ → LOG/ besides", "x++++ FILE_FOREIGN")
def the_log_is_laid_beside_in_capitals(t: Table) -> Verdict:
    t.forger.files[LOG.replace("/log/", "/LOG/")] = t.forger.files[LOG]
    return t.hand_over()


@case("B05", "film R → released, then an edited film is laid in again", "x++++ FILE_CHANGED")
def a_released_film_comes_back_edited(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    held = dict(unit.files)
    filed = t.scene.station.take_in(unit)
    seq = next(n for n, each in enumerate(unit.lines) if b'"type":"segment"' in each)
    unit.release(seq, [media_file(1, 1), blocks_of(media_file(1, 1)), side_file(1, 1)], filed)
    unit.files |= {name: data for name, data in held.items() if name.startswith("media/")}
    t.forger.files = t.scene.station.package(unit)
    t.forger.flip(FILM, 9000)
    return t.judge_of_scene()


@case(
    "B06", "sidecar of BF-0007 → of BF-0009", "x++++ CLEAR_CHANGED COMPANION_CHANGED SIDECAR_FORM"
)
def the_sidecar_of_another_unit_is_encrypted_to_the_same_station(t: Table) -> Verdict:
    t.reseal(SIDECAR, lambda clear: clear.replace(b"BF-0007", b"BF-0009"))
    return t.hand_over(key=True)


@case("B07", "bag → bag + fetch.txt", "+++++")
def a_bag_asks_to_fetch_a_film_from_elsewhere(t: Table) -> Verdict:
    """Nothing is fetched, and nothing is lacking without it."""
    t.forger.files["fetch.txt"] = f"https://example.invalid/film 9 {FILM}\n".encode()
    return t.hand_over()


@case("B08", "list → list + ../../etc/passwd", "x++++ BAG_DIGEST BAG_MISSING")
def a_list_climbs_out_of_the_bag(t: Table) -> Verdict:
    files = t.forger.handed_over()
    files["manifest-sha256.txt"] += f"{'0' * 64}  data/../../etc/passwd\n".encode()
    return t.judge(Forger(files).files)


@case("B33", "bag → bag + .DS_Store, Thumbs.db, ._…", "+++++")
def a_clerk_looks_into_the_folders_with_two_desktops(t: Table) -> Verdict:
    """No lie: nobody asked the computers for it. They are named, and nothing else changes."""
    files = t.forger.handed_over()
    files["data/unit/media/.DS_Store"] = files["Thumbs.db"] = b"litter"
    files["data/unit/media/._" + FILM.rpartition("/")[2]] = files["._bagit.txt"] = b"litter"
    return t.judge(files)


@case("B34", "bag → bag + Thumbs.db, listed", "x++++ FILE_FOREIGN")
def a_foreign_file_with_the_name_of_litter_is_packed(t: Table) -> Verdict:
    t.forger.files["data/unit/media/Thumbs.db"] = b"a film of somebody else"
    return t.hand_over()


@case("B35", "bag → bag + ._ beside nothing", "x++++ BAG_UNLISTED FILE_FOREIGN")
def a_foreign_file_hides_behind_two_letters(t: Table) -> Verdict:
    files = t.forger.handed_over()
    files["data/unit/media/._film"] = b"a film of somebody else"
    return t.judge(files)


# --- inside films and sidecars --------------------------------------------------------------------


BOMBED = "x++++ CLEAR_CHANGED FILE_CHANGED FILE_LONGER FRAGMENTS_CHANGED"


@case("B09", "abcd → a, then 200 000 fragments of nothing", BOMBED)
def a_film_is_of_countless_empty_fragments(t: Table) -> Verdict:
    t.reseal(FILM, lambda clear: clear + b"\0\0\0\x08moof" * 200_000)
    return t.hand_over(key=True)


@case("B10", "fix at 60 s → at 285 000 years", "+++?+ SATELLITES_DISAGREE")
def a_sidecar_is_of_a_time_that_no_calendar_has(t: Table) -> Verdict:
    unit = with_a_receiver(t)
    unit.side_as = lambda clear: clear.replace(b'"boottime_ms":', b'"boottime_ms":80000000000')
    unit.record(2)
    return t.hand_in(key=True)


@case("B11", "device, device → device, bench", "+++?+ SATELLITES_DISAGREE")
def a_unit_calls_itself_a_bench_afterwards(t: Table) -> Verdict:
    unit = with_a_receiver(t)
    unit.satellites_wrong_ms = HOUR_MS
    unit.record(2)
    unit.shut_down()
    unit.kind = UnitKind.BENCH
    unit.boot()
    return t.hand_in(key=True)


def with_a_receiver(t: Table) -> Unit:
    unit = t.scene.unit
    unit.kind = UnitKind.DEVICE
    unit.satellites_wrong_ms = 0
    unit.shut_down()
    unit.boot()
    return unit


# --- cut off by power -----------------------------------------------------------------------------


def cut_off(t: Table) -> Forger:
    """A film of two seconds that power cut off, as an honest package holds it."""
    t.scene.unit.power_cut(t.scene.unit.start(), 1, 2)
    t.forger.files = t.scene.station.package(t.scene.unit)
    return t.forger


@case("B12", "s⚡ → s", "x++++ FILE_TRUNCATED STANDING_DISAGREES")
def a_film_that_power_cut_off_is_cut_further_between_two_fragments(t: Table) -> Verdict:
    forger = cut_off(t)
    forger.cut(FILM, len(forger.files[FILM]) // 2)
    return t.hand_over()


@case("B13", "s⚡+tail → s⚡", "+x+++ FILE_MISSING")
def the_tail_of_a_cut_film_is_removed(t: Table) -> Verdict:
    cut_off(t).drop(tail_of(FILM.removeprefix("data/unit/")).join(("data/unit/", "")))
    return t.hand_over()


@case("B14", "film's tail ↔ sidecar's tail", "x++++ FILE_SWAPPED")
def the_tails_of_film_and_sidecar_change_places(t: Table) -> Verdict:
    cut_off(t).swap(FILM + ".tail", SIDECAR + ".tail")
    return t.hand_over()


# --- twice ----------------------------------------------------------------------------------------


@case("B15", "1 2 → only 2, and 2 is 1 again", "x++++ SEGMENT_TWICE")
def an_old_film_is_sealed_again_and_the_old_recording_is_not_handed_out(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.start()
    state = unit.random.rng.getstate()
    unit.segment(1, 1, 2, Ending.STOP)
    unit.stop(1, 1, StopCause.BUTTON)
    unit.start()
    unit.random.rng.setstate(state)
    unit.segment(2, 1, 2, Ending.STOP)
    unit.stop(2, 1, StopCause.BUTTON)
    t.forger.files = t.scene.station.package(unit, 2)
    return t.judge_of_scene()


@case("B16", "start S stop → start S stop stop", "+x+++ STOP_TWICE")
def a_recording_is_stopped_twice(t: Table) -> Verdict:
    unit = t.scene.unit
    number = unit.record(2)
    unit.say(Stop(number, StopCause.BUTTON, 1, 60))
    return t.hand_in()


@case("B17", "start 1 … start 1", "+x+++ RECORDING_NUMBER SEGMENT_AFTER STOP_TWICE")
def a_recording_is_begun_twice(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    unit.recording = 0
    unit.record(2)
    return t.hand_in()


@case(
    "B18",
    "run 1 → run 2, run 2': a cloned card",
    "+x++x HISTORY_REWRITTEN NOT_RECEIVED RECEIPT_FILES",
)
def a_unit_is_cloned_and_both_halves_go_on(t: Table) -> Verdict:
    """Each half is a true log. A receipt for one shows that there were two."""
    unit = t.scene.unit
    unit.record(2)
    unit.shut_down()
    clone = copy.deepcopy(unit)
    clone.random = Dice(55)
    unit.boot()
    unit.record(2)
    name, receipt = t.scene.station.receipt(unit)
    clone.boot()
    clone.record(2)
    clone.files[name] = receipt
    t.scene = Scene(clone, t.scene.station)
    return t.hand_in(final_receipt=False)
