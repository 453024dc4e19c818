"""Cases 26–33, 38–41, 45–49, 53: keys, receipts, time. K is a key, R a receipt, W a witness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.head import parse_signed_head, sign_head
from recorder.evidence.moment import ClockSource, utc_text
from recorder.evidence.record import ClockStep
from recorder.evidence.verify.receipts import Outside
from recorder.evidence.words import CHAIN_FILE, blocks_of, heads_file, media_file, side_file
from tests.tamper.table import Table, case, drawn
from tests.verify.conftest import Scene
from tests.verify.forger import FILM, HEADS, LOG
from tests.verify.station import Station, pem
from tests.verify.unit import Dice, Unit

if TYPE_CHECKING:
    from recorder.evidence.verdict import Verdict

CHAIN = "data/unit/" + CHAIN_FILE


def handed_in(t: Table, **receipt: object) -> Verdict:
    """Record, and judge with one receipt that is made as told."""
    t.scene.unit.record(2)
    name, proof = t.scene.station.receipt(t.scene.unit, **receipt)  # type: ignore[arg-type]
    t.scene.unit.files[name] = proof
    return t.hand_in(final_receipt=False)


# --- who signed -----------------------------------------------------------------------------------


@case("26", "root → own root", "++?++ SIGNER_UNKNOWN")
def a_self_made_certificate(t: Table) -> Verdict:
    Station(seed=77).enrol(t.scene.unit)
    t.scene.unit.record(2)
    return t.hand_in()


@case("27", "BF-0007 → papers of BF-0009", "++x++ CERTIFICATE_NAME EPOCH_IDENTITY")
def the_genuine_certificate_of_another_unit(t: Table) -> Verdict:
    other = Unit(seed=5, number="BF-0009")
    t.scene.station.enrol(other)
    t.scene.unit.record(2)
    t.scene.unit.files[CHAIN_FILE] = other.files[CHAIN_FILE]
    return t.hand_in()


@case("28", "film of BF-0009 as BF-0007's", "x++++ FILE_TRUNCATED")
def footage_of_another_unit(t: Table) -> Verdict:
    other = Scene(Unit(seed=5, number="BF-0009"), t.scene.station)
    other.station.enrol(other.unit)
    other.unit.boot()
    other.station.anchor(other.unit)
    other.unit.record(2, 2, 2)
    t.forger.files[FILM] = other.station.package(other.unit)[FILM]
    return t.hand_over()


@case("45", "K1 → K2 promised, K2' came", "++x++ EPOCH_COMMITMENT")
def an_epoch_is_made_anew_with_the_stolen_identity_key(t: Table) -> Verdict:
    t.scene.unit.record(2)
    t.scene.unit.shut_down()
    t.scene.unit.next_key = t.scene.unit.random.ed25519()
    t.scene.unit.boot()
    t.scene.unit.record(2)
    return t.hand_in()


@case("46", "0…9 R → 0'…9' R", "+x++x HISTORY_REWRITTEN NOT_RECEIVED RECEIPT_FILES")
def the_log_is_remade_from_its_first_record_with_the_stolen_identity_key(t: Table) -> Verdict:
    t.scene.unit.record(2)
    name, receipt = t.scene.station.receipt(t.scene.unit)
    again = Unit(seed=3)
    again.identity = t.scene.unit.identity
    t.scene.station.enrol(again)
    again.boot()
    t.scene.station.anchor(again)
    again.record(2)
    again.files[name] = receipt
    t.scene = Scene(again, t.scene.station)
    return t.hand_in(final_receipt=False)


@case("47", "h4 by K1 → h4 by K2", "++x++ HEAD_SIGNATURE")
def an_old_head_is_signed_by_a_later_key(t: Table) -> Verdict:
    t.scene.unit.record(2)
    t.scene.unit.shut_down()
    t.scene.unit.boot()
    late = t.scene.unit.life.key
    assert late is not None
    t.forger.files = t.scene.station.package(t.scene.unit)
    t.forger.heads(lambda hs: [*hs[:4], sign_head(parse_signed_head(hs[4]).head, late), *hs[5:]])
    return t.hand_over()


@case(
    "48",
    "K1 K2 K3 → K1 K3",
    "+xx++ EPOCH_COMMITMENT EPOCH_NUMBER HEAD_ROOT HISTORY_REWRITTEN RECORD_LINK",
    "RECORD_RUN RECORD_SEQ",
)
def an_epoch_is_cut_out(t: Table) -> Verdict:
    for _ in range(2):
        t.scene.unit.shut_down()
        t.scene.unit.boot()
    t.scene.unit.record(2)
    t.forger.files = t.scene.station.package(t.scene.unit)
    t.forger.drop(*[name for name in t.forger.files if "log/000002" in name])
    t.forger.files[LOG.replace("01.", "02.")] = t.forger.files.pop(LOG.replace("01.", "03."))
    t.forger.files[HEADS.replace("01.", "02.")] = t.forger.files.pop(HEADS.replace("01.", "03."))
    return t.hand_over()


@case("49", "stolen ✗ … R", "++?++ UNIT_REVOKED")
def what_a_stolen_unit_signed_after_its_revocation(t: Table) -> Verdict:
    t.scene.station.revoked = (("BF-0007", utc_text(t.scene.unit.clock.true_s() * 1000)),)
    t.scene.unit.clock.boottime_ms += 60_000
    t.scene.unit.record(2)
    return t.hand_in()


@case("A49", "own, issuer → own, issuer, own root", "++?++ SIGNER_UNKNOWN")
def a_root_is_brought_along(t: Table) -> Verdict:
    rogue = Station(seed=77)
    rogue.enrol(t.scene.unit)
    t.scene.unit.files[CHAIN_FILE] += pem(rogue.root).encode()
    t.scene.unit.record(2)
    return t.hand_in()


@case("A50", "own, issuer → own", "++?++ SIGNER_UNKNOWN")
def the_issuer_is_left_out(t: Table) -> Verdict:
    chain = t.forger.files[CHAIN]
    end = b"-----END CERTIFICATE-----\n"
    t.forger.files[CHAIN] = chain[: chain.index(end) + len(end)]
    return t.hand_over()


@case("A51", "own, issuer → issuer, own", "++x++ CERTIFICATE_FORM")
def the_chain_stands_on_its_head(t: Table) -> Verdict:
    own, issuer, _ = t.forger.files[CHAIN].split(b"-----END CERTIFICATE-----\n")
    end = b"-----END CERTIFICATE-----\n"
    t.forger.files[CHAIN] = issuer + end + own + end
    return t.hand_over()


# --- who holds a copy -----------------------------------------------------------------------------


@case("29", "R by K → R by K'", "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_SIGNATURE TAIL_OPEN")
def a_receipt_by_a_key_that_is_not_the_stations(t: Table) -> Verdict:
    return handed_in(t, key=Dice(3).ed25519())


@case(
    "30", "R(entry) → R(another entry)", "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_PROOF TAIL_OPEN"
)
def the_proof_of_another_entry(t: Table) -> Verdict:
    return handed_in(t, lie=b"another entry\n")


@case("31", "W W → W", "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_SIGNATURE TAIL_OPEN")
def one_witness_only(t: Table) -> Verdict:
    return handed_in(t, witnesses=("witness-1.example",))


def released(t: Table, *, receipt: bool) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    names = [media_file(1, 1), blocks_of(media_file(1, 1)), side_file(1, 1)]
    held = dict(unit.files)
    filed = t.scene.station.take_in(unit) if receipt else "receipts/00000003.tlog-proof"
    segment_seq = next(n for n, each in enumerate(unit.lines) if b'"type":"segment"' in each)
    unit.release(segment_seq, names, filed)
    name, proof = t.scene.station.receipt(unit, files=held)
    unit.files[name] = proof
    return t.hand_in(final_receipt=False)


@case("32", "S → release, no R", "++++x RELEASE_WITHOUT_RECEIPT")
def files_are_released_without_a_receipt(t: Table) -> Verdict:
    return released(t, receipt=False)


@case("33", "S R → release", "+++++")
def an_honest_release(t: Table) -> Verdict:
    return released(t, receipt=True)


@case("53", "SS R → S R, the citizen holds head 14", "+x+++ TRUNCATED")
def the_station_hides_an_upload_and_the_citizen_holds_the_head(t: Table) -> Verdict:
    """Until somebody holds a newer head, the smaller package is as good as any."""
    unit = t.scene.unit
    unit.record(2)
    t.forger.files = t.scene.station.package(unit)
    assert drawn(t.hand_over()) == "+++++"
    unit.record(2)
    kept = parse_signed_head(b"".join(unit.files[heads_file(1)].splitlines(keepends=True)[-5:]))
    return t.hand_over(outside=Outside(kept, "qr.txt"))


@case("A52", "W W → W W(same)", "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_SIGNATURE TAIL_OPEN")
def one_witness_signs_twice(t: Table) -> Verdict:
    return handed_in(t, witnesses=("witness-1.example", "witness-1.example"))


@case("A53", "W W → nobody", "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_SIGNATURE TAIL_OPEN")
def no_witness_at_all(t: Table) -> Verdict:
    return handed_in(t, witnesses=())


@case("A54", "R over S → R over S'", "++++x NOT_RECEIVED RECEIPT_FILES")
def a_receipt_over_another_film(t: Table) -> Verdict:
    return handed_in(t, files={**t.scene.unit.files, media_file(1, 1): b"another"})


@case("A55", "R9 → R12", "+x+++ TAIL_OPEN TRUNCATED")
def a_receipt_for_more_records_than_there_are(t: Table) -> Verdict:
    return handed_in(t, size=12)


@case(
    "A56",
    "R of BF-0007 → R of BF-0009",
    "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_OTHER_LOG TAIL_OPEN",
)
def a_receipt_of_another_unit(t: Table) -> Verdict:
    return handed_in(t, log="baofeng-mz.shilu/BF-0009")


# --- when -----------------------------------------------------------------------------------------


@case("38", "10:00 10:01 → 10:00 10:31, unsaid", "+++?+ CLOCK_STEP_UNSTATED")
def the_clock_steps_and_the_unit_keeps_silent(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    unit.clock.wrong_by_ms = 1_800_000
    unit.record(2, 12)
    unit.clock.boottime_ms += 3_600_000
    return t.hand_in()


@case("39", "anchor 10:00, claim yesterday", "+++x+ CLOCK_STEP_UNSTATED TIME_TOO_EARLY")
def a_recording_is_dated_back(t: Table) -> Verdict:
    return with_clock(t, -86_400_000)


@case("40", "claim tomorrow, R today", "+++x+ CLOCK_STEP_UNSTATED TIME_TOO_LATE")
def a_clock_runs_ahead(t: Table) -> Verdict:
    return with_clock(t, 86_400_000)


def with_clock(t: Table, wrong_by_ms: int) -> Verdict:
    t.scene.unit.clock.wrong_by_ms = wrong_by_ms
    t.scene.unit.shut_down()
    t.scene.unit.boot()
    t.scene.unit.record(2)
    return t.hand_in()


@case("41", "GPS 10:00, clock 11:00", "+++x+ TIME_TOO_LATE")
def satellites_and_clock_disagree(t: Table) -> Verdict:
    """The unit steps an hour and names GPS as its reason; the bracket from outside disagrees."""
    unit = t.scene.unit
    unit.record(2)
    unit.clock.wrong_by_ms = 3_600_000
    unit.say(ClockStep(3_600_000, ClockSource.GPS, "fix"))
    unit.record(2)
    return t.hand_in()


@case("A57", "boot clock 100 s → 40 s", "+++x+ BOOTTIME_BACK CLOCK_STEP_UNSTATED")
def the_boot_clock_runs_back(t: Table) -> Verdict:
    t.scene.unit.record(2)
    t.scene.unit.clock.boottime_ms -= 1500
    t.scene.unit.clock.true_offset_ms += 1500
    t.scene.unit.record(2)
    return t.hand_in()


@case("A58", "anchor W W → anchor by strangers", "+++?+ NO_ANCHOR")
def an_anchor_of_a_strange_station(t: Table) -> Verdict:
    unit = Unit()
    t.scene = Scene(unit, Station())
    t.scene.station.enrol(unit)
    unit.boot()
    Station(seed=55).anchor(unit)
    unit.record(2)
    return t.hand_in()
