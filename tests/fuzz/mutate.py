"""Bad bytes from good ones: bits, cuts, splices, numbers, and JSON whose values are strange."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

MOST_BYTES = 200_000
TOKENS = (
    b"\0", b"\n", b"\r\n", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b'"', b"\\u0000", b"null",
    b"-0", b"1e9", b"9007199254740992", b"\xe2\x80\x94 ", b"-> ", b"---", b"=", b"..", b"/", b",",
    b"moof", b"mdat", b"moov", b"trak", b"\0\0\0\x01", b"\0\0\0\x00", b"\x7f\xff\xff\xff", b"+",
    b"*", b"$", b"[[", b"true", b"nan", b"inf", b"'''", b'"""', b"#", b"\xc2\x85", b"\xed\xa0\x80",
)  # fmt: skip
STRANGE: tuple[Any, ...] = (
    0, -1, 1, 2**31, 2**53, 2**64, -(2**63), True, False, None, 0.5, "", "\0", "x" * 5000, "ａ",
    "../../x", [], {}, [[]], [0] * 300, {"v": 1}, "2026-02-30T00:00:00.000Z", "é", "\u2028", "-1",
)  # fmt: skip


def mutated(seed: bytes, other: bytes, dice: random.Random) -> bytes:
    """Give `seed` after one to four deeds; `other` lends its parts."""
    data = seed
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        data = dice.choice(DEEDS)(data, other, dice)
    return data[:MOST_BYTES]


def _bit(data: bytes, _: bytes, dice: random.Random) -> bytes:
    if not data:
        return b"\x01"
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _span(data: bytes, dice: random.Random) -> tuple[int, int]:
    start = dice.randrange(len(data) + 1)
    most = dice.choice((1, 4, 32, 1000, len(data)))
    return start, min(len(data), start + dice.randrange(most + 1))


def _cut(data: bytes, _: bytes, dice: random.Random) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + data[end:]


def _end(data: bytes, _: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _double(data: bytes, _: bytes, dice: random.Random) -> bytes:
    start, end = _span(data, dice)
    return data[:end] + data[start:end] * dice.choice((1, 2, 50)) + data[end:]


def _splice(data: bytes, other: bytes, dice: random.Random) -> bytes:
    start, end = _span(other, dice)
    at = dice.randrange(len(data) + 1)
    return data[:at] + other[start:end] + data[at:]


def _token(data: bytes, _: bytes, dice: random.Random) -> bytes:
    token = dice.choice(TOKENS)
    at = dice.randrange(len(data) + 1)
    return data[:at] + token + data[at + dice.choice((0, len(token))) :]


def _digits(data: bytes, _: bytes, dice: random.Random) -> bytes:
    """Put another number where digits stand."""
    places = [at for at, byte in enumerate(data[:5000]) if 48 <= byte <= 57]
    if not places:
        return data
    at = dice.choice(places)
    number = dice.choice((0, 1, 9, 10**6, 2**32, 2**53, 2**63, 2**64, 10**30))
    return data[:at] + str(number).encode() + data[at + 1 :]


def _strange_json(data: bytes, _: bytes, dice: random.Random) -> bytes:
    """Change one value, or one key, of canonical JSON and write it canonically again."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    end = b"\n" if data.endswith(b"\n") else b""
    places: list[tuple[Any, Any]] = []
    _collect(value, places)
    if not places:
        return data
    parent, key = dice.choice(places)
    match dice.randrange(4):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, dict):
            parent[dice.choice(("v", "x", "é", "type", "file"))] = parent.pop(key)
        case _:
            parent[key] = dice.choice((*STRANGE, dice.choice(places)[0]))
    try:
        return (
            json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
                "utf-8", "surrogatepass"
            )
            + end
        )
    except (ValueError, RecursionError):  # it holds itself
        return data


def _collect(value: Any, places: list[tuple[Any, Any]]) -> None:  # noqa: ANN401 - JSON is any
    keys: Sequence[Any] = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        places.append((value, key))
        _collect(value[key], places)


DEEDS: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _bit, _bit, _cut, _end, _double, _splice, _token, _digits, _strange_json, _strange_json,
)  # fmt: skip


def nmea_mended(data: bytes) -> bytes:
    """Give every sentence the check sum that it needs to be read at all."""
    mended = []
    for each in data.split(b"\n"):
        body = each.strip().lstrip(b"$").partition(b"*")[0]
        check = 0
        for byte in body:
            check ^= byte
        mended.append(b"$" + body + f"*{check:02X}\r".encode())
    return b"\n".join(mended)
