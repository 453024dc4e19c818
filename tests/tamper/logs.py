"""Cases 9–25, 34–37, 50–51: records and heads. A digit is a record, ' one that was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.canonical import decode
from recorder.evidence.head import Head, sign_head
from recorder.evidence.record import Ending, StopCause
from recorder.evidence.words import heads_file, log_file
from tests.tamper.table import Table, case
from tests.verify.conftest import Scene
from tests.verify.forger import LOG
from tests.verify.unit import Unit

if TYPE_CHECKING:
    from recorder.evidence.canonical import Value
    from recorder.evidence.verdict import Verdict

UNIT = "data/unit/"
EDITED = "+x+++ HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK"
REFUSED = "+x+++ RECORD_FORM"


def at(t: Table, seq: int, **changes: Value) -> dict[str, Value]:
    """Give the instant of a record with some of it changed."""
    value = decode(t.forger.files[LOG].splitlines()[seq])
    assert isinstance(value, dict)
    instant = value["at"]
    assert isinstance(instant, dict)
    return {**instant, **changes}


def field_changed(t: Table, seq: int, **fields: Value) -> Verdict:
    t.forger.rewrite(seq, **fields)
    return t.hand_over()


def spelt(t: Table, seq: int, old: bytes, new: bytes) -> Verdict:
    t.forger.replace_line(seq, old, new)
    return t.hand_over()


@case(
    "10",
    "0123 → 0123' an hour earlier",
    "+x+x+ CLOCK_STEP_UNSTATED HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK TIME_TOO_EARLY",
)
def a_time_is_edited(t: Table) -> Verdict:
    return field_changed(t, 3, at=at(t, 3, utc="2026-11-21T07:01:00.000Z"))


@case("11", "…78 → …78'", "+x+++ HEAD_ROOT HISTORY_REWRITTEN")
def the_last_record_is_edited(t: Table) -> Verdict:
    return field_changed(t, 8, frames=1)


@case("12", "01234 → 0124", "+x+++ HEAD_EXTRA HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK RECORD_SEQ")
def a_record_is_removed(t: Table) -> Verdict:
    t.forger.lines(lambda ls: ls[:4] + ls[5:])
    return t.hand_over()


@case(
    "13",
    "0 1 2 3 4 5 [6] 7 → 0 1 2 3 4 5 7",
    "+x+++ HEAD_ROOT HISTORY_REWRITTEN PICTURE_HOLE RECORD_LINK RECORD_SEQ SEGMENT_NUMBER",
    "STOP_COUNT",
)
def a_segment_is_removed_with_head_and_film(t: Table) -> Verdict:
    t.forger.lines(lambda ls: ls[:6] + ls[7:])
    t.forger.heads(lambda hs: hs[:6] + hs[7:])
    t.forger.drop(*[name for name in t.forger.files if "-0002." in name])
    return t.hand_over()


@case(
    "14",
    "0123456 → 0123465",
    "+x+x+ BOOTTIME_BACK HEAD_ROOT HISTORY_REWRITTEN PICTURE_HOLE RECORD_LINK RECORD_SEQ",
    "SEGMENT_NUMBER",
)
def two_records_change_places(t: Table) -> Verdict:
    t.forger.lines(lambda ls: [*ls[:5], ls[6], ls[5], *ls[7:]])
    return t.hand_over()


@case(
    "15",
    "0123 → 01233",
    "+x+++ HEAD_MISSING HEAD_ROOT HISTORY_REWRITTEN RECORDING_NUMBER RECORD_LINK RECORD_SEQ",
)
def a_record_stands_twice(t: Table) -> Verdict:
    t.forger.lines(lambda ls: [*ls[:4], ls[3], *ls[4:]])
    return t.hand_over()


@case("16", "0123 → 012x3", "+x+++ HEAD_MISSING HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK RECORD_SEQ")
def a_record_is_inserted(t: Table) -> Verdict:
    other = Unit(seed=9)
    other.boot()
    other.record(2)
    t.forger.lines(lambda ls: [*ls[:3], other.lines[3], *ls[3:]])
    return t.hand_over()


@case(
    "17",
    "0123 → 123",
    "+xx++ EPOCH_NUMBER HEAD_ROOT HEAD_SIGNATURE HISTORY_REWRITTEN RECORD_LINK RECORD_SEQ",
    "RUN_OPENING",
)
def the_first_record_is_dropped(t: Table) -> Verdict:
    t.forger.lines(lambda ls: ls[1:])
    t.forger.heads(lambda hs: hs[1:])
    return t.hand_over()


def cut_end(t: Table) -> None:
    """Cut the third segment and the stop: records, heads and files."""
    t.forger.cut_log(7)
    t.forger.restate(size=7)
    t.forger.drop(*[name for name in t.forger.files if "-0003." in name])


@case("18", "012345678 R9 → 0123456 R9", "+x+++ RECORDING_OPEN TAIL_OPEN TRUNCATED")
def the_end_is_cut_and_the_receipt_is_left(t: Table) -> Verdict:
    cut_end(t)
    return t.hand_over()


@case("19", "012345678 R9 → 0123456", "+?+?? NO_RECEIPT NO_RECEIPT_TIME RECORDING_OPEN TAIL_OPEN")
def the_end_is_cut_with_every_receipt(t: Table) -> Verdict:
    cut_end(t)
    t.forger.drop_receipts()
    return t.hand_over()


@case(
    "20",
    "012345678 R9 → 0123456, head 9 kept outside",
    "+x+?? NO_RECEIPT NO_RECEIPT_TIME RECORDING_OPEN TRUNCATED",
)
def the_end_is_cut_with_every_receipt_but_somebody_kept_a_head(t: Table) -> Verdict:
    kept = t.head_at_the_scene()
    cut_end(t)
    t.forger.drop_receipts()
    return t.hand_over(outside=kept)


@case("21", '"epoch":1 → "epoch": 1', "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def white_space_is_put_into_a_record(t: Table) -> Verdict:
    return spelt(t, 4, b'"epoch":1', b'"epoch": 1')


@case("22", '"epoch":1 → "epoch":1,"epoch":1', "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_key_stands_twice(t: Table) -> Verdict:
    return spelt(t, 4, b'"epoch":1', b'"epoch":1,"epoch":1')


@case("23", '"v":1 → "v":2', "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_record_is_of_a_version_nobody_knows(t: Table) -> Verdict:
    return spelt(t, 4, b'"v":1', b'"v":2')


@case("24", "— origin Az3g… → — origin AAAA…", "++x++ HEAD_SIGNATURE")
def the_signature_of_a_head_is_garbage(t: Table) -> Verdict:
    def garble(heads: list[bytes]) -> list[bytes]:
        body, _, signature = heads[5].rstrip(b"\n").rpartition(b" ")
        keep, rest = signature[:6], signature[6:]
        flipped = rest.replace(rest[10:20], b"A" * 10, 1)
        return [*heads[:5], body + b" " + keep + flipped + b"\n", *heads[6:]]

    t.forger.heads(garble)
    return t.hand_over()


@case("25", "h0…h8 → h0…h7", "+x+++ PACKAGE_DISAGREES RECORDING_OPEN TAIL_OPEN TRUNCATED")
def the_last_head_is_removed(t: Table) -> Verdict:
    t.forger.heads(lambda hs: hs[:-1])
    return t.hand_over()


# --- a unit whose every key the forger holds ------------------------------------------------------


def lived_again(t: Table, *seconds: float) -> Verdict:
    """Write the whole log anew with the unit's own keys; keep the receipt of the true one."""
    t.scene.unit.record(2, 2, 2)
    name, receipt = t.scene.station.receipt(t.scene.unit)
    again = Unit(seed=1)
    t.scene.station.enrol(again)
    again.boot()
    t.scene.station.anchor(again)
    again.record(*seconds)
    again.files[name] = receipt
    t.scene = Scene(again, t.scene.station)
    return t.hand_in(final_receipt=False)


@case(
    "34", "012 R → 01'2' R, every key at hand", "+x++x HISTORY_REWRITTEN NOT_RECEIVED RECEIPT_FILES"
)
def a_live_root_edits_what_was_receipted(t: Table) -> Verdict:
    return lived_again(t, 2, 3, 2)


@case("35", "SSS R → SS R, every key at hand", "+x+++ TAIL_OPEN TRUNCATED")
def a_live_root_leaves_out_a_receipted_segment(t: Table) -> Verdict:
    return lived_again(t, 2, 2)


@case("36", "S S S → S   S, numbered anew", "+x+++ PICTURE_HOLE")
def a_live_root_leaves_out_a_segment_before_any_receipt(t: Table) -> Verdict:
    unit = t.scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.clock.boottime_ms += 2000  # the media clock betrays what was here
    unit.segment(number, 2, 2, Ending.STOP)
    unit.stop(number, 2, StopCause.BUTTON)
    return t.hand_in()


@case("37", "h4 h5 → h4 h5 h5'", "+x+++ HEAD_ROOT HEAD_TWICE")
def two_heads_of_one_size(t: Table) -> Verdict:
    key = t.made_by.unit.life.key
    assert key is not None
    other = sign_head(Head(t.made_by.unit.origin, 5, bytes(32)), key)
    t.forger.heads(lambda hs: [*hs[:5], other, *hs[5:]])
    return t.hand_over()


@case("50", "SS⚡ SS: the battery is pulled", "+++++")
def a_power_cut_is_honest(t: Table) -> Verdict:
    number = t.scene.unit.start()
    t.scene.unit.power_cut(number, 1, 3.0)
    t.scene.unit.record(2)
    return t.hand_in()


@case(
    "51",
    "run 1 2 3 → run 1 3",
    "+xx++ EPOCH_COMMITMENT EPOCH_NUMBER HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK",
    "RECORD_SEQ RUN_MISSING",
)
def a_whole_run_is_missing(t: Table) -> Verdict:
    for _ in range(2):
        t.scene.unit.shut_down()
        t.scene.unit.boot()
    t.scene.unit.record(2)
    t.forger.files = t.scene.station.package(t.scene.unit)
    t.forger.drop(UNIT + log_file(2), UNIT + heads_file(2))
    return t.hand_over()
