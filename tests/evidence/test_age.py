"""Encrypted files: stock `age` and pyrage open ours, we open theirs, and no change goes unseen."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.age import (
    CHUNK,
    SEALED_CHUNK,
    Cut,
    DamagedChunk,
    Decryptor,
    Encryptor,
    Identity,
    Positions,
    Recipient,
    Truncated,
    decrypt,
    encrypt,
)
from recorder.evidence.errors import EvidenceError, Malformed, NotForUs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Random = Callable[[int], bytes]

STATION = Identity.of(bytes(range(32)))
RECOVERY = Identity.of(bytes(range(1, 33)))
STRANGER = Identity.of(bytes(range(2, 34)))
BOTH = (STATION.recipient(), RECOVERY.recipient())
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17)


def film(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


# A repeatable source that never gives a key of low order.
def ones(count: int) -> bytes:
    return b"\x01" * count


@pytest.mark.parametrize("size", SIZES)
def test_pyrage_opens_ours_and_we_open_pyrages(size: int) -> None:
    for identity in (STATION, RECOVERY):
        theirs = pyrage.x25519.Identity.from_str(identity.text())
        assert pyrage.decrypt(encrypt(film(size), BOTH, ones), [theirs]) == film(size)
    recipient = pyrage.x25519.Recipient.from_str(STATION.recipient().text())
    assert decrypt(pyrage.encrypt(film(size), [recipient]), [STATION]) == film(size)


@pytest.mark.parametrize("size", [0, 5, CHUNK, 2 * CHUNK + 1])
def test_stock_age_opens_ours_and_we_open_its(
    size: int, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    age = str(need("age"))
    key = tmp_path / "station.agekey"
    key.write_text(RECOVERY.text() + "\n")
    opened = subprocess.run(
        [age, "-d", "-i", str(key)],
        input=encrypt(film(size), BOTH, ones),
        capture_output=True,
        check=True,
    )
    assert opened.stdout == film(size)
    recipients = [flag for r in BOTH for flag in ("-r", r.text())]
    theirs = subprocess.run([age, *recipients], input=film(size), capture_output=True, check=True)
    for identity in (STATION, RECOVERY):
        assert decrypt(theirs.stdout, [STRANGER, identity]) == film(size)


def test_stock_age_refuses_what_we_refuse(tmp_path: Path, need: Callable[[str], Path]) -> None:
    key = tmp_path / "station.agekey"
    key.write_text(STATION.text() + "\n")
    good = encrypt(film(CHUNK + 5), BOTH, ones)
    for bad in (good[:-1], good + b"x", good[:300] + b"X" + good[301:], good[:-21]):
        refused = subprocess.run(
            [str(need("age")), "-d", "-i", str(key)], input=bad, capture_output=True, check=False
        )
        assert refused.returncode != 0
        with pytest.raises(Malformed):
            decrypt(bad, [STATION])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 2 * CHUNK + 9), max_size=6), st.integers(1, 3 * CHUNK))
def test_pieces_of_any_size_give_the_same_file(sizes: list[int], step: int) -> None:
    clear = film(sum(sizes))
    encryptor = Encryptor(BOTH, ones)
    sealed, start = [encryptor.header], 0
    for size in sizes:
        sealed.append(encryptor.update(memoryview(clear)[start : start + size]))
        start += size
        assert clear[encryptor.offset : start] == encryptor.pending()
        assert len(encryptor.pending()) <= CHUNK
        written = sum(map(len, sealed)) - len(encryptor.header)
        assert written == encryptor.offset // CHUNK * SEALED_CHUNK
    before = encryptor.offset
    whole = b"".join(sealed) + encryptor.finish()
    assert encryptor.offset == before
    assert whole == encrypt(clear, BOTH, ones)
    decryptor = Decryptor([RECOVERY])
    pieces = [decryptor.feed(whole[n : n + step]) for n in range(0, len(whole), step)]
    assert b"".join(pieces) + decryptor.finish() == clear


def test_a_file_is_written_once() -> None:
    encryptor = Encryptor(BOTH, ones)
    encryptor.finish()
    with pytest.raises(Malformed, match="finished"):
        encryptor.finish()
    with pytest.raises(Malformed, match="finished"):
        encryptor.update(b"more")


def test_a_file_needs_a_recipient_and_real_randomness() -> None:
    with pytest.raises(Malformed, match="recipient"):
        Encryptor((), ones)
    with pytest.raises(Malformed, match="random source gave 15"):
        Encryptor(BOTH, lambda count: bytes(count - 1))
    with pytest.raises(Malformed, match="low order"):
        encrypt(b"", [Recipient(bytes(32))], ones)


def test_whom_a_file_is_not_for_gets_nothing() -> None:
    with pytest.raises(NotForUs, match="None of the keys"):
        decrypt(encrypt(b"secret", BOTH, ones), [STRANGER])
    with pytest.raises(NotForUs):
        decrypt(encrypt(b"secret", BOTH, ones), [])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_changed_byte_goes_unseen(data: st.DataObject) -> None:
    good = encrypt(film(CHUNK + 500), BOTH, ones)
    place = data.draw(st.integers(0, 700) | st.integers(0, len(good) - 1))
    bit = data.draw(st.integers(0, 7))
    bad = bytearray(good)
    bad[place] ^= 1 << bit
    with pytest.raises((Malformed, NotForUs)):
        decrypt(bad, [STATION])


def test_the_damaged_chunk_is_named() -> None:
    good = encrypt(film(3 * CHUNK), BOTH, ones)
    header = len(Encryptor(BOTH, ones).header)
    for index in range(3):
        bad = bytearray(good)
        bad[header + index * SEALED_CHUNK + 77] ^= 1
        with pytest.raises(DamagedChunk) as damage:
            decrypt(bad, [STATION])
        assert damage.value.index == index
        assert damage.value.cipher_offset == header + index * SEALED_CHUNK
        assert damage.value.clear_offset == index * CHUNK


@pytest.mark.parametrize("size", [0, 9, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_missing_end_and_a_surplus_end_are_seen(size: int) -> None:
    good = encrypt(film(size), BOTH, ones)
    header = len(Encryptor(BOTH, ones).header)
    for end in {header, header + 15, 10, 0}:
        with pytest.raises(Truncated):
            decrypt(good[:end], [STATION])
    if size > CHUNK:
        with pytest.raises(Truncated, match="ends behind chunk 0"):
            decrypt(good[: header + SEALED_CHUNK], [STATION])
    for surplus in (b"x", bytes(SEALED_CHUNK)):
        with pytest.raises(DamagedChunk):
            decrypt(good + surplus, [STATION])


def test_bytes_behind_a_full_last_chunk_are_called_so() -> None:
    with pytest.raises(DamagedChunk, match="is the last, and yet bytes follow"):
        decrypt(encrypt(film(CHUNK), BOTH, ones) + b"x", [STATION])


def test_a_file_cut_off_gives_its_whole_chunks() -> None:
    good = encrypt(film(3 * CHUNK), BOTH, ones)
    header = len(Encryptor(BOTH, ones).header)

    def cut_at(length: int) -> tuple[bytes, Cut]:
        decryptor = Decryptor([STATION])
        clear = decryptor.feed(good[:length])
        return clear, decryptor.finish_cut()

    assert cut_at(header + 2 * SEALED_CHUNK) == (film(CHUNK), Cut(film(2 * CHUNK)[CHUNK:], 0))
    assert cut_at(header + SEALED_CHUNK + 9) == (film(CHUNK), Cut(b"", 9))
    assert cut_at(header) == (b"", Cut(b"", 0))
    assert cut_at(100) == (b"", Cut(b"", 100))
    assert cut_at(0) == (b"", Cut(b"", 0))
    spoilt = bytearray(good[: header + SEALED_CHUNK])
    spoilt[-1] ^= 1
    decryptor = Decryptor([STATION])
    decryptor.feed(spoilt)
    with pytest.raises(DamagedChunk):
        decryptor.finish_cut()


def test_positions_lead_from_a_damaged_byte_to_the_clear_one() -> None:
    decryptor = Decryptor([STATION])
    with pytest.raises(Truncated, match="within its header"):
        decryptor.positions()
    sealed = encrypt(film(2 * CHUNK), BOTH, ones)
    decryptor.feed(sealed)
    header = decryptor.positions().header_bytes
    assert header == len(Encryptor(BOTH, ones).header)
    assert decryptor.clear_at(header + SEALED_CHUNK + 5) == CHUNK + 5
    assert decryptor.clear_at(header + SEALED_CHUNK - 1) == CHUNK
    assert decryptor.clear_at(0) == 0


@given(st.integers(100, 10_000), st.integers(0, 10**12))
def test_positions_come_back(header: int, clear_offset: int) -> None:
    positions = Positions(header)
    assert positions.clear_at(positions.cipher_at(clear_offset)) == clear_offset


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_bytes_break_the_reader_of_files(data: bytes, place: int) -> None:
    good = encrypt(b"hello", BOTH[:1], ones)
    for candidate in (data, good[:place] + data, good[:place] + data + good[place:]):
        decryptor = Decryptor([STATION])
        with contextlib.suppress(EvidenceError):
            decryptor.feed(candidate)
            decryptor.finish()
        with contextlib.suppress(EvidenceError):
            decryptor.finish_cut()
