"""Cases 1–8, 42–44 and 54's kin: films, their lists and their names. S is a segment as sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.record import Ending, StopCause
from tests.tamper.table import Table, case
from tests.verify.forger import FILM, NEXT_FILM, SIDECAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.evidence.verdict import Verdict

THIRD_FILM = FILM.replace("-0001", "-0003")
NEXT_SIDECAR = SIDECAR.replace("-0001", "-0002")
RESEALED = "x++++ CLEAR_CHANGED FILE_CHANGED FRAGMENTS_CHANGED"


@case("01", "S → s̸", "x++++ FILE_CHANGED")
def one_byte_of_a_film_is_flipped(t: Table) -> Verdict:
    t.forger.flip(FILM, 70_000)
    return t.hand_over()


@case("02", "SSS → SS-", "x++++ FILE_TRUNCATED")
def the_last_byte_is_cut(t: Table) -> Verdict:
    t.forger.cut(FILM, len(t.forger.files[FILM]) - 1)
    return t.hand_over()


@case("03", "[64k][64k][32k] → [64k][64k]", "x++++ DECRYPTION FILE_TRUNCATED")
def a_film_is_cut_between_two_encrypted_chunks(t: Table) -> Verdict:
    header = t.forger.files[FILM].index(b"\n---") + 49 + 16
    t.forger.cut(FILM, header + 2 * 65_552)
    return t.hand_over(key=True)


@case("04", "S → S+free", "x++++ FILE_LONGER")
def a_free_box_is_appended(t: Table) -> Verdict:
    t.forger.files[FILM] += b"\0\0\0\x08free"
    return t.hand_over()


@case("05", "SSS → S.S", "+x+++ FILE_MISSING")
def a_film_is_removed(t: Table) -> Verdict:
    t.forger.drop(NEXT_FILM)
    return t.hand_over()


@case("06", "1 2 3 → 2 1 3", "x++++ FILE_SWAPPED")
def two_films_change_places(t: Table) -> Verdict:
    t.forger.swap(FILM, NEXT_FILM)
    return t.hand_over()


@case("07", "SSS → SSS+A", "x++++ FILE_FOREIGN")
def an_alien_film_is_laid_beside(t: Table) -> Verdict:
    t.forger.files[FILM.replace("-0001", "-0004")] = t.forger.files[FILM][:500]
    return t.hand_over()


@case("08", "S → age(edited)", RESEALED)
def an_edited_film_is_encrypted_anew(t: Table) -> Verdict:
    t.reseal(FILM, lambda clear: clear[:90_000] + b"\0" + clear[90_001:])
    return t.hand_over(key=True)


@case("42", "1 2 3 → 1 1 3", "x++++ FILE_SWAPPED")
def an_old_file_is_played_again(t: Table) -> Verdict:
    t.forger.files[NEXT_FILM] = t.forger.files[FILM]
    return t.hand_over()


@case("43", "1 2 3 → 1 age(1) 3, sealed by the unit", "x++++ SEGMENT_TWICE")
def an_old_film_is_encrypted_anew_and_sealed_again(t: Table) -> Verdict:
    unit = t.scene.unit
    number = unit.start()
    state = unit.random.rng.getstate()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.random.rng.setstate(state)
    unit.go_on(number, 2, 2.0)
    return t.hand_in()


@case("44", "|..|..|  → |..|    |", "+x+++ PICTURE_HOLE")
def two_seconds_of_pictures_are_dropped_and_nobody_says_so(t: Table) -> Verdict:
    unit = t.scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.TURN)
    unit.clock.boottime_ms += 2000
    unit.segment(number, 2, 2, Ending.STOP)
    unit.stop(number, 2, StopCause.BUTTON)
    return t.hand_in()


# --- our own: picture and sound -------------------------------------------------------------------


def leaves(clear: bytes) -> list[bytes]:
    hasher = FragmentHasher()
    hasher.feed(clear)
    hasher.finish()
    return [clear[leaf.start : leaf.end] for leaf in hasher.leaves]


def edited(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda clear: b"".join(change(leaves(clear)))


@case("A01", "abcd → acbd", RESEALED)
def two_half_seconds_change_places(t: Table) -> Verdict:
    t.reseal(FILM, edited(lambda ls: [ls[0], ls[1], ls[3], ls[2], ls[4]]))
    return t.hand_over(key=True)


@case("A02", "abcd → abc", "x++++ CLEAR_CHANGED FILE_TRUNCATED FRAGMENTS_CHANGED")
def the_last_half_second_is_left_out(t: Table) -> Verdict:
    t.reseal(FILM, edited(lambda ls: ls[:-1]))
    return t.hand_over(key=True)


@case("A03", "abcd → abbcd", "x++++ CLEAR_CHANGED FILE_CHANGED FILE_LONGER FRAGMENTS_CHANGED")
def a_half_second_is_shown_twice(t: Table) -> Verdict:
    t.reseal(FILM, edited(lambda ls: [*ls[:3], ls[2], *ls[3:]]))
    return t.hand_over(key=True)


@case("A04", "1000 ticks/s → 500 ticks/s", RESEALED)
def the_film_is_slowed_down(t: Table) -> Verdict:
    t.reseal(FILM, edited(lambda ls: [ls[0].replace(b"\0\0\x03\xe8", b"\0\0\x01\xf4"), *ls[1:]]))
    return t.hand_over(key=True)


@case("A05", "ab|cd, ef|gh → ab|gh, ef|cd", RESEALED)
def the_sound_of_another_segment_is_laid_under(t: Table) -> Verdict:
    strange = leaves(t.clear(NEXT_FILM))[-1][-9000:]
    t.reseal(FILM, lambda clear: clear[:-9000] + strange)
    return t.hand_over(key=True)


@case("A06", "S → age(S)", "x++++ FILE_CHANGED")
def the_same_pictures_are_encrypted_anew_for_another_reader(t: Table) -> Verdict:
    t.reseal(FILM, lambda clear: clear)
    return t.hand_over(key=True)


@case("A07", "S → 0000", "x++++ DECRYPTION FILE_CHANGED")
def a_film_is_wiped_in_place(t: Table) -> Verdict:
    t.forger.files[FILM] = bytes(len(t.forger.files[FILM]))
    return t.hand_over(key=True)


@case("A08", "S → (empty)", "x++++ DECRYPTION FILE_TRUNCATED")
def a_film_is_emptied(t: Table) -> Verdict:
    t.forger.files[FILM] = b""
    return t.hand_over(key=True)


@case("A09", "1 → 1+2", "x++++ CHUNK_DAMAGED FILE_LONGER")
def two_films_are_joined(t: Table) -> Verdict:
    t.forger.files[FILM] += t.forger.files[NEXT_FILM]
    return t.hand_over(key=True)


@case("A10", "[0][1][2] → [1][0][2]", "x++++ CHUNK_DAMAGED FILE_CHANGED")
def two_encrypted_chunks_change_places(t: Table) -> Verdict:
    data = t.forger.files[FILM]
    start = data.index(b"\n---") + 49 + 16
    one, other = start + 65_552, start + 2 * 65_552
    t.forger.files[FILM] = data[:start] + data[one:other] + data[start:one] + data[other:]
    return t.hand_over(key=True)


@case("A11", "-> X25519 → -> X25519 ×3", "x++++ DECRYPTION FILE_CHANGED FILE_LONGER")
def a_reader_is_added_to_the_envelope(t: Table) -> Verdict:
    data = t.forger.files[FILM]
    stanza = data[data.index(b"-> ") : data.index(b"\n---") + 1]
    t.forger.files[FILM] = data.replace(stanza, stanza + stanza[: len(stanza) // 2], 1)
    return t.hand_over(key=True)


# --- our own: sidecars, lists, names --------------------------------------------------------------


@case("09", "33.9° → 34.9°", "x++++ CLEAR_CHANGED COMPANION_CHANGED")
def a_position_is_moved(t: Table) -> Verdict:
    t.reseal(SIDECAR, lambda clear: clear.replace(b'"lat_e7":339', b'"lat_e7":349'))
    return t.hand_over(key=True)


@case("A12", "张三 → 王五", "x++++ CLEAR_CHANGED COMPANION_CHANGED")
def an_officer_is_renamed(t: Table) -> Verdict:
    t.reseal(SIDECAR, lambda clear: clear.replace("张三".encode(), "王五".encode()))
    return t.hand_over(key=True)


@case("A13", "side 1 ↔ side 2", "x++++ CLEAR_CHANGED FILE_SWAPPED SIDECAR_FORM")
def the_sidecars_of_two_segments_change_places(t: Table) -> Verdict:
    t.forger.swap(SIDECAR, NEXT_SIDECAR)
    return t.hand_over(key=True)


@case("A14", "blocks 1 ↔ blocks 2", "x++++ FILE_SWAPPED")
def the_block_lists_of_two_films_change_places(t: Table) -> Verdict:
    t.forger.swap(FILM + ".blocks", NEXT_FILM + ".blocks")
    return t.hand_over()


@case("A15", "film ↔ sidecar", "x++++ FILE_SWAPPED")
def film_and_sidecar_change_places(t: Table) -> Verdict:
    t.forger.swap(FILM, SIDECAR)
    return t.hand_over()


@case("A16", "000001-0001.mp4.age → 000001-0001.MP4.age", "+x+++ FILE_RENAMED")
def a_name_is_written_in_capitals(t: Table) -> Verdict:
    t.forger.files[FILM.replace(".mp4", ".MP4")] = t.forger.files.pop(FILM)
    return t.hand_over()


@case("A17", "0001 → ０００１", "+x+++ FILE_RENAMED")
def a_name_has_wide_digits(t: Table) -> Verdict:
    t.forger.files[FILM.replace("-0001", "-０００１")] = t.forger.files.pop(FILM)
    return t.hand_over()


@case("A18", "SSS → SSS+S with more zeros", "x++++ FILE_FOREIGN")
def a_second_spelling_of_the_same_number_is_added(t: Table) -> Verdict:
    t.forger.files[FILM.replace("-0001", "-00001")] = t.forger.files[FILM]
    return t.hand_over()


@case("A19", "media/ → media/../media/", "x++++ FILE_FOREIGN")
def a_name_climbs_out_of_its_folder(t: Table) -> Verdict:
    t.forger.files["data/unit/media/../../../etc/passwd"] = b"root::0:0"
    return t.hand_over()


@case("A20", "SSS → SSS+tail", "x++++ FILE_FOREIGN")
def a_tail_is_given_to_a_film_that_was_never_cut(t: Table) -> Verdict:
    t.forger.files[FILM + ".tail"] = t.forger.files[FILM]
    return t.hand_over()


@case("A21", "SSS → ..., lists kept", "xx+++ BAG_MISSING FILE_MISSING")
def every_film_is_removed_and_the_lists_are_left(t: Table) -> Verdict:
    t.forger.drop(FILM, NEXT_FILM, THIRD_FILM)
    return t.judge(t.forger.files)
