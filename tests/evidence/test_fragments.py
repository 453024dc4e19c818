"""Fragments: a film's parts can be shown alone, and a cut one still has a root."""

from __future__ import annotations

import contextlib
import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.fragments import FragmentHasher, Timescales, decode_seconds
from recorder.evidence.tree import EMPTY_ROOT, FullTree, check_inclusion, leaf_hash


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def long_box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


def mdhd(ticks: int, *, wide: bool = False) -> bytes:
    if wide:
        return box(b"mdhd", struct.pack(">IQQIQHH", 1 << 24, 0, 0, ticks, 0, 0, 0))
    return box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, ticks, 0, 0, 0))


def tkhd(track: int, *, wide: bool = False) -> bytes:
    if wide:
        return box(b"tkhd", struct.pack(">IQQI", 1 << 24, 0, 0, track) + bytes(68))
    return box(b"tkhd", struct.pack(">IIII", 0, 0, 0, track) + bytes(68))


def trak(track: int, ticks: int, *, wide: bool = False) -> bytes:
    return box(b"trak", tkhd(track, wide=wide) + box(b"mdia", mdhd(ticks, wide=wide)))


def traf(track: int, time: int, *, wide: bool = True) -> bytes:
    tfhd = box(b"tfhd", struct.pack(">II", 0x20000, track))
    form, version = (">IQ", 1 << 24) if wide else (">II", 0)
    return box(b"traf", tfhd + box(b"tfdt", struct.pack(form, version, time)))


def moof(*trafs: bytes) -> bytes:
    return box(b"moof", box(b"mfhd", bytes(8)) + b"".join(trafs))


OPENING = box(b"ftyp", b"isom\0\0\2\0") + box(
    b"moov", box(b"mvhd", bytes(100)) + trak(1, 90_000) + trak(2, 48_000, wide=True)
)
PARTS = (
    OPENING,
    moof(traf(1, 0), traf(2, 0)) + box(b"mdat", b"first"),
    moof(traf(1, 45_000), traf(2, 24_100, wide=False)) + long_box(b"mdat", b"second"),
    moof(traf(2, 48_000)) + box(b"mdat", b"third") + box(b"mdat"),
)
FILM = b"".join(PARTS)
STARTS = [sum(map(len, PARTS[:n])) for n in range(len(PARTS) + 1)]


def hashed(film: bytes, step: int = 1 << 20) -> FragmentHasher:
    hasher = FragmentHasher()
    for start in range(0, len(film), step):
        hasher.feed(film[start : start + step])
    return hasher


@pytest.mark.parametrize("step", [1, 3, 7, 8, 9, 100, 1 << 20])
def test_leaves_are_the_opening_and_each_fragment(step: int) -> None:
    hasher = hashed(FILM, step)
    assert len(hasher.leaves) == 3
    count, root = hasher.finish()
    tree = FullTree(leaf_hash(part) for part in PARTS)
    assert (count, root) == (4, tree.root())
    assert [(s.index, s.start, s.end, s.leaf) for s in hasher.leaves] == [
        (n, STARTS[n], STARTS[n + 1], leaf_hash(part)) for n, part in enumerate(PARTS)
    ]
    assert hasher.finish() == (count, root)


def test_one_fragment_is_proven_without_the_rest() -> None:
    count, root = hashed(FILM).finish()
    tree = FullTree(leaf_hash(part) for part in PARTS)
    check_inclusion(leaf_hash(PARTS[2]), 2, count, tree.inclusion(2, count), root)


@settings(deadline=None)
@given(st.integers(0, len(FILM)), st.integers(1, 50))
def test_a_film_cut_anywhere_has_a_root_and_the_count_goes_on(length: int, step: int) -> None:
    hasher = hashed(FILM[:length], step)
    assert hasher.offset == length
    # A moof counts as begun when its head of 8 bytes is whole.
    ends = [0, *(start for start in STARTS[1:-1] if start + 8 <= length), length]
    parts = [FILM[a:b] for a, b in itertools.pairwise(ends) if a < b]
    expected = len(parts), FullTree(map(leaf_hash, parts)).root()
    assert hasher.so_far() == expected
    hasher.feed(FILM[length:])
    assert hasher.finish() == hashed(FILM).finish()
    cut = hashed(FILM[:length])
    assert cut.finish_cut() == expected
    assert [(s.start, s.end) for s in cut.leaves] == [(a, a + len(p)) for a, p in placed(parts)]


def placed(parts: list[bytes]) -> list[tuple[int, bytes]]:
    return [(sum(map(len, parts[:n])), part) for n, part in enumerate(parts)]


def test_an_empty_film_has_the_root_of_nothing() -> None:
    assert FragmentHasher().so_far() == (0, EMPTY_ROOT)
    assert FragmentHasher().finish() == (0, EMPTY_ROOT)
    assert hashed(OPENING).finish() == (1, leaf_hash(OPENING))


@pytest.mark.parametrize(
    "film",
    [
        PARTS[1],
        struct.pack(">I4s", 0, b"mdat"),
        struct.pack(">I4s", 7, b"mdat"),
        struct.pack(">I4sQ", 1, b"mdat", 15),
        b"\0\0\0\2this is no film",
    ],
)
def test_what_is_not_a_film_is_refused_at_its_byte(film: bytes) -> None:
    with pytest.raises(Malformed, match=r"byte 0|begins with a moof"):
        hashed(film)


@pytest.mark.parametrize("end", [STARTS[1] + 3, STARTS[1] + 30, STARTS[2] - 1, len(FILM) - 9])
def test_a_complete_film_does_not_end_within_a_box(end: int) -> None:
    with pytest.raises(Malformed, match=f"ends at byte {end}, within"):
        hashed(FILM[:end]).finish()


def test_nothing_lies_behind_the_last_material() -> None:
    with pytest.raises(Malformed, match="mfra"):
        hashed(FILM + box(b"mfra", b"index")).finish()
    with pytest.raises(Malformed, match="moof"):
        hashed(FILM + moof(traf(1, 0))).finish()


@given(st.binary(max_size=60), st.integers(0, len(FILM)))
def test_no_bytes_break_the_hasher(data: bytes, place: int) -> None:
    for film in (data, FILM[:place] + data, FILM[:place] + data + FILM[place:]):
        hasher = FragmentHasher()
        with contextlib.suppress(EvidenceError):
            hasher.feed(film)
            hasher.so_far()
            hasher.finish()


def test_a_fragment_says_at_which_second_it_plays() -> None:
    timescales = Timescales.parse(OPENING)
    assert timescales.ticks == {1: 90_000, 2: 48_000}
    assert [decode_seconds(part, timescales) for part in PARTS[1:]] == [0.0, 0.5, 1.0]
    head_only = PARTS[2][: PARTS[2].index(b"mdat")]
    assert decode_seconds(head_only, timescales) == 0.5


@pytest.mark.parametrize(
    "opening",
    [
        b"",
        box(b"ftyp"),
        box(b"moov"),
        box(b"moov", box(b"trak")),
        box(b"moov", trak(1, 0)),
        box(b"moov", box(b"trak", tkhd(1) + tkhd(1) + box(b"mdia", mdhd(5)))),
        box(b"moov", box(b"trak", tkhd(1) + box(b"mdia", box(b"mdhd", bytes(8))))),
        box(b"moov", trak(1, 5))[:-1],
        OPENING[:-3],
        OPENING + b"tail",
        struct.pack(">I4s", 1, b"moov"),
        struct.pack(">I4sQ", 1, b"moov", 99),
    ],
)
def test_an_opening_without_time_scales_is_refused(opening: bytes) -> None:
    with pytest.raises(Malformed):
        Timescales.parse(opening)


def test_a_long_box_is_understood_inside_too() -> None:
    body = box(b"mvhd") + trak(1, 600)
    assert Timescales.parse(long_box(b"moov", body)).ticks == {1: 600}


@pytest.mark.parametrize(
    "fragment",
    [
        b"",
        box(b"mdat"),
        moof(),
        moof(traf(9, 0)),
        moof(box(b"traf")),
        moof(box(b"traf", box(b"tfhd", bytes(4)))),
        moof(traf(1, 0))[:-2],
    ],
)
def test_a_fragment_without_time_is_refused(fragment: bytes) -> None:
    with pytest.raises(Malformed):
        decode_seconds(fragment, Timescales.parse(OPENING))


@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_bytes_break_the_reader_of_times(data: bytes, place: int) -> None:
    with contextlib.suppress(EvidenceError):
        Timescales.parse(OPENING[:place] + data + OPENING[place:])
    with contextlib.suppress(EvidenceError):
        decode_seconds(PARTS[1][:place] + data + PARTS[1][place:], Timescales({1: 90_000}))
