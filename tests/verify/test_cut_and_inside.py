"""Files that power cut off, and what a key shows: a signed standing decides, and a lie shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.age import Identity, encrypt
from recorder.evidence.errors import Malformed
from recorder.evidence.package import UNIT
from recorder.evidence.record import (
    Clear,
    Ending,
    Gap,
    GapSource,
    InterruptCause,
    Notice,
    Orphan,
    Segment,
    Span,
    Start,
    StartCause,
    StopCause,
    parse_record,
)
from recorder.evidence.standing import sign_standing
from recorder.evidence.verdict import Exit, Verdict
from recorder.evidence.verify.codes import clock_text
from recorder.evidence.verify.damage import parse_blocks
from recorder.evidence.verify.opening import Measure
from recorder.evidence.verify.standings import stated
from recorder.evidence.verify.summary import size_text
from recorder.evidence.words import blocks_of, digest, media_file, side_file, tail_of
from tests.verify.court import codes, first, judged, notes
from tests.verify.forger import FILM, SIDECAR, Forger
from tests.verify.station import bagged
from tests.verify.unit import Soft, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.verify.conftest import Scene


def verdict_of(scene: Scene, *, key: bool = True) -> Verdict:
    keys = (scene.unit.station_key,) if key else ()
    return judged(scene.station.package(scene.unit), scene.station.trust(), *keys)


def cut(scene: Scene, **how: float) -> Unit:
    """A recording of one segment that power ends."""
    number = scene.unit.start()
    scene.unit.power_cut(number, 1, 3.0, **how)  # type: ignore[arg-type]
    return scene.unit


@pytest.mark.parametrize("unsynced", [0.0, 0.5, 20.0])
@pytest.mark.parametrize("key", [True, False])
def test_what_was_synced_is_proven_and_the_rest_does_not_matter(
    scene: Scene, unsynced: float, *, key: bool
) -> None:
    scene.unit.fragment_bytes = 50_000
    cut(scene, unsynced=unsynced)
    verdict = verdict_of(scene, key=key)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "CUT_FILE" in notes(verdict)


def test_a_file_cut_before_its_first_sync_holds_nothing_and_says_so(scene: Scene) -> None:
    cut(scene, synced=False)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)


def sealed_differently(scene: Scene, change: Callable[[Segment], Segment]) -> Verdict:
    """Let the unit of a thief seal the cut segment in other words than its standing."""
    unit = scene.unit
    number = unit.start()
    honest_say = unit.seal_as
    unit.seal_as = change
    unit.power_cut(number, 1, 3.0)
    unit.seal_as = honest_say
    return verdict_of(scene, key=False)


def test_a_seal_that_says_more_than_the_standing_shows(scene: Scene) -> None:
    verdict = sealed_differently(
        scene, lambda seal: replace(seal, span=replace(seal.span, frames=9999))
    )
    assert (codes(verdict), verdict.exit) == ({"STANDING_DISAGREES"}, Exit.CHANGED)


def test_a_seal_without_its_standing_may_claim_nothing(scene: Scene) -> None:
    verdict = sealed_differently(scene, lambda seal: replace(seal, standing=None))
    assert codes(verdict) == {"STANDING_DISAGREES"}


def test_a_standing_over_other_bytes_shows(scene: Scene) -> None:
    """The later key signs no standing of the run before; even the right one must fit the file."""
    unit = scene.unit
    early = unit.life.key
    assert early is not None
    number = unit.start()

    def other_bytes(seal: Segment) -> Segment:
        assert seal.standing is not None
        epoch, standing = stated(seal.standing)
        lie = replace(standing, media=replace(standing.media, sha256=digest(b"other")))
        note = sign_standing(unit.origin, epoch, lie, early).decode()
        return replace(seal, standing=note)

    unit.seal_as = other_bytes
    unit.power_cut(number, 1, 3.0)
    verdict = verdict_of(scene)
    assert codes(verdict) == {"STANDING_DISAGREES"}


@pytest.mark.parametrize(
    ("cause", "expected"),
    [(InterruptCause.STORAGE, set()), (InterruptCause.CUSTODY_LOST, {"STANDING_SIGNATURE"})],
)
def test_only_a_cut_by_the_card_may_be_signed_in_the_run_that_seals_it(
    scene: Scene, cause: InterruptCause, expected: set[str]
) -> None:
    unit = scene.unit
    number = unit.start()

    def signed_now(seal: Segment) -> Segment:
        assert seal.standing is not None
        assert unit.life.key is not None
        _, standing = stated(seal.standing)
        note = sign_standing(unit.origin, unit.life.epoch, standing, unit.life.key).decode()
        return replace(seal, cause=cause, standing=note)

    unit.seal_as = signed_now
    unit.power_cut(number, 1, 3.0)
    assert codes(verdict_of(scene)) == expected


@pytest.mark.parametrize("epoch", [1, 2, 7])
def test_a_standing_signed_after_the_cut_is_worthless(scene: Scene, epoch: int) -> None:
    unit = scene.unit

    def signed_late(seal: Segment) -> Segment:
        assert seal.standing is not None
        assert unit.life.key is not None
        _, standing = stated(seal.standing)
        note = sign_standing(unit.origin, epoch, standing, unit.life.key).decode()
        return replace(seal, standing=note)

    verdict = sealed_differently(scene, signed_late)
    assert (codes(verdict), verdict.exit) == ({"STANDING_SIGNATURE"}, Exit.SIGNER)


def test_a_standing_that_is_no_note_shows(scene: Scene) -> None:
    verdict = sealed_differently(scene, lambda seal: replace(seal, standing="no note"))
    assert codes(verdict) == {"STANDING_SIGNATURE"}


def test_a_changed_tail_shows(scene: Scene) -> None:
    cut(scene)
    forger = Forger(scene.station.package(scene.unit))
    forger.flip(UNIT + tail_of(media_file(1, 1)), 350)
    verdict = judged(forger.handed_over(), scene.station.trust(), scene.unit.station_key)
    assert codes(verdict) == {"COMPANION_CHANGED", "DECRYPTION"}


def test_a_missing_tail_shows(scene: Scene) -> None:
    cut(scene)
    forger = Forger(scene.station.package(scene.unit))
    forger.drop(UNIT + tail_of(side_file(1, 1)))
    verdict = judged(forger.handed_over(), scene.station.trust(), scene.unit.station_key)
    assert {"FILE_MISSING"} <= codes(verdict)


def test_a_cut_film_that_is_missing_is_only_missing(scene: Scene) -> None:
    cut(scene)
    forger = Forger(scene.station.package(scene.unit))
    forger.drop(FILM)
    verdict = judged(forger.handed_over(), scene.station.trust())
    assert codes(verdict) == {"FILE_MISSING"}


# --- what a key shows ----------------------------------------------------------------------------


def sealed_as(scene: Scene, name: str, clear: bytes, *, truthful: bool) -> Verdict:
    """Let the unit itself encrypt `clear` under `name` and seal it, truthfully or not."""
    unit = scene.unit
    number = unit.start()

    def other(seal: Segment) -> Segment:
        sealed = encrypt(clear, unit.recipients(), unit.random)
        unit.files[name] = sealed
        fact = Clear(len(clear), digest(clear))
        if name == seal.side.file:
            side = replace(seal.side, length=len(sealed), sha256=digest(sealed), clear=fact)
            return replace(seal, side=side)
        blocks = f"-1 {digest(sealed)}\n".encode()
        unit.files[blocks_of(name)] = blocks
        media = replace(
            seal.media,
            length=len(sealed),
            sha256=digest(sealed),
            blocks_sha256=digest(blocks),
            clear=fact if truthful else seal.media.clear,
        )
        return replace(seal, media=media)

    unit.seal_as = other
    unit.go_on(number, 1, 2.0)
    return verdict_of(scene)


def test_a_film_that_is_no_film_shows(scene: Scene) -> None:
    verdict = sealed_as(scene, media_file(1, 1), b"\0\0\0\1no film" * 50, truthful=True)
    assert codes(verdict) == {"FRAGMENTS_CHANGED"}


def test_a_clear_digest_that_lies_shows(scene: Scene) -> None:
    verdict = sealed_as(scene, media_file(1, 1), b"", truthful=False)
    assert codes(verdict) == {"CLEAR_CHANGED", "FRAGMENTS_CHANGED"}


@pytest.mark.parametrize(
    "clear",
    [
        b"no lines",
        b"{}\n",
        b'{"origin":"baofeng-mz.shilu/BF-0007","recording":1,"segment":2,"type":"side","v":1}\n',
        b'{"origin":"baofeng-mz.shilu/BF-0008","recording":1,"segment":1,"type":"side","v":1}\n',
    ],
)
def test_a_sidecar_must_be_one_and_of_this_segment(scene: Scene, clear: bytes) -> None:
    verdict = sealed_as(scene, side_file(1, 1), clear, truthful=True)
    assert (codes(verdict), verdict.exit) == ({"SIDECAR_FORM"}, Exit.CHANGED)


def test_a_damaged_sidecar_is_damaged_inside_too(scene: Scene) -> None:
    scene.unit.record(2)
    forger = Forger(scene.station.package(scene.unit))
    forger.flip(SIDECAR, len(forger.files[SIDECAR]) - 1)
    verdict = judged(forger.handed_over(), scene.station.trust(), scene.unit.station_key)
    assert codes(verdict) == {"COMPANION_CHANGED", "CHUNK_DAMAGED"}


def test_damage_in_the_first_chunk_is_at_the_first_picture(scene: Scene) -> None:
    scene.unit.record(2)
    forger = Forger(scene.station.package(scene.unit))
    forger.flip(FILM, 500)
    verdict = judged(forger.handed_over(), scene.station.trust(), scene.unit.station_key)
    assert first(verdict, "CHUNK_DAMAGED").place.second_ms == 0


# --- the rest of a recording's life ---------------------------------------------------------------


def test_an_orphan_that_the_unit_stated_is_a_note(scene: Scene) -> None:
    scene.unit.record(2)
    name = media_file(1, 2)
    scene.unit.files[name] = b"begun and never sealed"
    scene.unit.say(Orphan(name, len(scene.unit.files[name]), digest(scene.unit.files[name])))
    held = {k: v for k, v in scene.unit.files.items() if k != name}
    receipt, proof = scene.station.receipt(scene.unit, files=held)
    scene.unit.files[receipt] = proof
    files = scene.station.package(scene.unit, final_receipt=False)
    verdict = judged(files, scene.station.trust())
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert "FILE_ORPHAN" in notes(verdict)
    forger = Forger(files)
    forger.flip(UNIT + name, 0)
    assert codes(judged(forger.handed_over(), scene.station.trust())) == {"FILE_FOREIGN"}


def test_a_notice_that_was_not_heard_is_said(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()
    unit.go_on(number, 1, 2.0)
    assert "NOTICE_UNHEARD" not in notes(verdict_of(scene))
    unit.recording += 1
    start = parse_record(next(line for line in unit.lines if b'"type":"start"' in line)).body
    assert isinstance(start, Start)
    unit.say(replace(start, recording=2))
    unit.say(Notice(2, digest(b"clip"), heard=False, score_permille=12))
    unit.go_on(2, 1, 2.0)
    assert "NOTICE_UNHEARD" in notes(verdict_of(scene))


def test_a_segment_without_pictures_has_no_second(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()
    unit.seal_as = lambda seal: replace(
        seal, span=Span(0, 0, 0, 9), ending=Ending.INTERRUPTED, cause=InterruptCause.CAPTURE_LOST
    )
    unit.segment(number, 1, 2, Ending.STOP)
    unit.stop(number, 1, StopCause.CAPTURE_LOST)
    files = scene.station.package(unit)
    assert codes(judged(files, scene.station.trust())) == set()
    spoils: tuple[tuple[Callable[[Forger], None], str], ...] = (
        (lambda f: f.drop(FILM), "FILE_MISSING"),
        (lambda f: f.flip(FILM, 9), "FILE_CHANGED"),
        (lambda f: f.cut(FILM, 9), "FILE_TRUNCATED"),
    )
    for spoil, code in spoils:
        forger = Forger(files)
        spoil(forger)
        verdict = judged(forger.handed_over(), scene.station.trust())
        assert first(verdict, code).place.second_ms is None
    forger = Forger(files)
    forger.flip(FILM, 500)
    verdict = judged(forger.handed_over(), scene.station.trust(), unit.station_key)
    assert first(verdict, "CHUNK_DAMAGED").place.second_ms is None


def test_gaps_that_overlap_cover_once_and_gaps_elsewhere_cover_nothing(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    since = unit.clock.boottime_ms
    unit.clock.boottime_ms += 6000
    for start, end in ((0, 2000), (1000, 2500), (500, 900), (9000, 9900)):
        unit.say(Gap(number, GapSource.CAMERA, since + start, since + end, -1, "heat"))
    unit.go_on(number, 2, 2.0)
    verdict = verdict_of(scene)
    assert codes(verdict) == {"PICTURE_HOLE"}
    assert "3.6 s" in first(verdict, "PICTURE_HOLE").wording.en


def test_a_recording_that_the_log_never_ended_is_a_doubt(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    verdict = verdict_of(scene)
    assert (codes(verdict), verdict.exit) == ({"RECORDING_OPEN"}, Exit.NOT_PROVABLE)


def test_a_named_recording_that_never_was_is_missing(scene: Scene) -> None:
    scene.unit.record(2)
    verdict = judged(scene.station.package(scene.unit, 1, 9), scene.station.trust())
    assert "RECORDING_MISSING" in codes(verdict)


def test_a_file_that_the_disk_does_not_give_is_named(scene: Scene) -> None:
    scene.unit.record(2)
    files = scene.station.package(scene.unit)
    verdict = judged(files, scene.station.trust(), unreadable=frozenset({FILM}))
    assert (codes(verdict), verdict.exit) == ({"FILE_UNREADABLE"}, Exit.CHANGED)


def test_a_log_that_the_disk_does_not_give_is_named(scene: Scene) -> None:
    scene.unit.record(2)
    files = scene.station.package(scene.unit)
    verdict = judged(
        files, scene.station.trust(), unreadable=frozenset({UNIT + "log/000001.jsonl"})
    )
    assert {"RECORD_FORM", "FILE_UNREADABLE"} <= codes(verdict)


def test_a_list_of_a_thousand_megabytes_is_not_read(scene: Scene) -> None:
    scene.unit.record(2)
    files = bagged(scene.station.package(scene.unit))
    files["manifest-sha256.txt"] = bytes((64 << 20) + 1)
    assert "BAG_FORM" in codes(judged(files, scene.station.trust()))


def test_a_forger_with_another_identity_key_does_not_pass(scene: Scene) -> None:
    forged = Unit(seed=9)
    scene.station.enrol(forged, key=scene.unit.identity.public_key())
    assert isinstance(forged.identity, Soft)
    forged.boot()
    scene.station.anchor(forged)
    forged.record(2)
    verdict = judged(scene.station.package(forged), scene.station.trust())
    assert (codes(verdict), verdict.exit) == ({"EPOCH_IDENTITY"}, Exit.SIGNER)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1500, "1.50 kB"), (2_000_000, "2.00 MB"), (10**10, "10.00 GB")]
)
def test_sizes_are_told_in_plain_units(size: int, text: str) -> None:
    assert size_text(size) == text


def test_a_second_that_is_not_known_is_said_to_be_so() -> None:
    assert clock_text(None) == ("未知时刻", "an unknown second")
    assert clock_text(187_900) == ("03:07", "03:07")


def test_the_key_of_the_recovery_opens_as_well(scene: Scene) -> None:
    scene.unit.record(2)
    recovery = Identity.of(scene.unit.recovery_secret())
    verdict = judged(scene.station.package(scene.unit), scene.station.trust(), recovery)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)


@pytest.mark.parametrize(
    "blocks", [b"now 00\n", b"5\n", b"\xff\n", b"9" * 18 + b" " + b"0" * 64 + b"\n"]
)
def test_a_line_that_is_no_block_is_refused(blocks: bytes) -> None:
    with pytest.raises(Malformed):
        parse_blocks(blocks)


def test_blocks_that_the_unit_sealed_wrongly_do_not_stop_the_verdict(scene: Scene) -> None:
    unit = scene.unit
    number = unit.start()

    def few_blocks(seal: Segment) -> Segment:
        unit.files[blocks_of(seal.media.file)] = b"no blocks\n"
        return replace(seal, media=replace(seal.media, blocks_sha256=digest(b"no blocks\n")))

    unit.seal_as = few_blocks
    unit.go_on(number, 1, 2.0)
    forger = Forger(scene.station.package(unit))
    forger.flip(FILM, 9)
    assert codes(judged(forger.handed_over(), scene.station.trust())) == {"FILE_CHANGED"}


def test_a_film_longer_than_its_blocks_is_placed_at_its_end(scene: Scene) -> None:
    unit = scene.unit
    unit.fragment_bytes = 90_000
    number = unit.start()

    def first_block_only(seal: Segment) -> Segment:
        name = blocks_of(seal.media.file)
        unit.files[name] = unit.files[name].splitlines(keepends=True)[0]
        return replace(seal, media=replace(seal.media, blocks_sha256=digest(unit.files[name])))

    unit.seal_as = first_block_only
    unit.go_on(number, 1, 2.0)
    forger = Forger(scene.station.package(unit))
    forger.cut(FILM, 300_000)
    verdict = judged(forger.handed_over(), scene.station.trust())
    assert first(verdict, "FILE_TRUNCATED").place.second_ms == 2000 - 33


def test_a_sidecar_without_end_is_not_kept_in_memory() -> None:
    measure = Measure(None, most_side_bytes=100)
    for _ in range(3):
        measure.take(bytes(60))
    assert measure.opened(complete=True).inside == "It has more than 100 bytes."
    assert measure.length == 180


def test_a_film_that_breaks_is_digested_to_its_end() -> None:
    measure = Measure(9)
    for _ in range(3):
        measure.take(bytes(60))
    opened = measure.opened(complete=True)
    assert opened.clear == Clear(180, digest(bytes(180)))
    assert opened.inside


def test_a_recording_that_goes_on_from_another_says_so(scene: Scene) -> None:
    unit = scene.unit
    before = unit.record(2)
    unit.go_on(unit.start(StartCause.RESUME, continues=before), 1, 2.0)
    verdict = verdict_of(scene)
    assert "RESUMED" in notes(verdict)
    assert first(verdict, "RESUMED").wording.en == "Recording 2 continues recording 1."


def test_a_record_of_another_unit_shows(scene: Scene) -> None:
    unit = scene.unit
    unit.record(2)
    unit.number = "BF-0008"
    unit.mark()
    unit.number = "BF-0007"
    unit.mark()
    assert {"RECORD_ORIGIN", "HEAD_SIGNATURE"} <= codes(verdict_of(scene))
