"""Keys of age: pyrage writes and reads the same, and a mistyped one is refused."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.evidence.age import (
    Identity,
    Recipient,
)
from recorder.evidence.bech32 import bech32_bytes, bech32_text
from recorder.evidence.errors import EvidenceError, Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    Random = Callable[[int], bytes]

STATION = Identity.of(bytes(range(32)))
RECOVERY = Identity.of(bytes(range(1, 33)))
STRANGER = Identity.of(bytes(range(2, 34)))
BOTH = (STATION.recipient(), RECOVERY.recipient())


def test_keys_are_written_as_age_writes_them() -> None:
    theirs = pyrage.x25519.Identity.generate()
    ours = Identity.parse(str(theirs))
    assert ours.text() == str(theirs)
    assert ours.recipient().text() == str(theirs.to_public())
    assert Recipient.parse(str(theirs.to_public())) == ours.recipient()
    assert ours.text() not in repr(ours)
    assert str(ours.secret) not in repr(ours)


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        lambda text: text[:-1],
        lambda text: text[:-1] + ("Q" if text[-1] != "Q" else "P"),
        lambda text: text + "\n",
        lambda text: text.replace("AGE-", "EGA-"),
        lambda text: text.replace("1", "É"),
        lambda _: "AGE-SECRET-KEY-1",
        lambda _: bech32_text("age-secret-key-", bytes(31)).upper(),
        lambda _: "",
    ],
)
def test_a_mistyped_key_is_refused_and_not_repeated(change: Callable[[str], str]) -> None:
    with pytest.raises(Malformed) as refusal:
        Identity.parse(change(STATION.text()))
    assert STATION.text()[20:40] not in str(refusal.value)
    assert STATION.text()[20:40].lower() not in str(refusal.value)


@given(st.binary(max_size=40))
def test_bech32_comes_back(data: bytes) -> None:
    assert bech32_bytes("age", bech32_text("age", data)) == data


@given(st.text(max_size=80) | st.text("qpzry9x8gf2tvdw0s3jn54khce6mua7l1", max_size=60))
def test_no_text_breaks_the_reader_of_keys(text: str) -> None:
    for candidate in (text, f"age1{text}"):
        with contextlib.suppress(EvidenceError):
            Recipient.parse(candidate)
        with contextlib.suppress(EvidenceError):
            Identity.parse(candidate)


def test_a_mistyped_letter_is_called_so() -> None:
    wrong = STATION.text()[:30] + ("Q" if STATION.text()[30] != "Q" else "P") + STATION.text()[31:]
    with pytest.raises(Malformed, match="mistyped"):
        Identity.parse(wrong)


def test_bits_behind_the_last_byte_are_zero() -> None:
    valid_checksum_but_surplus_bits = "age1qqqqqqq"
    with pytest.raises(Malformed):
        bech32_bytes("age", valid_checksum_but_surplus_bits)
    # "qp" holds one byte and two bits; its checksum is right, and the bits are not zero.
    with pytest.raises(Malformed, match="canonical"):
        bech32_bytes("a", with_checksum("a", [0, 1]))


def with_checksum(prefix: str, values: list[int]) -> str:
    """Bech32 as BIP 173 states it, for any groups of five bits."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    wide = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in [*wide, *values, 0, 0, 0, 0, 0, 0]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        for bit, generator in enumerate(generators):
            check ^= generator if (top >> bit) & 1 else 0
    tail = [((check ^ 1) >> 5 * (5 - n)) & 31 for n in range(6)]
    return prefix + "1" + "".join(letters[v] for v in [*values, *tail])
