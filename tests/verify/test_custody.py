"""Receipts, identity, time and release: who signed, who holds a copy, between which instants."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from recorder.evidence.errors import Malformed
from recorder.evidence.moment import ClockSource, utc_text
from recorder.evidence.note import COSIGNATURE, ED25519, VerifierKey
from recorder.evidence.record import ClockStep
from recorder.evidence.trust import parse_trust
from recorder.evidence.verdict import Axis, Exit, Verdict, Word
from recorder.evidence.words import CHAIN_FILE, blocks_of, media_file, side_file
from tests.verify.conftest import Scene, enrolled
from tests.verify.court import codes, first, judged, notes
from tests.verify.station import NOON, Station, certificate, pem
from tests.verify.unit import Dice, Unit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def verdict_of(scene: Scene, *, final_receipt: bool = True) -> Verdict:
    files = scene.station.package(scene.unit, final_receipt=final_receipt)
    return judged(files, scene.station.trust())


def handed_in(scene: Scene, **receipt: Any) -> Verdict:  # noqa: ANN401 - what `receipt` takes
    """Give the verdict on a package whose only receipt is made as told."""
    name, proof = scene.station.receipt(scene.unit, **receipt)
    scene.unit.files[name] = proof
    return verdict_of(scene, final_receipt=False)


# --- receipts ------------------------------------------------------------------------------------


def test_one_honest_receipt_is_enough(scene: Scene) -> None:
    scene.unit.record(2)
    verdict = handed_in(scene)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "clock agrees" in verdict.axes[Axis.TIME].because.en


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"key": Dice(3).ed25519()}, "RECEIPT_SIGNATURE"),
        ({"witnesses": ("witness-1.example",)}, "RECEIPT_SIGNATURE"),
        ({"witnesses": ()}, "RECEIPT_SIGNATURE"),
        ({"lie": b"another entry\n"}, "RECEIPT_PROOF"),
        ({"log": "baofeng-mz.shilu/BF-0009"}, "RECEIPT_OTHER_LOG"),
    ],
)
def test_a_receipt_that_does_not_hold_is_disproved_and_the_films_are_not(
    scene: Scene, made: dict[str, Any], code: str
) -> None:
    scene.unit.record(2)
    verdict = handed_in(scene, **made)
    assert {code, "NO_RECEIPT"} <= codes(verdict)
    assert verdict.exit is Exit.NOT_PROVABLE
    assert verdict.axes[Axis.CUSTODY].word is Word.DISPROVED
    assert verdict.axes[Axis.CONTENT].word is Word.PROVEN


def test_a_file_that_is_no_receipt_is_named(scene: Scene) -> None:
    scene.unit.record(2)
    scene.unit.files["receipts/00000009.tlog-proof"] = b"not a proof"
    verdict = verdict_of(scene, final_receipt=False)
    assert first(verdict, "RECEIPT_FORM").place.file == "data/unit/receipts/00000009.tlog-proof"


def test_a_receipt_over_other_records_disproves_the_log(scene: Scene) -> None:
    scene.unit.record(2)
    verdict = handed_in(scene, root=bytes(32))
    assert (codes(verdict), verdict.exit) == ({"HISTORY_REWRITTEN"}, Exit.CHANGED)


def test_a_receipt_over_other_films_is_disproved(scene: Scene) -> None:
    scene.unit.record(2)
    files = {**scene.unit.files, media_file(1, 1): b"another film"}
    verdict = handed_in(scene, files=files)
    assert codes(verdict) == {"RECEIPT_FILES", "NOT_RECEIVED"}


def test_a_film_that_no_receipt_names_is_not_proven_to_be_held(scene: Scene) -> None:
    scene.unit.record(2)
    held = {name: data for name, data in scene.unit.files.items() if "side" not in name}
    verdict = handed_in(scene, files=held)
    assert (codes(verdict), verdict.exit) == ({"NOT_RECEIVED"}, Exit.NOT_PROVABLE)


def test_a_receipt_that_the_log_mentions_may_be_absent(scene: Scene) -> None:
    scene.unit.record(2)
    del scene.unit.files[scene.station.take_in(scene.unit)]
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "RECEIPT_ABSENT" in notes(verdict)


def test_records_behind_the_newest_receipt_are_a_note(scene: Scene) -> None:
    scene.unit.record(2)
    scene.station.take_in(scene.unit)
    verdict = verdict_of(scene, final_receipt=False)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "TAIL_AFTER" in notes(verdict)


def test_a_recording_behind_the_newest_receipt_is_a_doubt(scene: Scene) -> None:
    scene.unit.record(2)
    scene.station.take_in(scene.unit)
    scene.unit.record(2)
    verdict = verdict_of(scene, final_receipt=False)
    assert codes(verdict) == {"NOT_RECEIVED", "NO_RECEIPT_TIME", "TAIL_OPEN"}
    assert verdict.exit is Exit.NOT_PROVABLE


# --- release -------------------------------------------------------------------------------------


def released(scene: Scene, *, receipt: bool) -> Scene:
    unit = scene.unit
    unit.record(2)
    names = [media_file(1, 1), blocks_of(media_file(1, 1)), side_file(1, 1)]
    held = dict(unit.files)
    filed = scene.station.take_in(unit) if receipt else "receipts/00000003.tlog-proof"
    segment_seq = next(n for n, line in enumerate(unit.lines) if b'"type":"segment"' in line)
    unit.release(segment_seq, names, filed)
    name, proof = scene.station.receipt(unit, files=held)
    unit.files[name] = proof
    return scene


def test_files_released_against_a_receipt_are_a_note(scene: Scene) -> None:
    verdict = verdict_of(released(scene, receipt=True), final_receipt=False)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "FILE_RELEASED" in notes(verdict)


def test_a_release_without_a_receipt_shows(scene: Scene) -> None:
    verdict = verdict_of(released(scene, receipt=False), final_receipt=False)
    assert codes(verdict) == {"RELEASE_WITHOUT_RECEIPT"}
    assert verdict.exit is Exit.NOT_PROVABLE


def test_a_receipt_too_small_for_the_segment_releases_nothing(scene: Scene) -> None:
    early = scene.station.take_in(scene.unit)
    scene.unit.record(2)
    segment_seq = next(n for n, line in enumerate(scene.unit.lines) if b'"type":"segment"' in line)
    scene.unit.release(segment_seq, [media_file(1, 1)], early)
    verdict = verdict_of(scene)
    assert codes(verdict) == {"RELEASE_WITHOUT_RECEIPT", "FILE_MISSING", "NOT_RECEIVED"}


@pytest.mark.parametrize("order", ["later", "another"])
def test_a_release_must_name_a_receipt_that_was_filed_before(scene: Scene, order: str) -> None:
    unit = scene.unit
    unit.record(2)
    segment_seq = next(n for n, line in enumerate(unit.lines) if b'"type":"segment"' in line)
    name, proof = scene.station.receipt(unit)
    station_size, size = scene.station.tree.size, unit.size
    film = {media_file(1, 1): unit.files[media_file(1, 1)]}
    if order == "another":
        unit.file_receipt(name, proof, size, station_size)
        name = "receipts/00000001.tlog-proof"
    unit.release(segment_seq, list(film), name)
    if order == "later":
        unit.file_receipt(name, proof, size, station_size)
    unit.files.update(film)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({"RELEASE_WITHOUT_RECEIPT"}, Exit.NOT_PROVABLE)


def test_a_file_that_was_not_released_is_missing(scene: Scene) -> None:
    scene.unit.record(2, 2)
    held = dict(scene.unit.files)
    filed = scene.station.take_in(scene.unit)
    segment_seq = next(n for n, line in enumerate(scene.unit.lines) if b'"type":"segment"' in line)
    scene.unit.release(segment_seq, [media_file(1, 1)], filed)
    del scene.unit.files[media_file(1, 2)]
    name, proof = scene.station.receipt(scene.unit, files=held)
    scene.unit.files[name] = proof
    verdict = verdict_of(scene, final_receipt=False)
    assert codes(verdict) == {"FILE_MISSING"}
    assert first(verdict, "FILE_MISSING").place.file == "data/unit/" + media_file(1, 2)


# --- identity ------------------------------------------------------------------------------------


def test_a_unit_of_another_agency_is_unknown(scene: Scene) -> None:
    foreign = Scene(Unit(agency="other-gov"), Station(agency="other-gov", seed=5))
    foreign.station.enrol(foreign.unit)
    foreign.unit.boot()
    foreign.station.anchor(foreign.unit)
    foreign.unit.record(2)
    files = foreign.station.package(foreign.unit)
    verdict = judged(files, scene.station.trust())
    assert verdict.exit is Exit.SIGNER
    assert "SIGNER_UNKNOWN" in codes(verdict)
    assert verdict.axes[Axis.IDENTITY].word is Word.NOT_PROVABLE
    assert judged(files, foreign.station.trust()).exit is Exit.PROVEN


def test_a_certificate_that_somebody_made_himself_is_unknown(scene: Scene) -> None:
    forged = Station(seed=77)
    forged.enrol(scene.unit)
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({"SIGNER_UNKNOWN"}, Exit.SIGNER)


def test_a_certificate_of_another_unit_is_not_this_ones(scene: Scene) -> None:
    other = Unit(seed=5, number="BF-0009")
    scene.station.enrol(other)
    scene.unit.record(2)
    scene.unit.files[CHAIN_FILE] = other.files[CHAIN_FILE]
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({"CERTIFICATE_NAME", "EPOCH_IDENTITY"}, Exit.SIGNER)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"names": ("BF-0009", "baofeng-mz")}, "CERTIFICATE_NAME"),
        ({"names": ("no unit", "baofeng-mz")}, "CERTIFICATE_FORM"),
        ({"signs": False}, "CERTIFICATE_FORM"),
        ({"since": NOON - dt.timedelta(days=90), "days": 30}, "CERTIFICATE_INSTANT"),
        ({"since": NOON + dt.timedelta(days=1)}, "CERTIFICATE_INSTANT"),
        ({"key": Dice(4).ed25519().public_key()}, "CERTIFICATE_FORM"),
        ({"key": Dice(4).p256().public_key()}, "EPOCH_IDENTITY"),
        ({"key": ec.derive_private_key(7, ec.SECP384R1()).public_key()}, "CERTIFICATE_FORM"),
    ],
)
def test_a_certificate_must_be_this_units_and_valid_then(
    scene: Scene, changes: dict[str, Any], code: str
) -> None:
    scene.station.enrol(scene.unit, **changes)
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({code}, Exit.SIGNER)


@pytest.mark.parametrize("chain", [b"", b"-----BEGIN CERTIFICATE-----\nno\n", b"\xff" * 50])
def test_a_chain_that_is_none_shows(scene: Scene, chain: bytes) -> None:
    scene.unit.files[CHAIN_FILE] = chain
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({"CERTIFICATE_FORM"}, Exit.SIGNER)


def test_a_certificate_with_two_names_is_of_nobody(scene: Scene) -> None:
    station = scene.station
    own = certificate(
        station.dice,
        scene.unit.identity.public_key(),
        station.issuer_key,
        ("BF-0007", "baofeng-mz"),
        ("issuer", "baofeng-mz"),
        authority=False,
        twice=True,
    )
    scene.unit.files[CHAIN_FILE] = pem(own).encode()
    scene.unit.record(2)
    assert codes(verdict_of(scene)) == {"CERTIFICATE_FORM"}


def test_a_certificate_issued_by_another_unit_is_unknown(scene: Scene) -> None:
    station, rogue = scene.station, Unit(seed=5, number="BF-0009")
    station.enrol(rogue)
    own = certificate(
        station.dice,
        scene.unit.identity.public_key(),
        rogue.identity.private,
        ("BF-0007", "baofeng-mz"),
        ("BF-0009", "baofeng-mz"),
        authority=False,
    )
    scene.unit.files[CHAIN_FILE] = pem(own).encode() + rogue.files[CHAIN_FILE]
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({"SIGNER_UNKNOWN"}, Exit.SIGNER)


def test_what_was_receipted_before_a_revocation_stays_good(scene: Scene) -> None:
    scene.unit.record(2)
    scene.station.take_in(scene.unit)
    later = utc_text(scene.unit.clock.true_s() * 1000 + 60_000)
    scene.station.revoked = (("BF-0007", later), ("BF-0001", "2026-01-01T00:00:00.000Z"))
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)


def test_what_was_receipted_after_a_revocation_is_not_provable(scene: Scene) -> None:
    scene.station.revoked = (("BF-0007", utc_text(scene.unit.clock.true_s() * 1000)),)
    scene.unit.clock.boottime_ms += 60_000
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({"UNIT_REVOKED"}, Exit.NOT_PROVABLE)


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong_by_ms", "code"), [(-86_400_000, "TIME_TOO_EARLY"), (86_400_000, "TIME_TOO_LATE")]
)
def test_a_claim_outside_its_bracket_is_disproved_and_nothing_else(
    wrong_by_ms: int, code: str
) -> None:
    scene = enrolled()
    scene.unit.clock.wrong_by_ms = wrong_by_ms
    scene.unit.shut_down()
    scene.unit.boot()
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert code in codes(verdict) <= {code, "CLOCK_STEP_UNSTATED"}
    assert verdict.exit is Exit.NOT_PROVABLE
    assert verdict.axes[Axis.TIME].word is Word.DISPROVED
    assert verdict.axes[Axis.CONTENT].word is Word.PROVEN


def test_a_claim_within_its_stated_error_is_none(scene: Scene) -> None:
    scene.unit.clock.error_ms, scene.unit.clock.wrong_by_ms = 90_000_000, -86_400_000
    scene.unit.record(2)
    assert codes(verdict_of(scene)) == set()


@pytest.mark.parametrize("source", [ClockSource.NONE, ClockSource.RTC])
def test_a_clock_that_claims_nothing_is_a_note(scene: Scene, source: ClockSource) -> None:
    scene.unit.clock.source, scene.unit.clock.error_ms = source, -1
    scene.unit.clock.wrong_by_ms = -(10**10)
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "CLOCK_UNSURE" in notes(verdict)
    assert "clock agrees" not in verdict.axes[Axis.TIME].because.en


def test_a_stated_clock_step_is_a_note(scene: Scene) -> None:
    scene.unit.clock.wrong_by_ms = 9000
    scene.unit.clock.error_ms = 20_000
    scene.unit.record(2)
    scene.unit.clock.wrong_by_ms, scene.unit.clock.error_ms = 0, 50
    scene.unit.say(ClockStep(-9000, ClockSource.GPS, "first fix"))
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "CLOCK_STEP" in notes(verdict)


@pytest.mark.parametrize("stated", [True, False])
def test_a_clock_step_must_be_stated_soon(scene: Scene, *, stated: bool) -> None:
    scene.unit.record(2)
    scene.unit.clock.wrong_by_ms = -1500
    number = scene.unit.start()
    if stated:
        scene.unit.say(ClockStep(-1500, ClockSource.GPS, "fix"))
    scene.unit.go_on(number, 1, 12.0, 2.0)
    verdict = verdict_of(scene)
    assert codes(verdict) == (set() if stated else {"CLOCK_STEP_UNSTATED"})
    assert verdict.exit is (Exit.PROVEN if stated else Exit.NOT_PROVABLE)


def test_a_boot_clock_that_runs_back_is_disproved(scene: Scene) -> None:
    scene.unit.record(2)
    scene.unit.clock.boottime_ms -= 1000
    scene.unit.clock.true_offset_ms += 1000
    scene.unit.mark()
    assert "BOOTTIME_BACK" in codes(verdict_of(scene))


@pytest.mark.parametrize(
    ("boot_id", "expected"), [("boot-1", {"BOOTTIME_BACK"}), ("boot-2", set())]
)
def test_a_boot_clock_may_only_start_anew_with_the_kernel(
    scene: Scene, boot_id: str, expected: set[str]
) -> None:
    scene.unit.record(2)
    scene.unit.shut_down()
    scene.unit.clock.true_offset_ms += scene.unit.clock.boottime_ms
    scene.unit.clock.boottime_ms = 0
    scene.unit.kernel_boot_id = boot_id
    scene.unit.boot()
    scene.unit.record(2)
    assert codes(verdict_of(scene)) == expected


def test_without_an_anchor_nothing_says_when_at_the_earliest() -> None:
    unit, station = Unit(), Station()
    station.enrol(unit)
    unit.boot()
    unit.record(2)
    verdict = judged(station.package(unit), station.trust())
    assert (codes(verdict), verdict.exit) == ({"NO_ANCHOR"}, Exit.NOT_PROVABLE)


def test_an_anchor_of_strangers_does_not_count(scene: Scene) -> None:
    Station(seed=5).anchor(scene.unit)
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "ANCHOR_NOT_COUNTED" in notes(verdict)


def test_an_anchor_younger_than_a_receipt_over_it_is_impossible(scene: Scene) -> None:
    scene.unit.record(2)
    name, proof = scene.station.receipt(scene.unit, now_s=scene.unit.clock.true_s() - 3600)
    scene.unit.files[name] = proof
    assert "BRACKET_CROSSED" in codes(verdict_of(scene, final_receipt=False))


@pytest.mark.parametrize("late_s", [-7200, 7200])
def test_one_witness_with_a_wrong_clock_accuses_nobody(scene: Scene, late_s: int) -> None:
    scene.station.second_witness_late_s = late_s
    scene.station.anchor(scene.unit)
    scene.unit.record(2)
    verdict = verdict_of(scene)
    assert codes(verdict) == set()
    assert verdict.axes[Axis.CONTENT].word is Word.PROVEN


def test_the_oldest_receipt_counts_even_if_it_covers_more(scene: Scene) -> None:
    unit = scene.unit
    unit.clock.wrong_by_ms = 3_600_000
    unit.record(2)
    now_s = unit.clock.true_s()
    for delay_s in (7200, 1):
        name, proof = scene.station.receipt(unit, now_s=now_s + delay_s)
        unit.files[name] = proof
        unit.mark()
    verdict = verdict_of(scene, final_receipt=False)
    start = next(n for n, line in enumerate(unit.lines) if b'"type":"start"' in line)
    assert first(verdict, "TIME_TOO_LATE").place.seq == start


def test_an_old_receipt_of_another_unit_says_nothing_of_this_ones_time(scene: Scene) -> None:
    scene.unit.record(2)
    scene.unit.files["receipts/00000001.tlog-proof"] = scene.station.receipt(
        scene.unit, log="baofeng-mz.shilu/BF-0009", now_s=1_000_000_000
    )[1]
    assert codes(verdict_of(scene)) == {"RECEIPT_OTHER_LOG"}


# --- the trust file ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 1", "version = 2"),
        ("version = 1", "version = true"),
        ("version = 1", "version"),
        ('agency = "baofeng-mz"', "agency = 3"),
        ('agency = "baofeng-mz"', 'agency = "other-gov"'),
        ("quorum = 2", "quorum = 0"),
        ("quorum = 2", "quorum = 3"),
        ("quorum = 2", "quorom = 2"),
        ("roots = [", "roots = []\nwitnesses = ["),
        ("witnesses = [", "witnesses = [3, "),
        ("BEGIN CERTIFICATE", "BEGIN"),
        ("witness-1.example+", "witness-1.example+0"),
        ("station = ", "station_ = "),
        ("quorum = 2", "quorum = 2\nextra = 1"),
        ("quorum = 2", "quorum = 2\nrevoked = 3"),
        ("quorum = 2", "quorum = 2\nrevoked = [3]"),
        ("quorum = 2", 'quorum = 2\nrevoked = [{unit = "BF-0007"}]'),
        ("quorum = 2", 'quorum = 2\nrevoked = [{unit = "BF-0007", from = "today"}]'),
    ],
)
def test_a_trust_file_with_a_mistake_is_refused_with_a_sentence(
    scene: Scene, old: str, new: str
) -> None:
    text = scene.station.trust_text()
    assert old in text
    with pytest.raises(Malformed, match=r"\.$"):
        parse_trust(text.replace(old, new, 1))


def test_a_trust_file_without_a_root_is_refused(scene: Scene) -> None:
    text = scene.station.trust_text()
    start, end = text.index("roots = ["), text.index("station = ")
    with pytest.raises(Malformed, match="names no root"):
        parse_trust(text[:start] + "roots = []\n" + text[end:])


def test_a_witness_counts_once(scene: Scene) -> None:
    text = scene.station.trust_text()
    start = text.index('"witness-1')
    witness = text[start : text.index('"', start + 1) + 1]
    with pytest.raises(Malformed, match="names a witness twice"):
        parse_trust(text.replace("witnesses = [", f"witnesses = [{witness}, "))


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("commands = 3", "a list of texts"),
        ('commands = ["{witness}"]', "key of commands in the trust file is of type 4"),
        ('commands = ["{station}"]', "command key in the trust file is of .*station, the agency"),
        ('commands = ["{log}"]', "the station's log key for its command key"),
        ('commands = ["{key}", "{key}"]', "names a command key twice"),
    ],
)
def test_a_command_key_that_is_none_is_refused(scene: Scene, new: str, why: str) -> None:
    station = scene.station

    def text(name: str, kind: int, key: Ed25519PrivateKey) -> str:
        return VerifierKey.of(name, kind, key.public_key()).text()

    line = new.format(
        witness=text("baofeng-mz.shilu/command", COSIGNATURE, station.command_key),
        station=text(station.origin, ED25519, station.command_key),
        log=text("baofeng-mz.shilu/command", ED25519, station.log_key),
        key=text("baofeng-mz.shilu/command", ED25519, station.command_key),
    )
    with pytest.raises(Malformed, match=why):
        parse_trust(f"{line}\n{station.trust_text()}")


def test_no_command_key_is_as_none_given(scene: Scene) -> None:
    assert parse_trust(f"commands = []\n{scene.station.trust_text()}") == scene.station.trust()


def test_a_witness_key_is_no_station_key(scene: Scene) -> None:
    text = scene.station.trust_text()
    start, end = text.index('"witness-1'), text.index("station = ")
    witness = text[start : text.index('"', start + 1) + 1]
    line = text[end : text.index("\n", end)]
    with pytest.raises(Malformed, match="of type 4; it must be 1"):
        parse_trust(text.replace(line, f"station = {witness}"))
