"""Edges that mutation showed to be untested: one off, one missing, one too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from recorder.evidence.errors import Malformed
from recorder.evidence.head import parse_signed_head, sign_head
from recorder.evidence.moment import ClockSource, Moment, utc_text
from recorder.evidence.record import MAX_LINE_BYTES, ClockStep, Ending
from recorder.evidence.verify.damage import parse_blocks
from recorder.evidence.verify.lines import lines_of
from recorder.evidence.verify.receipts import Outside
from recorder.evidence.words import CHAIN_FILE, blocks_of, media_file, side_file
from tests.tamper.table import Table, drawn, honest_package
from tests.verify.conftest import enrolled
from tests.verify.court import codes, first, judged, notes
from tests.verify.forger import FILM, SIDECAR, Forger
from tests.verify.station import pem
from tests.verify.unit import NOON_MS, Unit

if TYPE_CHECKING:
    from recorder.evidence.verdict import Verdict

HALF_HOUR_MS = 1_800_000


@pytest.fixture
def t() -> Table:
    return Table(honest_package())


def jumped(unit: Unit) -> None:
    """Half an hour forward, and not a word."""
    unit.clock.wrong_by_ms += HALF_HOUR_MS
    unit.mark()


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_ms", [b"9" * 5000, b"-" + b"9" * 5000, b"--1", b"-"])
def test_a_block_list_with_a_time_that_is_none_is_refused(first_ms: bytes) -> None:
    with pytest.raises(Malformed):
        parse_blocks(first_ms + b" " + b"ab" * 32 + b"\n")


@pytest.fixture
def long() -> Table:
    """One segment of 6 s in five blocks, of which the last begins at the second 5."""
    scene = enrolled(fragment_bytes=90_000)
    scene.unit.record(6)
    return Table((scene, scene.station.package(scene.unit)))


def test_a_film_cut_short_with_its_block_list_is_not_said_to_differ_all_over(long: Table) -> None:
    long.forger.cut(FILM, 300_000)
    long.forger.flip(FILM + ".blocks", 0)
    assert drawn(long.hand_over()) == "x++++ COMPANION_CHANGED FILE_TRUNCATED"


@pytest.mark.parametrize(
    ("byte", "seconds"),
    [(0, "00:00 and 00:01"), (300_000, "00:01 and 00:02"), (1_060_000, "00:05 and 00:05")],
)
def test_a_change_is_said_to_lie_between_two_seconds(long: Table, byte: int, seconds: str) -> None:
    long.forger.flip(FILM, byte)
    assert f"between {seconds}" in first(long.hand_over(), "FILE_CHANGED").wording.en


def test_in_a_film_without_pictures_no_second_is_named(t: Table) -> None:
    t.scene.unit.record(0)
    forger = Forger(t.scene.station.package(t.scene.unit))
    forger.flip(FILM, 250)
    forger.flip(SIDECAR, 250)
    verdict = judged(forger.handed_over(), t.scene.station.trust())
    assert (
        "between an unknown second and an unknown second"
        in first(verdict, "FILE_CHANGED").wording.en
    )
    assert first(verdict, "COMPANION_CHANGED").place.second_ms is None


def test_a_changed_sidecar_is_placed_where_its_segment_begins(t: Table) -> None:
    t.forger.flip("data/unit/" + side_file(1, 2), 250)
    second_ms = first(t.hand_over(), "COMPANION_CHANGED").place.second_ms
    assert second_ms is not None
    assert 2000 <= second_ms < 2100


def test_a_film_changed_with_its_block_list_differs_from_its_first_second(t: Table) -> None:
    t.forger.flip(FILM, 100_000)
    t.forger.flip(FILM + ".blocks", 0)
    assert first(t.hand_over(), "FILE_CHANGED").place.second_ms == 0


def test_a_receipt_beside_the_payload_is_none(t: Table) -> None:
    for name in [name for name in t.forger.files if name.endswith(".tlog-proof")]:
        t.forger.files[name.removeprefix("data/unit/")] = t.forger.files.pop(name)
    assert "NO_RECEIPT" in codes(t.hand_over())


@pytest.mark.parametrize("name", ["aaa", "receipts/zzz", "log/zzz", "identity/zzz"])
def test_a_strange_name_is_foreign_and_nothing_else(t: Table, name: str) -> None:
    t.forger.files["data/unit/" + name] = b"what is this?"
    assert drawn(t.hand_over()) == "x++++ FILE_FOREIGN"


# --- what is released -----------------------------------------------------------------------------


def released(t: Table, receipt: str | None = None) -> int:
    """Record, dock, and release the first film against the receipt; give its record's number."""
    unit = t.scene.unit
    unit.record(2, 2)
    filed = t.scene.station.take_in(unit)
    seq = next(n for n, each in enumerate(unit.lines) if b'"type":"segment"' in each)
    unit.release(seq, [media_file(1, 1), blocks_of(media_file(1, 1))], receipt or filed)
    return seq


def test_a_receipt_for_another_units_log_releases_nothing(t: Table) -> None:
    unit = t.scene.unit
    unit.record(2)
    held = dict(unit.files)
    released(t)
    for name in [name for name in unit.files if name.endswith(".tlog-proof")]:
        del unit.files[name]
    name, proof = t.scene.station.receipt(unit, files=held, log="baofeng-mz.shilu/BF-0009")
    unit.files[name] = proof
    assert "FILE_MISSING" in codes(t.hand_in(final_receipt=False))


def test_a_receipt_up_to_the_segment_does_not_release_it(t: Table) -> None:
    """It covers the records before `size`; the segment's own is the first that it does not."""
    unit = t.scene.unit
    unit.record(2)
    seq = next(n for n, each in enumerate(unit.lines) if b'"type":"segment"' in each)
    name, proof = t.scene.station.receipt(unit, size=seq)
    unit.file_receipt(name, proof, seq, t.scene.station.tree.size)
    unit.release(seq, [media_file(1, 1)], name)
    assert "RELEASE_WITHOUT_RECEIPT" in codes(t.hand_in())


# --- the clock ------------------------------------------------------------------------------------


def exact(unit: Unit) -> None:
    """Let the unit claim that its clock is not wrong by a millisecond."""
    unit.clock.error_ms = 0


def test_a_clock_that_claims_no_error_at_all_jumps_no_less(t: Table) -> None:
    exact(t.scene.unit)
    t.scene.unit.record(2)
    jumped(t.scene.unit)
    assert "CLOCK_STEP_UNSTATED" in codes(t.hand_in())


def test_a_clock_that_claims_no_error_at_all_is_measured_no_less(t: Table) -> None:
    exact(t.scene.unit)
    t.scene.unit.clock.wrong_by_ms = 86_400_000
    t.scene.unit.record(2)
    assert "TIME_TOO_LATE" in codes(t.hand_in())


def test_a_clock_that_claims_no_error_at_all_is_set(t: Table) -> None:
    exact(t.scene.unit)
    t.scene.unit.record(2)
    assert "CLOCK_UNSURE" not in notes(t.hand_in())


def test_of_two_jumps_the_first_is_named(t: Table) -> None:
    t.scene.unit.record(2)
    jumped(t.scene.unit)
    seq = t.scene.unit.size - 1
    jumped(t.scene.unit)
    assert first(t.hand_in(), "CLOCK_STEP_UNSTATED").place.seq == seq


def test_a_jump_stated_at_the_last_moment_is_stated(t: Table) -> None:
    t.scene.unit.record(2)
    jumped(t.scene.unit)
    t.scene.unit.clock.boottime_ms += 9_900
    t.scene.unit.mark()
    t.scene.unit.say(ClockStep(HALF_HOUR_MS, ClockSource.GPS, "fix"))
    assert "CLOCK_STEP_UNSTATED" not in codes(t.hand_in())


def test_two_records_in_one_millisecond_are_honest(t: Table) -> None:
    t.scene.unit.record(2)
    t.scene.unit.mark()
    t.scene.unit.mark()
    assert drawn(t.hand_in()) == "+++++"


def test_an_older_anchor_takes_nothing_back(t: Table) -> None:
    """Not before noon, says an anchor; an older one, learnt later, does not let 11:00 through."""
    unit, station = t.scene.unit, t.scene.station
    unit.anchor(station.checkpoint(unit.clock.true_s()))
    unit.anchor(station.checkpoint(unit.clock.true_s() - 86_400))
    unit.clock.wrong_by_ms = -3_600_000
    unit.record(2)
    assert "TIME_TOO_EARLY" in codes(t.hand_in())


def test_a_time_without_a_clock_that_still_states_an_error_is_no_time(t: Table) -> None:
    class Odd(type(t.scene.unit.clock)):  # type: ignore[misc]
        def now(self) -> Moment:
            return Moment(self.boottime_ms, "", ClockSource.NONE, 50)

    unit = t.scene.unit
    unit.record(2)
    true = unit.clock
    unit.clock = Odd(true.boottime_ms, true.true_offset_ms)
    unit.record(2)
    unit.clock = type(true)(unit.clock.boottime_ms, true.true_offset_ms)
    unit.record(2)
    verdict = t.hand_in()
    assert drawn(verdict) == "+++++"
    assert "CLOCK_UNSURE" in notes(verdict)


def test_a_time_that_is_too_late_is_said_beside_the_one_that_is_proven(t: Table) -> None:
    t.scene.unit.clock.wrong_by_ms = 86_400_000
    t.scene.unit.record(2)
    sentence = first(t.hand_in(), "TIME_TOO_LATE").wording.en
    assert "2026-11-22T" in sentence
    assert "before 2026-11-21T" in sentence


def spoilt(head: bytes) -> bytes:
    """Give a head with another signature."""
    return head[:-20] + (b"A" if head[-20:-19] != b"A" else b"B") + head[-19:]


def test_the_key_of_an_epoch_is_accused_once(t: Table) -> None:
    t.forger.heads(lambda heads: [spoilt(head) for head in heads])
    found = [one.code for one in t.hand_over().findings]
    assert found.count("HEAD_SIGNATURE") == 1


# --- receipts and heads from outside --------------------------------------------------------------


def test_a_receipt_for_another_units_log_says_nothing_of_time(t: Table) -> None:
    unit = t.scene.unit
    unit.record(2)
    name, proof = t.scene.station.receipt(unit, log="baofeng-mz.shilu/BF-0009")
    unit.files[name] = proof
    verdict = t.hand_in(final_receipt=False)
    assert drawn(verdict) == "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_OTHER_LOG TAIL_OPEN"


@pytest.mark.parametrize(
    ("lacking", "drawing"), [(0, "+++++"), (1, "+?+?+ NO_RECEIPT_TIME TAIL_OPEN")]
)
def test_a_receipt_must_cover_the_very_last_record(t: Table, lacking: int, drawing: str) -> None:
    unit = t.scene.unit
    unit.record(2)
    size = unit.size - lacking
    root = parse_signed_head(b"".join(heads_of(unit)[5 * size - 5 : 5 * size])).head.root
    name, proof = t.scene.station.receipt(unit, size=size, root=root)
    unit.files[name] = proof
    assert drawn(t.hand_in(final_receipt=False)) == drawing


def heads_of(unit: Unit) -> list[bytes]:
    return unit.files["log/000001.heads"].splitlines(keepends=True)


def test_an_early_head_from_outside_that_a_later_key_signed_is_worth_nothing(t: Table) -> None:
    unit = t.scene.unit
    unit.record(2)
    early = parse_signed_head(b"".join(heads_of(unit)[:5])).head
    for _ in range(70):
        unit.mark()  # another epoch begins
    assert unit.life.key is not None
    later = parse_signed_head(sign_head(early, unit.life.key))
    files = t.scene.station.package(unit)
    verdict = judged(files, t.scene.station.trust(), outside=Outside(later, "qr.txt"))
    assert codes(verdict) == {"OUTSIDE_FORM"}


# --- who signed -----------------------------------------------------------------------------------


def certified(t: Table, *kinds: x509.ObjectIdentifier) -> Verdict:
    """Give the unit a certificate whose name has these parts."""
    texts = {NameOID.COMMON_NAME: "BF-0007", NameOID.ORGANIZATION_NAME: "baofeng-mz"}
    issuer = t.scene.station.issuer_key
    chain = x509.load_pem_x509_certificates(t.scene.unit.files[CHAIN_FILE])
    made = x509.CertificateBuilder(
        issuer_name=chain[0].issuer,
        subject_name=x509.Name([x509.NameAttribute(kind, texts[kind]) for kind in kinds]),
        public_key=t.scene.unit.identity.public_key(),
        serial_number=7,
        not_valid_before=chain[0].not_valid_before_utc,
        not_valid_after=chain[0].not_valid_after_utc,
    )
    for each in chain[0].extensions:
        made = made.add_extension(each.value, each.critical)
    own = made.sign(issuer, SHA256())
    t.scene.unit.files[CHAIN_FILE] = (pem(own) + "".join(map(pem, chain[1:]))).encode()
    t.scene.unit.record(2)
    return t.hand_in()


@pytest.mark.parametrize(
    "kinds",
    [
        (NameOID.COMMON_NAME,),
        (NameOID.ORGANIZATION_NAME,),
        (NameOID.COMMON_NAME, NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME),
        (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATION_NAME),
    ],
)
def test_a_certificate_names_one_unit_and_one_agency(
    t: Table, kinds: tuple[x509.ObjectIdentifier, ...]
) -> None:
    assert drawn(certified(t, *kinds)) == "++x++ CERTIFICATE_FORM"


def test_a_name_in_another_order_is_the_same_name(t: Table) -> None:
    assert drawn(certified(t, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)) == "+++++"


@pytest.mark.parametrize(("late_s", "codes_due"), [(0, {"UNIT_REVOKED"}), (1, set())])
def test_a_receipt_of_the_very_instant_of_the_revocation_is_too_late(
    t: Table, late_s: int, codes_due: set[str]
) -> None:
    t.scene.unit.record(2)
    received_s = t.scene.unit.clock.true_s() + 1
    t.scene.station.revoked = (("BF-0007", utc_text((received_s + late_s) * 1000)),)
    assert codes(t.hand_in()) == codes_due


def test_a_revoked_unit_without_a_recording_to_show_is_revoked(t: Table) -> None:
    t.scene.station.revoked = (("BF-0007", utc_text(NOON_MS)),)
    assert "UNIT_REVOKED" in codes(t.hand_in())


# --- notes ----------------------------------------------------------------------------------------


def test_an_honest_package_gets_no_note_but_that_it_was_not_opened(t: Table) -> None:
    assert notes(t.hand_over()) == {"NOT_DECRYPTED"}
    assert notes(t.hand_over(key=True)) == set()


@pytest.mark.parametrize(
    ("name", "counted"),
    [("stamps/00000009.tsr", True), ("stamps/notes.txt", False), ("other/1.tsr", False)],
)
def test_time_stamps_are_counted_and_change_nothing(t: Table, name: str, *, counted: bool) -> None:
    t.forger.files[name] = b"whatever it is"
    verdict = t.hand_over()
    assert drawn(verdict) == "+++++"
    assert ("TIME_STAMPS" in notes(verdict)) is counted


# --- seconds --------------------------------------------------------------------------------------


def test_seconds_count_from_the_first_picture_not_from_the_first_segment(t: Table) -> None:
    unit = t.scene.unit
    number = unit.start()
    unit.segment(number, 1, 0, Ending.TURN)
    unit.clock.boottime_ms += 1000
    unit.go_on(number, 2, 2)
    forger = Forger(t.scene.station.package(unit))
    forger.flip("data/unit/" + side_file(1, 2), 250)
    verdict = judged(forger.handed_over(), t.scene.station.trust())
    assert first(verdict, "COMPANION_CHANGED").place.second_ms == 0


def test_without_any_picture_seconds_count_from_the_start(t: Table) -> None:
    unit = t.scene.unit
    number = unit.start()
    unit.gap(2000)
    unit.go_on(number, 1, 0)
    (gap,) = t.hand_in().timeline.gaps
    assert 0 <= gap.second_ms < 5000


def test_a_line_without_an_end_is_measured_whole() -> None:
    endless = b"x" * (3 * MAX_LINE_BYTES + 5)
    assert b"".join(lines_of([endless[:70_000], endless[70_000:]])) == endless
