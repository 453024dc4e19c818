"""More checks that mutation showed to be taken for granted: cut-off files, holes, satellites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.age import Identity, encrypt
from recorder.evidence.moment import ClockSource, Moment
from recorder.evidence.record import Clear, Ending, InterruptCause, Segment, Span, UnitKind
from recorder.evidence.standing import sign_standing
from recorder.evidence.verify.opening import second_of_damage
from recorder.evidence.verify.standings import stated
from recorder.evidence.words import digest
from tests.tamper.table import Table, drawn, honest_package
from tests.verify.court import codes, judged, notes
from tests.verify.film import fragment, opening
from tests.verify.forger import FILM, SIDECAR
from tests.verify.unit import Clock, Dice, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.evidence.verdict import Verdict

HOUR_MS = 3_600_000
NOTHING = Clear(0, digest(b""))
DISAGREE = "+++?+ SATELLITES_DISAGREE"


@pytest.fixture
def t() -> Table:
    return Table(honest_package())


# --- what power cut off ---------------------------------------------------------------------------


@pytest.mark.parametrize("written", [0.0, 0.5, 4.0])
@pytest.mark.parametrize("fragment_bytes", [9000, 40_000])
def test_what_a_disk_shows_behind_a_cut_is_nobodys_lie(
    t: Table, fragment_bytes: int, written: float
) -> None:
    """Old blocks of another file, as a disk that lost power may show them: not even encrypted."""
    unit = t.scene.unit
    unit.fragment_bytes = fragment_bytes
    unit.power_cut(unit.start(), 1, 3, unsynced=written, torn_film=unit.random(300_000))
    assert drawn(t.hand_in(key=True)) == "+++++"


def cut_and_sealed_as(
    t: Table, change: Callable[[Segment], Segment], *, synced: bool = True
) -> Verdict:
    unit = t.scene.unit
    number = unit.start()
    unit.seal_as = change
    unit.power_cut(number, 1, 2, synced=synced)
    return t.hand_in()


LIES: dict[str, Callable[[Segment], Segment]] = {
    "film": lambda seal: replace(seal, media=replace(seal.media, clear=NOTHING)),
    "fragments": lambda seal: replace(
        seal, media=replace(seal.media, fragments=replace(seal.media.fragments, count=9))
    ),
    "sidecar": lambda seal: replace(seal, side=replace(seal.side, clear=NOTHING)),
    "number": lambda seal: replace(seal, span=replace(seal.span, samples=9)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_seal_repeats_its_standing_in_every_part(t: Table, lie: str) -> None:
    assert "STANDING_DISAGREES" in codes(cut_and_sealed_as(t, LIES[lie]))


def whole(seal: Segment, *, media: bool, side: bool) -> Segment:
    return replace(
        seal,
        media=replace(seal.media, complete=media),
        side=replace(seal.side, complete=side),
        standing=None,
    )


@pytest.mark.parametrize(("media", "side"), [(False, True), (True, False), (False, False)])
def test_a_cut_of_either_file_is_said(t: Table, *, media: bool, side: bool) -> None:
    verdict = cut_and_sealed_as(t, lambda seal: whole(seal, media=media, side=side), synced=False)
    assert "CUT_FILE" in notes(verdict)
    assert "STANDING_DISAGREES" not in codes(verdict)


@pytest.mark.parametrize(
    ("claim", "disagrees"),
    [(NOTHING, False), (Clear(5, digest(b"")), True), (Clear(0, digest(b"x")), True)],
)
def test_a_cut_file_without_a_standing_claims_neither_length_nor_digest(
    t: Table, claim: Clear, *, disagrees: bool
) -> None:
    verdict = cut_and_sealed_as(
        t, lambda seal: replace(seal, media=replace(seal.media, clear=claim)), synced=False
    )
    assert ("STANDING_DISAGREES" in codes(verdict)) is disagrees


def test_a_whole_sidecar_may_claim_what_it_holds_beside_a_cut_film(t: Table) -> None:
    held = Clear(5, digest(b"12345"))
    verdict = cut_and_sealed_as(
        t,
        lambda seal: replace(
            whole(seal, media=False, side=True), side=replace(seal.side, complete=True, clear=held)
        ),
        synced=False,
    )
    assert "STANDING_DISAGREES" not in codes(verdict)


def test_a_cut_film_that_the_disk_does_not_give_is_only_unreadable(t: Table) -> None:
    t.scene.unit.power_cut(t.scene.unit.start(), 1, 2)
    files = t.scene.station.package(t.scene.unit)
    verdict = judged(files, t.scene.station.trust(), unreadable=frozenset({FILM}))
    assert "FILE_UNREADABLE" in codes(verdict)
    assert "STANDING_DISAGREES" not in codes(verdict)


def test_a_standing_of_an_epoch_that_never_began_is_signed_by_nobody(t: Table) -> None:
    """The card failed, so the sealing run may sign; but which key is epoch 99's?"""
    unit = t.scene.unit

    def of_epoch_99(seal: Segment) -> Segment:
        assert seal.standing is not None
        assert unit.life.key is not None
        _, standing = stated(seal.standing)
        unit.life.epoch = 99
        note = sign_standing(unit.origin, 99, standing, unit.life.key).decode()
        return replace(seal, cause=InterruptCause.STORAGE, standing=note)

    assert {"EPOCH_NUMBER", "STANDING_SIGNATURE"} <= codes(cut_and_sealed_as(t, of_epoch_99))


def test_in_a_film_of_one_endless_fragment_no_second_is_searched() -> None:
    film = opening() + fragment(0, b"") + fragment(1, bytes(17 << 20))
    mine = Identity.of(bytes(31) + b"x")
    sealed = bytearray(encrypt(film, [mine.recipient()], Dice(3)))
    sealed[-100] ^= 1
    assert second_of_damage([bytes(sealed)], [mine], most_fragments=3) is None


# --- recordings -----------------------------------------------------------------------------------


def test_every_segment_behind_the_end_is_named(t: Table) -> None:
    unit = t.scene.unit
    number = unit.start()
    for segment, ending in enumerate((Ending.STOP, Ending.TURN, Ending.TURN), 1):
        unit.segment(number, segment, 2, ending)
    found = [each.code for each in t.hand_in().findings]
    assert found.count("SEGMENT_AFTER") == 2


def test_a_segment_without_a_picture_makes_no_hole(t: Table) -> None:
    unit = t.scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.seal_as = lambda seal: replace(seal, span=Span(0, 0, 0, 0))
    unit.segment(number, 2, 0, Ending.TURN)
    unit.seal_as = None
    unit.go_on(number, 3, 2)
    assert drawn(t.hand_in()) == "+++++"


@pytest.mark.parametrize("lacking", ["frames", "samples"])
def test_picture_alone_or_sound_alone_shown_twice_is_shown_twice(t: Table, lacking: str) -> None:
    unit = t.scene.unit
    unit.seal_as = lambda seal: replace(seal, span=replace(seal.span, **{lacking: 0}))
    number = unit.start()
    state = unit.random.rng.getstate()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.random.rng.setstate(state)
    unit.go_on(number, 2, 2)
    assert "SEGMENT_TWICE" in codes(t.hand_in())


def test_a_recording_that_never_was_is_none_that_is_held(t: Table) -> None:
    unit = t.scene.unit
    unit.record(2)
    unit.record(2)
    t.forger.files = t.scene.station.package(unit, 1)
    t.forger.restate(recordings=[1, 9])
    verdict = t.judge_of_scene()
    assert "RECORDING_MISSING" in codes(verdict)
    assert "OTHER_RECORDINGS" in notes(verdict)


def test_a_unit_that_is_revoked_and_has_no_receipt_is_revoked(t: Table) -> None:
    t.scene.station.revoked = (("BF-0007", "2030-01-01T00:00:00.000Z"),)
    t.scene.unit.record(2)
    assert "UNIT_REVOKED" in codes(t.hand_in(final_receipt=False))


# --- satellites -----------------------------------------------------------------------------------


def with_a_receiver(t: Table, *, wrong_ms: int = 0) -> Unit:
    unit = t.scene.unit
    unit.kind = UnitKind.DEVICE
    unit.satellites_wrong_ms = wrong_ms
    unit.shut_down()
    unit.boot()
    return unit


def test_a_cut_film_is_measured_by_the_clock_it_was_filmed_by(t: Table) -> None:
    unit = with_a_receiver(t)
    unit.boots_at_ms = 10_000
    unit.clock.boottime_ms += HOUR_MS
    unit.power_cut(unit.start(), 1, 2)
    assert drawn(t.hand_in(key=True)) == "+++++"


def test_without_a_start_the_clock_of_the_sealing_run_is_asked(t: Table) -> None:
    unit = with_a_receiver(t, wrong_ms=HOUR_MS)
    unit.segment(1, 1, 2, Ending.STOP)
    unit.recording = 1
    assert {"RECORDING_MISSING", "SATELLITES_DISAGREE"} <= codes(t.hand_in(key=True))


def test_a_sidecar_that_is_missing_says_nothing_of_satellites(t: Table) -> None:
    unit = with_a_receiver(t, wrong_ms=HOUR_MS)
    unit.record(2)
    t.forger.files = t.scene.station.package(unit)
    t.forger.drop(SIDECAR)
    assert drawn(t.judge_of_scene(key=True)) == "+x+++ FILE_MISSING"


class UnsureClock(Clock):
    """Claims an hour, and does not know how far it is off."""

    def now(self) -> Moment:
        return replace(Clock.now(self), source=ClockSource.RTC, error_ms=-1)


def test_a_claim_of_unknown_error_contradicts_no_satellite(t: Table) -> None:
    unit = t.scene.unit
    unit.clock = UnsureClock(unit.clock.boottime_ms)
    with_a_receiver(t, wrong_ms=HOUR_MS).record(2)
    assert drawn(t.hand_in(key=True)) == "+++++"


def test_a_claim_without_error_is_a_claim(t: Table) -> None:
    t.scene.unit.clock.error_ms = 0
    with_a_receiver(t, wrong_ms=HOUR_MS).record(2)
    assert drawn(t.hand_in(key=True)) == DISAGREE
