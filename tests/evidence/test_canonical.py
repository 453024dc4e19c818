"""One value, one form: canonical JSON against an independent RFC 8785."""

from __future__ import annotations

import contextlib

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.canonical import MAX_DEPTH, MAX_INTEGER, Value, decode, encode, line
from recorder.evidence.errors import EvidenceError, Malformed

INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.text(max_size=20) | INTEGERS | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES)
def test_every_value_has_the_form_of_rfc_8785_and_comes_back(value: Value) -> None:
    assert encode(value) == rfc8785.dumps(value)
    assert decode(encode(value)) == value


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(EvidenceError):
        assert encode(decode(data)) == data


def test_a_line_ends_with_one_line_feed() -> None:
    assert line({"b": 1, "a": "实录"}) == '{"a":"实录","b":1}\n'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"a":1,"a":1}',
        b"1.0",
        b"1e3",
        b"NaN",
        b"-Infinity",
        b"null",
        b"[null]",
        b"-0",
        b"007",
        b"9007199254740992",
        b"-9007199254740992",
        b"123456789012345678901234567890",
        b'"\\u0041"',
        b'"\\ud800"',
        b'"\\/"',
        b'"\xff"',
        '{"键":1}'.encode(),
        b"",
        b"[1]x",
        "\ufeff1".encode(),
        '"a"'.encode("utf-16"),
        b"[" * 5000 + b"]" * 5000,
        b"[" * 200_000 + b"]" * 200_000,
    ],
)
def test_a_second_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


def test_a_key_that_stands_twice_is_named() -> None:
    with pytest.raises(Malformed, match="'a' stands twice"):
        decode(b'{"a":1,"a":1}')


@pytest.mark.parametrize(
    "value", [1.5, None, [None], {"a": 2.0}, {"é": 1}, {1: 1}, MAX_INTEGER + 1, "\ud800", (1,)]
)
def test_what_has_no_canonical_form_is_not_written(value: Value) -> None:
    with pytest.raises(Malformed):
        encode(value)


def test_levels_are_bounded() -> None:
    deep: Value = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert decode(encode(deep)) == deep
    with pytest.raises(Malformed):
        encode([deep])
