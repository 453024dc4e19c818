"""What happens to films, sidecars and lists is named: the file, the bytes, the second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from recorder.evidence.age import Identity, decrypt, encrypt
from recorder.evidence.package import BAGIT, MANIFEST, PACKAGE_JSON, TAGS
from recorder.evidence.verdict import Axis, Exit, Verdict, Word
from tests.verify.conftest import Scene
from tests.verify.court import codes, first, judged, notes
from tests.verify.forger import FILM, NEXT_FILM, SIDECAR, Forger
from tests.verify.unit import Dice

if TYPE_CHECKING:
    from recorder.evidence.canonical import Value


class Court(Protocol):
    """Judges files, with or without the station's key."""

    def __call__(self, files: dict[str, bytes], *, key: bool = False) -> Verdict: ...


Honest = tuple[Scene, dict[str, bytes]]


@pytest.fixture
def forger(honest: Honest) -> Forger:
    return Forger(honest[1])


@pytest.fixture
def court(honest: Honest) -> Court:
    scene, _ = honest

    def judge(files: dict[str, bytes], *, key: bool = False) -> Verdict:
        keys = (scene.unit.station_key,) if key else ()
        return judged(files, scene.station.trust(), *keys)

    return judge


@pytest.mark.parametrize("key", [False, True])
def test_an_honest_package_is_proven_on_all_five_axes(
    honest: Honest, court: Court, *, key: bool
) -> None:
    verdict = court(honest[1], key=key)
    assert (codes(verdict), verdict.exit) == (set(), Exit.PROVEN)
    assert {answer.word for answer in verdict.axes.values()} == {Word.PROVEN}
    assert ("NOT_DECRYPTED" in notes(verdict)) is not key


def test_one_flipped_byte_is_placed_in_its_block_and_second(forger: Forger, court: Court) -> None:
    forger.flip(FILM, 300_000)
    verdict = court(forger.handed_over())
    found = first(verdict, "FILE_CHANGED").place
    assert (codes(verdict), verdict.exit) == ({"FILE_CHANGED"}, Exit.CHANGED)
    assert (found.from_byte, found.to_byte) == (262_144, 524_288)
    # 90 kB each half second: block 1 begins in the third fragment, which shows second 1.0.
    assert found.second_ms == 1000


def test_a_byte_flipped_in_the_second_segment_counts_from_the_first(
    forger: Forger, court: Court
) -> None:
    forger.flip(NEXT_FILM, 0)
    assert first(court(forger.handed_over()), "FILE_CHANGED").place.second_ms in range(6000, 6100)


def test_with_the_key_a_flipped_byte_is_placed_in_its_chunk_and_fragment(
    forger: Forger, court: Court
) -> None:
    forger.flip(FILM, 700_000)
    verdict = court(forger.handed_over(), key=True)
    found = first(verdict, "CHUNK_DAMAGED").place
    assert found.from_byte is not None
    assert found.from_byte in range(700_000 - 65_551, 700_001)
    assert found.to_byte == found.from_byte + 65_552
    # The chunk begins at clear byte 655,360, in fragment 7 of 90 kB: second 3.5.
    assert found.second_ms == 3500


def test_two_far_bytes_are_two_findings(forger: Forger, court: Court) -> None:
    forger.flip(FILM, 10)
    forger.flip(FILM, 900_000)
    verdict = court(forger.handed_over())
    places = [each.place.from_byte for each in verdict.findings if each.code == "FILE_CHANGED"]
    assert places == [0, 786_432]


def test_neighbouring_blocks_are_one_finding(forger: Forger, court: Court) -> None:
    forger.flip(FILM, 262_143)
    forger.flip(FILM, 262_144)
    found = first(court(forger.handed_over()), "FILE_CHANGED").place
    assert (found.from_byte, found.to_byte) == (0, 524_288)


def test_whoever_leaves_the_lists_alone_is_told_twice(forger: Forger, court: Court) -> None:
    forger.flip(FILM, 10)
    assert codes(court(forger.files)) == {"BAG_DIGEST", "FILE_CHANGED"}


@pytest.mark.parametrize(("length", "second_ms"), [(700_000, 2500), (524_288, 2500), (1, 0)])
def test_a_cut_film_is_missing_from_a_second_on(
    forger: Forger, court: Court, length: int, second_ms: int
) -> None:
    sealed = len(forger.files[FILM])
    forger.cut(FILM, length)
    verdict = court(forger.handed_over())
    found = first(verdict, "FILE_TRUNCATED").place
    assert (codes(verdict), verdict.exit) == ({"FILE_TRUNCATED"}, Exit.CHANGED)
    assert (found.from_byte, found.to_byte, found.second_ms) == (length, sealed, second_ms)


def test_a_film_without_its_last_byte_is_cut(forger: Forger, court: Court) -> None:
    sealed = len(forger.files[FILM])
    forger.cut(FILM, sealed - 1)
    verdict = court(forger.handed_over(), key=True)
    assert codes(verdict) == {"FILE_TRUNCATED", "CHUNK_DAMAGED"}


def test_a_film_cut_between_two_chunks_does_not_decrypt(forger: Forger, court: Court) -> None:
    header = forger.files[FILM].index(b"\n---") + 49 + 16
    forger.cut(FILM, header + 3 * 65_552)
    verdict = court(forger.handed_over(), key=True)
    assert codes(verdict) == {"FILE_TRUNCATED", "DECRYPTION"}


def test_a_film_cut_and_changed_before_is_both(forger: Forger, court: Court) -> None:
    forger.flip(FILM, 3)
    forger.cut(FILM, 700_000)
    assert codes(court(forger.handed_over())) == {"FILE_TRUNCATED", "FILE_CHANGED"}


def test_bytes_behind_the_end_show(forger: Forger, court: Court) -> None:
    sealed = len(forger.files[FILM])
    forger.files[FILM] += b"\0\0\0\x08free"
    verdict = court(forger.handed_over())
    assert (codes(verdict), verdict.exit) == ({"FILE_LONGER"}, Exit.CHANGED)
    assert first(verdict, "FILE_LONGER").place.from_byte == sealed


def test_a_removed_film_is_missing_with_its_second(forger: Forger, court: Court) -> None:
    forger.drop(NEXT_FILM)
    verdict = court(forger.handed_over())
    assert (codes(verdict), verdict.exit) == ({"FILE_MISSING"}, Exit.CHANGED)
    assert first(verdict, "FILE_MISSING").place.file == NEXT_FILM
    assert first(verdict, "FILE_MISSING").place.second_ms in range(6000, 6100)
    assert verdict.axes[Axis.COMPLETENESS].word is Word.DISPROVED
    assert verdict.axes[Axis.CONTENT].word is Word.PROVEN


def test_a_removed_film_that_is_still_listed_is_told_by_the_bag_as_well(
    forger: Forger, court: Court
) -> None:
    forger.drop(FILM)
    assert codes(court(forger.files)) == {"BAG_MISSING", "FILE_MISSING"}


def test_two_films_changed_for_each_other_are_told_apart(forger: Forger, court: Court) -> None:
    forger.swap(FILM, NEXT_FILM)
    verdict = court(forger.handed_over())
    assert (codes(verdict), verdict.exit) == ({"FILE_SWAPPED"}, Exit.CHANGED)
    assert NEXT_FILM in first(verdict, "FILE_SWAPPED").wording.en


def test_a_file_under_another_name_is_recognised(forger: Forger, court: Court) -> None:
    forger.files["data/unit/media/000001-0009.mp4.age"] = forger.files.pop(FILM)
    verdict = court(forger.handed_over())
    assert (codes(verdict), verdict.exit) == ({"FILE_RENAMED"}, Exit.CHANGED)


@pytest.mark.parametrize(
    "name", ["data/unit/media/000001-0009.mp4.age", "data/unit/media/x.mp4", "data/evil.txt"]
)
def test_a_file_too_many_shows(forger: Forger, court: Court, name: str) -> None:
    forger.files[name] = b"alien"
    assert codes(court(forger.handed_over())) == {"FILE_FOREIGN"}
    assert codes(court(forger.files)) == {"FILE_FOREIGN", "BAG_UNLISTED"}


def test_a_page_beside_the_payload_is_no_forgery_if_the_bag_lists_it(
    forger: Forger, court: Court
) -> None:
    forger.files["verify.html"] = b"<html>"
    assert codes(court(forger.files)) == {"BAG_UNLISTED"}


def test_an_edited_film_encrypted_anew_shows_with_and_without_the_key(
    honest: Honest, forger: Forger, court: Court
) -> None:
    scene, files = honest
    key = scene.unit.station_key
    clear = bytearray(decrypt(files[FILM], [key]))
    clear[200_000] ^= 1
    forger.files[FILM] = encrypt(clear, scene.unit.recipients(), Dice(5))
    assert codes(court(forger.handed_over())) == {"FILE_CHANGED"}
    assert codes(court(forger.handed_over(), key=True)) == {
        "FILE_CHANGED",
        "CLEAR_CHANGED",
        "FRAGMENTS_CHANGED",
    }


def test_an_edited_sidecar_shows(forger: Forger, court: Court) -> None:
    forger.flip(SIDECAR, 400)
    assert codes(court(forger.handed_over())) == {"COMPANION_CHANGED"}


@pytest.mark.parametrize(("length", "code"), [(40, "FILE_TRUNCATED"), (9999, "FILE_LONGER")])
def test_a_sidecar_of_another_length_shows(
    forger: Forger, court: Court, length: int, code: str
) -> None:
    forger.files[SIDECAR] = forger.files[SIDECAR].ljust(length)[:length]
    assert codes(court(forger.handed_over())) == {code}


def test_changed_blocks_show(forger: Forger, court: Court) -> None:
    forger.flip(FILM + ".blocks", 20)
    verdict = court(forger.handed_over())
    assert codes(verdict) == {"COMPANION_CHANGED"}
    assert first(verdict, "COMPANION_CHANGED").place.file == FILM + ".blocks"


def test_whoever_changes_film_and_blocks_only_hides_where(forger: Forger, court: Court) -> None:
    sealed = len(forger.files[FILM])
    forger.flip(FILM, 300_000)
    forger.flip(FILM + ".blocks", 20)
    verdict = court(forger.handed_over())
    assert codes(verdict) == {"COMPANION_CHANGED", "FILE_CHANGED"}
    assert first(verdict, "FILE_CHANGED").place.to_byte == sealed


def test_missing_blocks_and_a_cut_film_still_give_the_byte(forger: Forger, court: Court) -> None:
    forger.drop(FILM + ".blocks")
    forger.cut(FILM, 1000)
    verdict = court(forger.handed_over())
    assert codes(verdict) == {"FILE_MISSING", "FILE_TRUNCATED"}
    assert first(verdict, "FILE_TRUNCATED").place.from_byte == 1000


def test_a_wrong_key_proves_nothing_and_accuses_nobody(honest: Honest) -> None:
    scene, files = honest
    verdict = judged(files, scene.station.trust(), Identity.of(bytes(31) + b"\1"))
    assert (codes(verdict), verdict.exit) == ({"KEY_DOES_NOT_FIT"}, Exit.NOT_PROVABLE)


def test_a_bag_without_its_tags_is_still_examined(forger: Forger, court: Court) -> None:
    forger.drop(*TAGS)
    verdict = court(forger.files)
    assert (codes(verdict), verdict.exit) == ({"BAG_FORM"}, Exit.CHANGED)
    assert verdict.axes[Axis.COMPLETENESS].word is Word.PROVEN


@pytest.mark.parametrize(
    "lists",
    [b"no list\n", b"\xff\n", b"cut", b"0" * 64 + b"  a\n" + b"1" * 64 + b"  a\n"],
)
def test_a_list_that_is_none_shows(forger: Forger, court: Court, lists: bytes) -> None:
    files = forger.handed_over() | {MANIFEST: lists}
    assert {"BAG_FORM", "BAG_DIGEST"} == codes(court(files))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"size": 3}, "PACKAGE_DISAGREES"),
        ({"size": 300}, "PACKAGE_DISAGREES"),
        ({"origin": "baofeng-mz.shilu/BF-0009"}, "PACKAGE_DISAGREES"),
        ({"recordings": [1, 2]}, "RECORDING_MISSING"),
        ({"recordings": []}, "FILE_FOREIGN"),
        ({"recordings": [2, 1]}, "PACKAGE_FORM"),
        ({"recordings": "1"}, "PACKAGE_FORM"),
        ({"recordings": [True]}, "PACKAGE_FORM"),
        ({"v": 2}, "PACKAGE_FORM"),
        ({"made": "today"}, "PACKAGE_FORM"),
        ({"made": 3}, "PACKAGE_FORM"),
        ({"more": 1}, "PACKAGE_FORM"),
    ],
)
def test_nothing_in_the_statement_is_believed(
    forger: Forger, court: Court, fields: dict[str, Value], code: str
) -> None:
    forger.restate(**fields)
    verdict = court(forger.handed_over())
    assert code in codes(verdict)
    assert verdict.exit is Exit.CHANGED


def test_a_statement_without_its_line_feed_is_none(forger: Forger, court: Court) -> None:
    forger.cut(PACKAGE_JSON, len(forger.files[PACKAGE_JSON]) - 1)
    verdict = court(forger.handed_over())
    assert (codes(verdict), verdict.recordings) == ({"PACKAGE_FORM"}, (1,))


def test_a_bag_of_another_version_is_not_read_as_this_one(forger: Forger, court: Court) -> None:
    bag = forger.handed_over()
    files = bag | {BAGIT: bag[BAGIT].replace(b"1.0", b"9.0")}
    assert codes(court(files)) == {"BAG_FORM", "BAG_DIGEST"}
