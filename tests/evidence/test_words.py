"""Names lead nowhere but to a file of the format, and each has one spelling."""

from __future__ import annotations

import contextlib
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence import words
from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.words import FileKind, FileName

NUMBERS = st.integers(1, 2**53 - 1)


def test_the_names_of_the_format_are_taken_apart() -> None:
    assert words.parse_file("log/000003.jsonl") == FileName(FileKind.LOG, run=3)
    assert words.parse_file("log/000003.heads") == FileName(FileKind.HEADS, run=3)
    film = "media/000012-0003.mp4.age"
    assert words.media_file(12, 3) == film
    assert words.parse_file(film) == FileName(FileKind.MEDIA, recording=12, segment=3)
    assert words.parse_file(words.blocks_of(film)).kind is FileKind.BLOCKS
    assert words.parse_file(words.tail_of(film)).kind is FileKind.MEDIA_TAIL
    side = words.side_file(12, 3)
    assert words.parse_file(side) == FileName(FileKind.SIDE, recording=12, segment=3)
    assert words.parse_file(words.tail_of(side)).kind is FileKind.SIDE_TAIL
    assert words.parse_file("receipts/00000041.tlog-proof") == FileName(FileKind.RECEIPT, size=41)
    assert words.parse_file(words.CHAIN_FILE) == FileName(FileKind.CHAIN)


@given(NUMBERS, NUMBERS)
def test_large_numbers_take_more_digits_and_come_back(recording: int, segment: int) -> None:
    name = words.parse_file(words.side_file(recording, segment))
    assert (name.recording, name.segment) == (recording, segment)
    assert words.parse_file(words.receipt_file(recording)).size == recording
    assert words.parse_file(words.log_file(segment)).run == segment
    assert words.parse_file(words.heads_file(segment)).run == segment


@pytest.mark.parametrize(
    "name",
    [
        "",
        "log/3.jsonl",
        "log/0000003.jsonl",
        "log/000000.jsonl",
        "log/000003.jsonl\n",
        "log/００0003.jsonl",
        "log/9007199254740992.jsonl",
        "/log/000003.jsonl",
        "../log/000003.jsonl",
        "media/../../etc/passwd",
        "media/000012-0003.mp4",
        "media/000012-00003.mp4.age",
        "media/000012-0003.side.age.blocks",
        "media/000012-0003.mp4.age.tail.tail",
        "receipts/00000041.tlog-proof/..",
        "identity/chainXpem",
    ],
)
def test_no_other_name_is_a_file(name: str) -> None:
    with pytest.raises(Malformed):
        words.parse_file(name)


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers_of_words(text: str) -> None:
    readers = (
        words.parse_file,
        words.parse_origin,
        words.base64_bytes,
        words.decimal_number,
        words.check_digest,
        words.check_salt,
    )
    for read in readers:
        with contextlib.suppress(EvidenceError):
            read(text)


def test_only_films_have_blocks_and_only_films_and_sidecars_have_tails() -> None:
    with pytest.raises(Malformed, match="companion"):
        words.blocks_of(words.side_file(1, 1))
    with pytest.raises(Malformed, match="companion"):
        words.tail_of(words.log_file(1))
    with pytest.raises(Malformed, match="begin with 1"):
        words.media_file(1, 0)


def test_origins_name_a_unit_or_the_station_of_an_agency() -> None:
    assert words.unit_origin("baofeng-mz", "BF-0007") == "baofeng-mz.shilu/BF-0007"
    assert words.station_origin("baofeng-mz") == "baofeng-mz.shilu/station"
    assert words.parse_origin("baofeng-mz.shilu/BF-0007") == ("baofeng-mz", "BF-0007")
    assert words.parse_origin("baofeng-mz.shilu/station") == ("baofeng-mz", "station")
    assert words.check_origin("baofeng-mz.shilu/station") == "baofeng-mz.shilu/station"
    assert words.check_unit_origin("ab.shilu/ABC") == "ab.shilu/ABC"
    assert words.check_station_origin("ab.shilu/station") == "ab.shilu/station"


@pytest.mark.parametrize(
    "origin",
    ["", "ab.shilu", "a.shilu/ABC", "ab.shilu/AB", "ab.shilu/abc", "AB.shilu/ABC", "ab/ABC"],
)
def test_other_origins_are_refused(origin: str) -> None:
    with pytest.raises(Malformed):
        words.parse_origin(origin)


def test_a_station_is_not_a_unit() -> None:
    with pytest.raises(Malformed, match="where a unit's is meant"):
        words.check_unit_origin("ab.shilu/station")
    with pytest.raises(Malformed, match="where a station's is meant"):
        words.check_station_origin("ab.shilu/ABC")


def test_digests_and_salts_are_lower_case_hexadecimal() -> None:
    assert hashlib.sha256().hexdigest() == words.EMPTY_DIGEST
    assert words.check_digest(words.digest(b"x")) == hashlib.sha256(b"x").hexdigest()
    assert words.check_salt("0" * 32) == "0" * 32
    for wrong in ("A" * 64, "0" * 63, "0" * 64 + "\n"):
        with pytest.raises(Malformed):
            words.check_digest(wrong)
    with pytest.raises(Malformed):
        words.check_salt("0" * 31)


@given(st.binary(max_size=40))
def test_base64_comes_back(data: bytes) -> None:
    assert words.base64_bytes(words.base64_text(data)) == data


@pytest.mark.parametrize("text", ["AB==", "AA", "AA=", "A A=", "AA==\n", "AA==AA==", "é", "_-=="])
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        words.base64_bytes(text)


@pytest.mark.parametrize("text", ["", "01", "+1", "-1", "1 ", "１", "1_0", "9007199254740992"])
def test_other_spellings_of_numbers_are_refused(text: str) -> None:
    assert words.decimal_number("9007199254740991") == 2**53 - 1
    with pytest.raises(Malformed):
        words.decimal_number(text)


@settings(max_examples=30)
@given(st.integers(0, 2**53 - 1))
def test_numbers_come_back(number: int) -> None:
    assert words.decimal_number(str(number)) == number
