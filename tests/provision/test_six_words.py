"""Six words of a key: the same on both sides, different for every other key."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from config.provision.six_words import COUNT, QUALITIES, THINGS, fingerprint, six_words, spoken

DIGESTS = st.binary(min_size=32, max_size=32)


def test_the_lists_are_whole_and_nothing_is_in_them_twice() -> None:
    assert (len(QUALITIES), len(set(QUALITIES))) == (16, 16)
    assert (len(THINGS), len(set(THINGS))) == (128, 128)


def test_the_words_of_a_digest_never_change() -> None:
    assert " ".join(six_words(hashlib.sha256(b"shilu").digest())) == "冷车 新刀 银河 新盾 黑球 灰麦"


@given(DIGESTS)
def test_the_words_say_the_first_66_bits_and_no_others(digest: bytes) -> None:
    bits = "".join(
        f"{QUALITIES.index(word[0]):04b}{THINGS.index(word[1]):07b}" for word in six_words(digest)
    )
    assert len(bits) == 11 * COUNT
    assert bits == f"{int.from_bytes(digest, 'big'):0256b}"[: 11 * COUNT]


@pytest.mark.parametrize("length", [0, 20, 31, 33])
def test_what_is_no_digest_gets_no_words(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        six_words(bytes(length))


def test_two_keys_sound_different_and_one_key_always_the_same() -> None:
    one, other = (ec.derive_private_key(n, ec.SECP256R1()).public_key() for n in (1, 2))
    assert spoken(one) == spoken(one)
    assert spoken(one) != spoken(other)
    assert fingerprint(one).replace(" ", "") != fingerprint(other).replace(" ", "")
    assert len(fingerprint(one)) == 64 + 15
