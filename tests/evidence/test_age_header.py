"""Headers of age files, made by hand: one reading each, and a MAC over all of it."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from recorder.evidence.age import (
    CHUNK,
    Decryptor,
    Identity,
    decrypt,
    encrypt,
)
from recorder.evidence.age_header import (
    MAX_HEADER_BYTES,
    Stanza,
    derived,
    find_header,
    header_bytes,
)
from recorder.evidence.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    Random = Callable[[int], bytes]

STATION = Identity.of(bytes(range(32)))
RECOVERY = Identity.of(bytes(range(1, 33)))
STRANGER = Identity.of(bytes(range(2, 34)))
BOTH = (STATION.recipient(), RECOVERY.recipient())
FILE_KEY, NONCE = bytes(16), bytes(16)


def film(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


# A repeatable source that never gives a key of low order.
def ones(count: int) -> bytes:
    return b"\x01" * count


def sealed_by_hand(chunks: list[tuple[bytes, int]], *stanzas: Stanza) -> bytes:
    """A file of any chunks with any flags, under a file key of zeros."""
    cipher = ChaCha20Poly1305(derived(FILE_KEY, NONCE, "payload"))
    body = b"".join(
        cipher.encrypt(index.to_bytes(11, "big") + bytes([flag]), clear, None)
        for index, (clear, flag) in enumerate(chunks)
    )
    return header_bytes(stanzas or (ours(),), FILE_KEY) + NONCE + body


def ours() -> Stanza:
    return STATION.recipient().stanza(FILE_KEY, ones(32))


def test_an_empty_last_chunk_only_ends_an_empty_file() -> None:
    assert decrypt(sealed_by_hand([(b"", 1)]), [STATION]) == b""
    assert decrypt(sealed_by_hand([(film(CHUNK), 0), (b"x", 1)]), [STATION]) == film(CHUNK) + b"x"
    with pytest.raises(Malformed, match="empty chunk"):
        decrypt(sealed_by_hand([(film(CHUNK), 0), (b"", 1)]), [STATION])


def test_unknown_stanzas_are_ignored_and_ours_are_strict() -> None:
    grease = Stanza(("grease", "a=b", "~"), bytes(48))
    assert decrypt(sealed_by_hand([(b"x", 1)], grease, ours()), [STATION]) == b"x"
    good = ours()
    share = good.arguments[1]
    for bad in (
        Stanza(("X25519",), good.body),
        Stanza(("X25519", share, "more"), good.body),
        Stanza(("X25519", share + "A"), good.body),
        Stanza(("X25519", share[:-1]), good.body),
        Stanza(("X25519", share[:-1] + "~"), good.body),
        Stanza(("X25519", "A" * 43), good.body),
        Stanza(("X25519", share), good.body + b"x"),
        Stanza(("X25519", share), good.body[:-1]),
    ):
        with pytest.raises(Malformed):
            decrypt(sealed_by_hand([(b"x", 1)], bad, good), [STATION])


GOOD = encrypt(b"hello", BOTH[:1], ones)
LINES = GOOD[: GOOD.index(b"\n---") + 1].decode().split("\n")
MAC = GOOD[GOOD.index(b"--- ") + 4 :][:43]


def with_mac(covered: str) -> bytes:
    """A header with a right MAC over any text, and an empty payload behind it."""
    key = derived(b"\x01" * 16, b"", "header")
    mac = base64.b64encode(hmac.digest(key, covered.encode() + b"---", "sha256")).rstrip(b"=")
    return covered.encode() + b"--- " + mac + GOOD[GOOD.index(MAC) + 43 :]


def test_headers_made_by_hand_open() -> None:
    assert decrypt(with_mac("\n".join(LINES)), [STATION]) == b"hello"


@pytest.mark.parametrize(
    "covered",
    [
        "\n".join(["age-encryption.org/v2", *LINES[1:]]),
        "\n".join([LINES[0], LINES[1].replace("-> ", "->  "), *LINES[2:]]),
        "\n".join([LINES[0], LINES[1] + " ", *LINES[2:]]),
        "\n".join([LINES[0], LINES[1] + "\r", *LINES[2:]]),
        "\n".join([LINES[0], LINES[1], LINES[2] + "=", ""]),
        "\n".join([LINES[0], LINES[1], "A" * 65, "", ""]),
        "\n".join([LINES[0], LINES[1], LINES[2], "", ""]),
        "\n".join([LINES[0], "", *LINES[1:]]),
        "\n".join([*LINES[:-1], "-> grease", "A" * 64, ""]),
        "\n".join([*LINES[:-1], "-> grease", "A" * 68, "", ""]),
        "\n".join([*LINES[:-1], "-> ", "", ""]),
        "\n".join([*LINES[:-1], "-> é", "", ""]),
        LINES[0] + "\n",
    ],
)
def test_a_header_with_a_second_reading_is_refused(covered: str) -> None:
    with pytest.raises(Malformed):
        decrypt(with_mac(covered), [STATION])


@pytest.mark.parametrize(
    "mac", [b"", b"A" * 43, MAC + b"=", MAC[:-1], MAC[:-1] + b"\xff", b" " + MAC, MAC[:-1] + b"*"]
)
def test_the_mac_line_is_strict(mac: bytes) -> None:
    with pytest.raises(Malformed):
        decrypt(GOOD.replace(MAC, mac), [STATION])
    with pytest.raises(Malformed):
        decrypt(GOOD.replace(b"--- ", b"---\t"), [STATION])


def test_a_changed_header_is_seen_by_its_mac() -> None:
    grease = sealed_by_hand([(b"x", 1)], Stanza(("grease",), b""), ours())
    with pytest.raises(Malformed, match="MAC does not fit"):
        decrypt(grease.replace(b"grease", b"Grease"), [STATION])


def test_a_header_has_an_end() -> None:
    endless = b"age-encryption.org/v1\n" + b"-> x\n\n" * MAX_HEADER_BYTES
    decryptor = Decryptor([STATION])
    assert decryptor.feed(endless[:1000]) == b""
    with pytest.raises(Malformed, match="does not end within"):
        decryptor.feed(endless[1000:])
    mac_beyond = b"age-encryption.org/v1\n---" + b" " * MAX_HEADER_BYTES
    with pytest.raises(Malformed, match="does not end within"):
        find_header(mac_beyond)
    with pytest.raises(Malformed, match="not an age file"):
        decrypt(b"\x00", [STATION])
