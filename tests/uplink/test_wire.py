"""Letters on the wire: what is written is read, and nothing else is, whatever comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.evidence.canonical import encode
from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.moment import utc_text
from recorder.evidence.words import log_file, media_file
from uplink.wire.chunks import CHUNK_MAX_BYTES, OFFSET_MAX, chunk_head, parse_chunk
from uplink.wire.messages import (
    Ack,
    Grant,
    Offer,
    OfferedFile,
    Refusal,
    Stored,
    Wanted,
)
from uplink.wire.orders import CommandLetter
from uplink.wire.proofs import AnchorLetter, ReceiptLetter
from uplink.wire.standing import State, StationState
from uplink.wire.topics import Kind, Topic, parse_topic

if TYPE_CHECKING:
    from recorder.evidence.canonical import Value

COUNT = st.integers(0, 2**53 - 1)
ONE = chunk_head(1, 0, 1)
DIGEST = st.binary(min_size=32, max_size=32).map(bytes.hex)
JOURNEY = st.binary(min_size=8, max_size=8).map(bytes.hex)
FILE = st.builds(media_file, st.integers(1, 10**6), st.integers(1, 10**4)) | st.builds(
    log_file, st.integers(1, 10**6)
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=64).map(tuple)
UTC = st.integers(0, 4_000_000_000_000).map(utc_text)
OFFERED = st.builds(OfferedFile, FILE, st.integers(0, 2**50), DIGEST)
FILES = st.lists(FILE, max_size=20).map(tuple)
MESSAGES = st.one_of(
    st.builds(
        State,
        *(st.booleans(), COUNT, TEXT, COUNT, COUNT, st.just(""), UTC),
        JOURNEY | st.just(""),
        COUNT,
    ),
    st.builds(StationState, st.booleans(), st.just("w1-abc")),
    st.builds(
        Offer, JOURNEY, st.lists(OFFERED, max_size=20, unique_by=lambda one: one.file).map(tuple)
    ),
    st.builds(
        Grant,
        JOURNEY,
        st.just("w1"),
        COUNT,
        st.lists(st.builds(Wanted, st.integers(1, 2**32 - 1), FILE, COUNT), max_size=20).map(tuple),
        FILES,
        UTC,
    ),
    st.builds(Ack, JOURNEY, COUNT, COUNT),
    st.builds(Stored, JOURNEY, FILE, DIGEST),
    st.builds(Refusal, JOURNEY, FILE, TEXT),
    st.builds(ReceiptLetter, TEXT, HASHES, COUNT, FILES),
    st.builds(AnchorLetter, TEXT, HASHES, COUNT),
    st.builds(CommandLetter, TEXT),
)
KINDS = (
    *(State, StationState, Offer, Grant, Ack, Stored, Refusal, ReceiptLetter, AnchorLetter),
    CommandLetter,
)


@given(MESSAGES)
def test_every_message_is_read_as_it_was_written(
    message: State | StationState | Offer | Grant | Ack | Stored | Refusal,
) -> None:
    assert type(message).parse(message.payload()) == message


@given(st.binary(max_size=300) | TEXT.map(str.encode) | MESSAGES.map(lambda one: one.payload()))
def test_strange_bytes_are_refused_as_malformed_and_never_otherwise(payload: bytes) -> None:
    for kind in KINDS:
        try:
            message = kind.parse(payload)
        except Malformed:
            continue
        assert message.payload() == payload


@given(MESSAGES, st.data())
def test_a_message_with_one_byte_changed_is_refused_or_says_that_byte(
    message: Ack, data: st.DataObject
) -> None:
    payload = bytearray(message.payload())
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = type(message).parse(bytes(payload))
    except Malformed:
        return
    assert read != message
    assert read.payload() == payload


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"v": 2}, "outside 1 to 1"),
        ({"journey": "xyz"}, "16 hexadecimal"),
        ({"credit": -1}, "outside 0"),
        ({"credit": True}, "not a whole number"),
        ({"more": 1}, "unknown fields: more"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Value], sentence: str) -> None:
    fields: dict[str, Value] = {"v": 1, "journey": "0" * 16, "received": 5, "credit": 9}
    assert Ack.parse(encode(fields)).credit == 9
    with pytest.raises(Malformed, match=sentence):
        Ack.parse(encode({**fields, **change}))


def test_a_message_beyond_the_bound_is_refused() -> None:
    with pytest.raises(Malformed, match="longer than 262144"):
        Offer.parse(b" " * 262_145)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "media/../log/000001.jsonl", "log/1.jsonl", "/log/000001.jsonl"]
)
def test_a_file_that_no_unit_has_cannot_be_offered(name: str) -> None:
    file: Value = {"file": name, "length": 1, "sha256": "0" * 64}
    with pytest.raises(EvidenceError):
        Offer.parse(encode({"v": 1, "journey": "0" * 16, "files": [file]}))


@given(st.integers(1, 2**32 - 1), st.integers(0, OFFSET_MAX // 2), st.binary(min_size=1))
def test_a_chunk_is_read_as_it_was_written(handle: int, offset: int, data: bytes) -> None:
    chunk = parse_chunk(chunk_head(handle, offset, len(data)) + data)
    assert (chunk.handle, chunk.offset, bytes(chunk.data)) == (handle, offset, data)


@given(st.binary(max_size=40))
def test_strange_chunks_are_malformed_or_whole(payload: bytes) -> None:
    try:
        chunk = parse_chunk(payload)
    except Malformed:
        return
    assert chunk_head(chunk.handle, chunk.offset, len(chunk.data)) + chunk.data == payload


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        ONE,
        b"\2" + ONE[1:] + b"x",
        b"\1\1" + ONE[2:] + b"x",
        b"\1\0\0\1" + ONE[4:] + b"x",
        ONE.replace(b"\0\0\0\1", b"\0\0\0\0", 1) + b"x",
        ONE + bytes(CHUNK_MAX_BYTES) + b"x",
        ONE[:8] + b"\xff" * 8 + b"x",
    ],
)
def test_a_chunk_that_breaks_the_header_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        parse_chunk(payload)


@given(
    st.sampled_from([kind for kind in Kind if kind is not Kind.CHUNK]),
    st.sampled_from(["BF-0007", "A-1"]),
)
def test_a_topic_is_read_as_it_was_written(kind: Kind, unit: str) -> None:
    topic = Topic("baofeng-mz", unit, kind)
    assert parse_topic(str(topic)) == topic
    inbox = Topic("baofeng-mz", unit, Kind.CHUNK, "w1")
    assert parse_topic(str(inbox)) == inbox


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shilu/2/baofeng-mz/BF-0007/state",
        "shilu/1/baofeng-mz/BF-0007",
        "shilu/1/baofeng-mz/BF-0007/chunk",
        "shilu/1/baofeng-mz/BF-0007/state/w1",
        "shilu/1/baofeng-mz/station/offer",
        "shilu/1/baofeng-mz/+/offer",
        "shilu/1/baofeng-mz/BF-0007/dance",
        "shilu/1/baofeng-mz/BF-0007/chunk/W 1",
        "x" * 201,
    ],
)
def test_a_topic_that_is_not_ours_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_topic(text)
