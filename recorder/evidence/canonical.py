"""Canonical JSON: RFC 8785 on ASCII keys, integers, strings, booleans, arrays and objects.

Promises one and only one byte form for each value, and refuses every other. Knows nothing of
records.
"""

import json
from collections.abc import Iterable
from typing import Never, TypeAlias

from recorder.evidence.errors import Malformed

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | bool"

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16


def encode(value: Value) -> bytes:
    """Give the canonical bytes of `value`, without a line feed.

    Raises Malformed if `value` has no canonical form: a float, a null, a key outside ASCII, an
    integer beyond 2^53-1, half of a surrogate pair, or more than MAX_DEPTH levels.
    """
    _check(value, MAX_DEPTH)
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise Malformed("A text holds half of a surrogate pair; it has no UTF-8 form.") from None


def line(value: Value) -> bytes:
    """Give the canonical bytes of `value` and one line feed."""
    return encode(value) + b"\n"


def decode(data: bytes) -> Value:
    """Read the canonical bytes of one value, without a line feed.

    Raises Malformed unless `data` is exactly what `encode` gives for the value in it.
    """
    try:
        value: Value = _DECODER.decode(data.decode())
    except (ValueError, RecursionError) as error:
        raise Malformed(f"This is not JSON in UTF-8: {error}.") from None
    if encode(value) != data:
        raise Malformed("This JSON is not in canonical form: writing it anew gives other bytes.")
    return value


def _check(value: object, depth: int) -> None:
    if isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Malformed("An integer lies beyond 2^53-1; write it smaller or as a text.")
        return
    if depth == 0:
        raise Malformed(f"There are more than {MAX_DEPTH} levels of objects and arrays.")
    if isinstance(value, dict):
        for key, member in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise Malformed(f"The key {key!r} is not an ASCII text.")
            _check(member, depth - 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth - 1)
    else:
        raise Malformed(
            f"A value of type {type(value).__name__} has no canonical form; "
            "use objects, arrays, texts, integers and booleans, and leave out what is absent."
        )


def _unique(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    members: dict[str, Value] = {}
    for key, value in pairs:
        if key in members:
            raise Malformed(f"The key {key!r} stands twice in one object.")
        members[key] = value
    return members


def _refuse_number(text: str) -> Never:
    raise Malformed(f"The number {text[:20]} is not an integer; only integers are allowed.")


def _integer(text: str) -> int:
    if len(text) > 17:
        raise Malformed("An integer lies beyond 2^53-1; write it smaller or as a text.")
    return int(text)


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=_refuse_number,
    parse_int=_integer,
    parse_constant=_refuse_number,
)
