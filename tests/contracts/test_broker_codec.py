"""The embedded broker's parser: whatever comes in, it answers with a packet or with Malformed."""

import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uplink.broker.access import NAME_LEVEL, AccessTable, Action, Rule
from uplink.broker.embedded import codec
from uplink.broker.embedded.fields import FieldReader, Malformed, varint
from uplink.broker.embedded.packets import (
    Connack,
    Connect,
    Disconnect,
    Filter,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from uplink.broker.embedded.properties import Properties
from uplink.broker.embedded.session import Session
from uplink.broker.embedded.subscriptions import Subscriptions
from uplink.broker.topics import BadTopic, check_filter, check_name, covers, matches

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
blobs = st.binary(max_size=20)
u16s, u32s, codes = st.integers(1, 0xFFFF), st.integers(1, 0xFFFFFFFF), st.integers(0, 255)
flags, qoses = st.booleans(), st.integers(0, 1)
pairs = st.lists(st.tuples(words, words), max_size=3).map(tuple)


def some(**kinds: st.SearchStrategy[object]) -> st.SearchStrategy[Properties]:
    optional = {name: st.none() | kind for name, kind in kinds.items()}
    return st.builds(Properties, user_properties=pairs, **optional)


message = {
    "payload_format": qoses,
    "message_expiry_seconds": u32s,
    "content_type": words,
    "response_topic": words,
    "correlation": blobs,
}
greeting = {
    "session_expiry_seconds": u32s,
    "receive_maximum": u16s,
    "maximum_packet_bytes": u32s,
    "topic_alias_maximum": u16s,
    "authentication_method": words,
}
acks = some(reason_string=words)
wills = st.builds(Will, words, blobs, qoses, flags, some(**message, will_delay_seconds=u32s))
filters = st.builds(Filter, words, qoses, flags, flags, st.integers(0, 2))
letters = st.builds(Publish, words, blobs, properties=some(**message, topic_alias=u16s)) | (
    st.builds(Publish, words, blobs, st.just(1), flags, flags, u16s, some(**message))
)
packets: st.SearchStrategy[Packet] = st.one_of(
    st.builds(
        Connect,
        words,
        flags,
        u16s,
        some(**greeting),
        st.none() | wills,
        st.none() | words,
        st.none() | blobs,
    ),
    st.builds(Connack, flags, codes, some(**greeting, assigned_client_id=words, maximum_qos=qoses)),
    letters,
    st.builds(Puback, u16s, codes, acks),
    st.builds(Subscribe, u16s, st.lists(filters, min_size=1).map(tuple)),
    st.builds(Suback, u16s, st.lists(codes, min_size=1).map(tuple), acks),
    st.builds(Unsubscribe, u16s, st.lists(words, min_size=1).map(tuple)),
    st.builds(Unsuback, u16s, st.lists(codes, min_size=1).map(tuple), acks),
    st.just(Pingreq()),
    st.just(Pingresp()),
    st.builds(Disconnect, codes, some(session_expiry_seconds=u32s, reason_string=words)),
)


def parts(packet: bytes) -> tuple[int, bytes]:
    """Take a packet apart as the owner of the socket does."""
    reader = FieldReader(packet, 1)
    size_bytes = reader.varint()
    assert size_bytes == reader.left
    return packet[0], reader.rest()


@given(packets)
def test_every_packet_comes_back_as_it_went(packet: Packet) -> None:
    assert codec.read(*parts(codec.write(packet))) == packet


@given(st.integers(0, 255), st.binary(max_size=64))
def test_no_bytes_crash_the_parser(first_byte: int, body: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert dataclasses.is_dataclass(codec.read(first_byte, body))


@given(packets, st.data())
def test_no_damaged_packet_crashes_the_parser(packet: Packet, data: st.DataObject) -> None:
    first_byte, body = parts(codec.write(packet))
    if body:
        at = data.draw(st.integers(0, len(body) - 1))
        broken = body[:at] + bytes([data.draw(codes)]) + body[at + 1 :]
        with contextlib.suppress(Malformed):
            assert dataclasses.is_dataclass(codec.read(first_byte, broken))


@given(st.builds(Connect, words, flags, u16s, some(**greeting), wills), st.data())
def test_a_cut_connect_is_malformed(packet: Connect, data: st.DataObject) -> None:
    first_byte, body = parts(codec.write(packet))
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(Malformed):
        codec.read(first_byte, body[:cut])


@pytest.mark.parametrize(
    ("sentence", "first_byte", "body"),
    [
        ("only MQTT 5", 0x10, "00044d5154540402003c0000"),
        ("contradict", 0x10, "00044d5154540503003c000000"),
        ("not served", 0xF0, "1800"),
        ("not served", 0x50, "0001"),
        ("identifier cannot be 0", 0x32, "00016100000041"),
        ("cannot carry the flags", 0x36, "000161000100"),
        ("cannot carry the flags", 0x38, "00016100"),
        ("cannot carry the flags", 0x80, "00010000016100"),
        ("cannot stand in", 0x30, "0001610311000000"),
        ("twice", 0x30, "00016106030001780300"),
        ("cannot be 0", 0x10, "00044d5154540502003c032100000000"),
        ("longer than it must be", 0x30, "0001618000"),
        ("lists nothing", 0x82, "000100"),
        ("reserved", 0x82, "0001000001610b"),
        ("follow the end", 0xC0, "00"),
        ("U+0000", 0x30, "00010000"),
        ("not UTF-8", 0x30, "0001ff00"),
        ("not UTF-8", 0x30, "0003eda08000"),
    ],
)
def test_what_the_standard_forbids_is_named(sentence: str, first_byte: int, body: str) -> None:
    with pytest.raises(Malformed, match=sentence.replace("+", r"\+")):
        codec.read(first_byte, bytes.fromhex(body))


def test_a_known_packet_has_its_known_bytes() -> None:
    # MQTT 5, example of section 3.1: figures 3-6 and 3-7 with only a session expiry of 10 s.
    asked = Connect("c", True, 10, Properties(session_expiry_seconds=10))
    assert codec.write(asked).hex() == "101300044d5154540502000a05110000000a000163"
    assert codec.write(Publish("a/b", b"!", 1, packet_id=10)).hex() == "32090003612f62000a0021"


@pytest.mark.parametrize(("value", "hexes"), [(0, "00"), (127, "7f"), (128, "8001")])
def test_a_length_takes_its_shortest_form(value: int, hexes: str) -> None:
    assert varint(value).hex() == hexes


levels = st.sampled_from(["a", "b", "", "$x"])
names = st.lists(levels, min_size=1, max_size=4).map("/".join).filter(bool)
wild = st.tuples(st.lists(levels | st.just("+"), max_size=4), st.booleans())
plain_filters = wild.map(lambda one: "/".join([*one[0], *(["#"] if one[1] else [])])).filter(bool)


@given(st.lists(plain_filters, max_size=8, unique=True), names)
def test_the_tree_finds_what_each_filter_alone_would(asked: list[str], topic: str) -> None:
    tree, session = Subscriptions(), Session(("unit", "1"))
    for one in asked:
        tree.add(session, Filter(one))
    found = [wanted.topic_filter for _session, wanted in tree.listening(topic)]
    assert sorted(found) == sorted(one for one in asked if matches(one, topic))
    for one in asked:
        tree.remove(session, one)
    assert tree == Subscriptions()


@given(plain_filters, plain_filters, names)
def test_a_covering_filter_hears_all_that_the_covered_one_hears(
    wide: str, narrow: str, topic: str
) -> None:
    if covers(wide, narrow) and matches(narrow, topic):
        assert matches(wide, topic)


@pytest.mark.parametrize("bad", ["", "a/#/b", "a+", "#a", "$share/g", "$share//a", "$share/+/a"])
def test_a_bad_filter_is_refused(bad: str) -> None:
    with pytest.raises(BadTopic):
        check_filter(bad)


@pytest.mark.parametrize("bad", ["", "a/+", "#"])
def test_a_bad_topic_is_refused(bad: str) -> None:
    with pytest.raises(BadTopic):
        check_name(bad)


@pytest.mark.parametrize(
    ("name", "action", "topic", "allowed"),
    [
        ("unit-1", Action.WRITE, "s/unit-1/offer", True),
        ("unit-1", Action.WRITE, "s/unit-2/offer", False),
        ("unit-1", Action.READ, "s/unit-1/in/#", True),
        ("unit-1", Action.READ, "s/+/in/#", False),
        ("unit-1", Action.READ, "#", False),
        ("unit-1", Action.READ, "$share/g/s/unit-1/in/x", True),
        ("unit-1", Action.WRITE, "$share/g/s/unit-1/in/x", False),
        ("+", Action.WRITE, "s/+/offer", False),
        ("#", Action.READ, "s/#/in/#", False),
        ("a/b", Action.WRITE, "s/a/b/offer", False),
    ],
)
def test_the_access_table(name: str, action: Action, topic: str, *, allowed: bool) -> None:
    table = AccessTable(
        (
            Rule(None, Action.WRITE, f"s/{NAME_LEVEL}/#"),
            Rule(None, Action.READ, f"s/{NAME_LEVEL}/in/#"),
        )
    )
    assert table.may(name, action, topic) is allowed
