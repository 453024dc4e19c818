"""Cases C: commands of the station. O17 is command 17 for officers, (O17) in a sidecar alone.

Who could gain: a unit that was never ordered, a station that denies, a courier in between, an
officer who wants to be another. The sidecars are opened, as the agency would.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from recorder.evidence.note import NoteSignature, note_bytes, parse_note, sign_note
from recorder.evidence.record import CommandTaken, Ending, Ordered
from recorder.evidence.sidecar import CommandNote, Officers, side_line
from recorder.evidence.words import digest
from tests.tamper.table import Table, case
from tests.verify.forger import SIDECAR
from tests.verify.station import CREW
from tests.verify.unit import CONFIGURED, Unit

if TYPE_CHECKING:
    from recorder.evidence.verdict import Verdict


def commanded(t: Table, note: bytes | None = None) -> Unit:
    """Give a unit that has obeyed command 17, and a reader who pins the key."""
    t.scene.station.pins_commands = True
    t.scene.unit.obey(note or t.scene.station.order(t.scene.unit, 17))
    return t.scene.unit


def shown_only(t: Table, note: bytes, officers: Officers = CREW) -> Unit:
    """Give a unit whose sidecars show `note`, whatever its log says."""
    t.scene.station.pins_commands = True
    t.scene.unit.officers, t.scene.unit.ordered = officers, note
    return t.scene.unit


def recorded(t: Table) -> Verdict:
    t.scene.unit.record(2, 2)
    return t.hand_in(key=True)


def recorded_by_order(t: Table) -> Verdict:
    commanded(t)
    return recorded(t)


def of_yesterday(t: Table) -> bytes:
    return t.scene.station.order(
        t.scene.unit, 17, since="2026-11-20T08:00:00.000Z", until="2026-11-20T20:00:00.000Z"
    )


@case("C01", "O17 S S", "+++++")
def officers_are_ordered_and_nobody_lies(t: Table) -> Verdict:
    return recorded_by_order(t)


@case("C02", "O17 O17 S", "+x+++ COMMAND_NUMBER")
def the_same_command_is_obeyed_twice(t: Table) -> Verdict:
    unit = commanded(t)
    unit.obey(t.scene.station.order(unit, 17))
    return recorded(t)


@case("C03", "O17 O16 S", "+x+++ COMMAND_NUMBER")
def an_old_command_is_obeyed_again(t: Table) -> Verdict:
    unit = commanded(t)
    unit.obey(t.scene.station.order(unit, 16))
    return recorded(t)


@case("C04", "O17 O17' by a strange key", "+x?++ COMMAND_KEY_UNKNOWN COMMAND_NUMBER")
def a_number_is_used_again_for_another_order(t: Table) -> Verdict:
    unit = commanded(t)
    unit.obey(t.scene.station.order(unit, 17, key=unit.random.ed25519()))
    return recorded(t)


@case("C05", "O17 for BF-0009", "x++++ COMMAND_FORM")
def a_command_for_another_unit_is_obeyed(t: Table) -> Verdict:
    other = t.scene.station.order(Unit(seed=5, number="BF-0009"), 17)
    commanded(t, other)
    return recorded(t)


@case("C06", "O17 by a key of the unit's own", "++?++ COMMAND_KEY_UNKNOWN")
def a_unit_makes_up_an_order_and_signs_it_itself(t: Table) -> Verdict:
    own = t.scene.unit.random.ed25519()
    commanded(t, t.scene.station.order(t.scene.unit, 17, key=own))
    return recorded(t)


@case("C07", "O17 with its key's ID, and no signature", "++x++ COMMAND_SIGNATURE")
def a_unit_makes_up_an_order_under_the_pinned_key(t: Table) -> Verdict:
    genuine = parse_note(t.scene.station.order(t.scene.unit, 17))
    (signature,) = genuine.signatures
    commanded(t, note_bytes(replace(genuine, signatures=(replace(signature, blob=bytes(64)),))))
    return recorded(t)


@case("C08", "O17 by the key of the log", "++?++ COMMAND_KEY_UNKNOWN")
def the_key_of_the_stations_log_orders_officers(t: Table) -> Verdict:
    station = t.scene.station
    commanded(t, station.order(t.scene.unit, 17, key=station.log_key))
    return recorded(t)


@case("C09", "O17 (O17 + a byte)", "x++++ COMMAND_FORM")
def a_byte_of_the_note_is_changed_in_the_sidecar(t: Table) -> Verdict:
    unit = commanded(t)
    note = t.scene.station.order(unit, 17)
    unit.ordered = note.replace(b"110025", b"110099")
    return recorded(t)


@case("C10", "O17 (O17, officers and a byte changed)", "+xx++ COMMAND_SIGNATURE COMMAND_UNRECORDED")
def another_officer_is_written_into_note_and_sidecar(t: Table) -> Verdict:
    note = t.scene.station.order(commanded(t), 17).replace(b"110025", b"110099")
    shown_only(t, note, replace(CREW, numbers=("110099", "110026")))
    return recorded(t)


@case("C11", "O17 → (O17)", "+x+++ COMMAND_UNRECORDED")
def a_command_is_shown_that_no_record_states(t: Table) -> Verdict:
    shown_only(t, t.scene.station.order(t.scene.unit, 17))
    return recorded(t)


@case("C12", "start S O17", "+x+++ COMMAND_UNRECORDED")
def a_command_is_laid_under_a_recording_that_ran_already(t: Table) -> Verdict:
    note = t.scene.station.order(t.scene.unit, 17)
    unit = shown_only(t, note)
    number = unit.start()
    unit.obey(note)
    unit.go_on(number, 1, 2.0)
    return t.hand_in(key=True)


@case("C13", "O17 S → S without it", "+++++")
def the_command_is_left_out_of_the_sidecars(t: Table) -> Verdict:
    """As after a crash between the record and its effect: a note says so, and accuses nobody."""
    unit = commanded(t)
    unit.ordered, unit.officers = None, Officers(("张三",), ("110023",))
    return recorded(t)


@case("C14", "record 17 of nothing S", "+++++")
def a_unit_records_a_command_that_was_never_given(t: Table) -> Verdict:
    """It has no note under the station's key to show, and the verdict says that it shows none."""
    t.scene.station.pins_commands = True
    t.scene.unit.say(CommandTaken(17, Ordered.OFFICERS, digest(b"nothing")))
    return recorded(t)


@case("C15", "O17 for yesterday", "+++++")
def a_command_is_obeyed_when_its_time_is_over(t: Table) -> Verdict:
    commanded(t, of_yesterday(t))
    return recorded(t)


@case("C16", "O17 → (O17, other officers beside it)", "x++++ COMMAND_FORM")
def other_officers_stand_beside_the_command(t: Table) -> Verdict:
    commanded(t).officers = Officers(("张三",), ("110023",))
    return recorded(t)


@case("C17", "check 17 (check 17)", "x++++ COMMAND_FORM")
def a_command_that_names_nobody_stands_in_a_sidecar(t: Table) -> Verdict:
    note = t.scene.station.order(t.scene.unit, 17, officers=None)
    commanded(t, note).ordered = note
    return recorded(t)


@case("C25", "check 17 (check 17, no officers)", "x++++ COMMAND_FORM")
def a_command_that_names_nobody_stands_in_a_sidecar_that_names_nobody(t: Table) -> Verdict:
    note = t.scene.station.order(t.scene.unit, 17, officers=None)
    commanded(t, note).ordered = note
    t.scene.unit.side_as = lambda clear: b"".join(
        each for each in clear.splitlines(keepends=True) if b'"type":"officers"' not in each
    )
    return recorded(t)


@case("C18", "O17 S S → S (O18)", "x++++ COMMAND_FORM")
def the_command_changes_within_a_recording(t: Table) -> Verdict:
    unit = commanded(t)
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.obey(t.scene.station.order(unit, 18))
    unit.go_on(number, 2, 2.0)
    return t.hand_in(key=True)


@case("C19", "record 18 of O17", "+x+++ COMMAND_UNRECORDED")
def the_record_states_another_number(t: Table) -> Verdict:
    note = t.scene.station.order(t.scene.unit, 17)
    shown_only(t, note).say(CommandTaken(18, Ordered.OFFICERS, digest(note)))
    return recorded(t)


@case("C20", "record 17 of O17 as a look", "+x+++ COMMAND_UNRECORDED")
def the_record_states_another_order(t: Table) -> Verdict:
    note = t.scene.station.order(t.scene.unit, 17)
    shown_only(t, note).say(CommandTaken(17, Ordered.CHECK, digest(note)))
    return recorded(t)


@case("C21", "O17 + a second signature", "x++++ COMMAND_FORM")
def a_second_signature_gives_the_note_another_digest(t: Table) -> Verdict:
    genuine = parse_note(t.scene.station.order(t.scene.unit, 17))
    more = (*genuine.signatures, NoteSignature("stranger", bytes(4), bytes(64)))
    note = note_bytes(replace(genuine, signatures=more))
    shown_only(t, note).say(CommandTaken(17, Ordered.OFFICERS, digest(note)))
    return recorded(t)


@case("C22", "O17 → delete 17", "x++++ COMMAND_FORM")
def what_nobody_may_order_stands_in_a_sidecar(t: Table) -> Verdict:
    station = t.scene.station
    text = parse_note(station.order(t.scene.unit, 17)).text.replace("officers {", "delete {")
    note = sign_note(text, "baofeng-mz.shilu/command", station.command_key)
    shown_only(t, note).say(CommandTaken(17, Ordered.OFFICERS, digest(note)))
    return recorded(t)


@case("C23", "S → S + (O17)", "xx+++ CLEAR_CHANGED COMMAND_UNRECORDED FILE_LONGER")
def a_station_that_changed_its_mind_lays_an_order_into_a_sealed_sidecar(t: Table) -> Verdict:
    note = t.made_by.station.order(t.made_by.unit, 17, officers=CONFIGURED)
    line = side_line(CommandNote(note.decode()), 60_000)
    t.reseal(SIDECAR, lambda clear: clear + line)
    return t.hand_over(key=True)


@case("C24", "O17 S → S as sealed, O17 taken out", "x++++ CLEAR_CHANGED FILE_TRUNCATED")
def a_station_that_denies_takes_its_order_out_of_a_sidecar(t: Table) -> Verdict:
    commanded(t).record(2)
    t.forger.files = t.scene.station.package(t.scene.unit)
    t.reseal(
        SIDECAR,
        lambda clear: b"".join(
            each for each in clear.splitlines(keepends=True) if b'"type":"command"' not in each
        ),
    )
    return t.judge_of_scene(key=True)
