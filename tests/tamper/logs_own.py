"""Cases of our own, A22–A48: records and heads, letter by letter and number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.canonical import decode, line
from recorder.evidence.head import Head, parse_signed_head, sign_head
from recorder.evidence.words import heads_file, log_file
from tests.tamper.films import THIRD_FILM
from tests.tamper.logs import EDITED, UNIT, field_changed, spelt
from tests.tamper.table import Table, case
from tests.verify.forger import HEADS, LOG, NEXT_FILM
from tests.verify.unit import Unit

if TYPE_CHECKING:
    from recorder.evidence.verdict import Verdict


@case("A22", "{…}\\n → {…}\\r\\n", "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_record_ends_as_on_windows(t: Table) -> Verdict:
    t.forger.lines(lambda ls: [*ls[:4], ls[4][:-1] + b"\r\n", *ls[5:]])
    return t.hand_over()


@case(
    "A23",
    "{…} → BOM {…}",
    "+xx++ EPOCH_NUMBER HEAD_SIGNATURE HISTORY_REWRITTEN RECORD_FORM RECORD_LINK RUN_OPENING",
)
def a_log_begins_with_a_byte_order_mark(t: Table) -> Verdict:
    t.forger.files[LOG] = b"\xef\xbb\xbf" + t.forger.files[LOG]
    return t.hand_over()


@case("A24", '"v":1 → "v":true', "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_truth_stands_where_a_number_belongs(t: Table) -> Verdict:
    return spelt(t, 4, b'"v":1', b'"v":true')


@case("A25", "870 → 8.7e2", "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_number_is_written_with_an_exponent(t: Table) -> Verdict:
    return spelt(t, 4, b'"score_permille":870', b'"score_permille":8.7e2')


@case("A26", "870 → -0", "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_number_is_minus_nothing(t: Table) -> Verdict:
    return spelt(t, 4, b'"score_permille":870', b'"score_permille":-0')


@case("A27", "870 → 2^53", "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_number_is_larger_than_others_can_read(t: Table) -> Verdict:
    return spelt(t, 4, b'"score_permille":870', b'"score_permille":9007199254740992')


@case("A28", "[[[[…", "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_record_is_nested_ten_thousand_deep(t: Table) -> Verdict:
    return spelt(
        t, 4, b'"score_permille":870', b'"score_permille":' + b"[" * 10_000 + b"]" * 10_000
    )


@case("A29", "notice → \\u006eotice", "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_letter_is_written_as_its_number(t: Table) -> Verdict:
    return spelt(t, 4, b'"notice"', b'"\\u006eotice"')


@case("A30", '… → …,"x":1', "+x+++ HISTORY_REWRITTEN RECORD_FORM RECORD_LINK")
def a_field_is_added(t: Table) -> Verdict:
    return field_changed(t, 4, remark="approved")


@case("A31", "notice: heard no → yes", EDITED)
def a_notice_becomes_heard(t: Table) -> Verdict:
    return field_changed(t, 4, score_permille=999)


@case("A32", "officers 2 → 1", EDITED)
def an_officer_disappears(t: Table) -> Verdict:
    return field_changed(t, 3, officers=1)


@case("A33", "salt a → salt b", EDITED)
def a_salt_is_changed(t: Table) -> Verdict:
    return field_changed(t, 4, salt="0" * 32)


@case("A34", "2.0 s → 9.0 s", "+x+++ HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK")
def a_segment_is_stretched_in_the_log(t: Table) -> Verdict:
    value = decode(t.forger.files[LOG].splitlines()[5])
    assert isinstance(value, dict)
    span = value["span"]
    assert isinstance(span, dict)
    return field_changed(t, 5, span={**span, "first_ms": 1})


@case("A35", "epoch 1 → 2", "+xx++ EPOCH_NUMBER HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK")
def a_record_claims_an_epoch_that_never_began(t: Table) -> Verdict:
    return field_changed(t, 4, epoch=2)


@case("A36", "run 1 → 2", "+x+++ HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK RECORD_RUN")
def a_record_claims_another_run(t: Table) -> Verdict:
    return field_changed(t, 4, run=2)


@case("A37", "kernel boot a → b", EDITED)
def another_kernel_is_claimed(t: Table) -> Verdict:
    return field_changed(t, 1, kernel_boot_id="boot-2")


@case("A38", "device → device, unprotected", EDITED)
def the_protection_that_was_in_force_is_edited(t: Table) -> Verdict:
    return field_changed(t, 1, protection=["append", "immutable", "verity"])


@case(
    "A39", "S S stop → S stop, with every trace", "+x+++ HEAD_ROOT RECORD_LINK TAIL_OPEN TRUNCATED"
)
def the_stop_is_moved_forward(t: Table) -> Verdict:
    lines = t.forger.files[LOG].splitlines(keepends=True)
    stop = decode(lines[8][:-1])
    assert isinstance(stop, dict)
    moved = line({**stop, "seq": 7, "segments": 2})
    t.forger.lines(lambda ls: [*ls[:7], moved])
    t.forger.heads(lambda hs: hs[:8])
    t.forger.restate(size=8)
    t.forger.drop(*[name for name in t.forger.files if "-0003." in name])
    return t.hand_over()


@case("A40", "head 9 → head 10", "+x+++ HEAD_EXTRA")
def a_head_promises_a_record_that_is_not_there(t: Table) -> Verdict:
    key = t.made_by.unit.life.key
    assert key is not None
    more = sign_head(Head(t.made_by.unit.origin, 10, bytes(32)), key)
    t.forger.heads(lambda hs: [*hs, more])
    return t.hand_over()


@case(
    "A41",
    "five lines → six",
    "xx+++ FILE_FOREIGN HEAD_FORM PACKAGE_DISAGREES RECORDING_OPEN TAIL_OPEN TRUNCATED",
)
def a_head_has_a_line_too_many(t: Table) -> Verdict:
    t.forger.heads(lambda hs: [*hs[:5], hs[5].replace(b"\n\n", b"\nextension\n\n"), *hs[6:]])
    return t.hand_over()


@case("A42", "h5 by BF-0007 → by BF-0009", "++x++ HEAD_SIGNATURE")
def a_head_is_of_another_unit(t: Table) -> Verdict:
    head = parse_signed_head(_head(t, 5)).head
    other = Unit(seed=5, number="BF-0009")
    forged = sign_head(Head(other.origin, head.size, head.root), other.next_key)
    t.forger.heads(lambda hs: [*hs[:5], forged, *hs[6:]])
    return t.hand_over()


def _head(t: Table, number: int) -> bytes:
    lines = t.forger.files[HEADS].splitlines(keepends=True)
    return b"".join(lines[5 * number : 5 * number + 5])


@case("A43", "log → log + torn line", "+++++")
def bytes_behind_the_newest_record_are_torn_and_only_noted(t: Table) -> Verdict:
    t.forger.files[LOG] += b'{"at":{"boottime_ms"'
    return t.hand_over()


@case(
    "A44",
    "log 1 → log 1, log 2",
    "xxxxx BOOTTIME_BACK COMPANION_CHANGED EPOCH_COMMITMENT EPOCH_IDENTITY EPOCH_NUMBER",
    "EPOCH_PREVIOUS FILE_SWAPPED HEAD_ROOT NOT_RECEIVED PACKAGE_DISAGREES RECEIPT_FILES",
    "RECORDING_NUMBER RECORD_LINK RECORD_ORIGIN RECORD_RUN RECORD_SEQ RUN_CLEAN",
    "SEGMENT_AFTER STOP_TWICE TAIL_OPEN TRUNCATED",
)
def the_log_of_another_unit_is_appended_as_the_next_run(t: Table) -> Verdict:
    other = Unit(seed=5, number="BF-0009")
    other.boot()
    other.record(2)
    t.forger.files[UNIT + log_file(2)] = other.files[log_file(1)]
    t.forger.files[UNIT + heads_file(2)] = other.files[heads_file(1)]
    return t.hand_over()


@case("A45", "recordings [1] → [1, 2]", "+x+++ RECORDING_MISSING")
def the_statement_promises_a_recording_that_never_was(t: Table) -> Verdict:
    t.forger.restate(recordings=[1, 2])
    return t.hand_over()


@case("A46", "recordings [1] → []", "x++++ FILE_FOREIGN")
def the_statement_hides_a_recording(t: Table) -> Verdict:
    t.forger.restate(recordings=[])
    return t.hand_over()


@case("A47", "SSS → SS. , lists new, record kept", "+x+++ FILE_MISSING")
def the_last_film_is_lost_on_the_way(t: Table) -> Verdict:
    t.forger.drop(THIRD_FILM)
    return t.hand_over()


@case("A48", "blocks → .", "+x+++ FILE_MISSING")
def a_block_list_is_removed_to_hide_the_second(t: Table) -> Verdict:
    t.forger.drop(NEXT_FILM + ".blocks")
    return t.hand_over()
