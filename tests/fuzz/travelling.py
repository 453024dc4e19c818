"""Parsers of what travels: on sockets, through a broker, between a log and its witnesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from recorder.capture import lens_words
from recorder.evidence.note import parse_note
from recorder.evidence.receipt import TlogProof
from recorder.handover import codec
from recorder.handover.errors import RefusedPacket
from tests.fuzz.target import Target, by_text, same
from tests.handover.test_codec import PACKETS
from uplink.broker.embedded import codec as mqtt
from uplink.broker.embedded.fields import FieldReader
from uplink.broker.embedded.fields import Malformed as MalformedPacket
from uplink.broker.embedded.packets import (
    Connack,
    Connect,
    Disconnect,
    Filter,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsubscribe,
    Will,
)
from uplink.broker.embedded.properties import Properties
from uplink.station.log.witness_wire import (
    add_checkpoint_bytes,
    parse_add_checkpoint,
    parse_signature_lines,
)
from uplink.wire.chunks import chunk_head, parse_chunk
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
from uplink.wire.topics import parse_topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.handover.packets import Packet
    from uplink.broker.embedded.packets import Packet as MqttPacket

_MQTT: tuple[MqttPacket, ...] = (
    Connect("BF-0007", clean_start=True, keep_alive_seconds=30, user_name="u", password=b"p"),
    Connect(
        "BF-0007",
        clean_start=False,
        keep_alive_seconds=30,
        properties=Properties(session_expiry_seconds=9, receive_maximum=4),
        will=Will("shilu/1/a/BF-0007/state", b"{}", 1, retain=True, properties=Properties()),
    ),
    Connack(session_present=False, reason=0, properties=Properties(maximum_qos=1)),
    Publish("shilu/1/a/BF-0007/offer", b"{}", 1, packet_id=7, properties=Properties(topic_alias=2)),
    Puback(7, 16),
    Subscribe(3, (Filter("shilu/1/a/+/offer", 1), Filter("$share/w/shilu/#", 0))),
    Suback(3, (1, 0)),
    Unsubscribe(4, ("shilu/#",)),
    Disconnect(4, Properties(reason_string="bye", user_properties=(("a", "b"),))),
)


def _mqtt_packet(data: bytes) -> None:
    """A packet's first byte and body; the length between them is the socket's owner's."""
    if not data:
        return
    packet = mqtt.read(data[0], data[1:])
    written = mqtt.write(packet)
    reader = FieldReader(written, 1)
    reader.varint()
    assert mqtt.read(written[0], reader.rest()) == packet, "it was read, and is written differently"


def _mqtt_seed(packet: MqttPacket) -> bytes:
    written = mqtt.write(packet)
    reader = FieldReader(written, 1)
    reader.varint()
    return written[:1] + reader.rest()


def on_the_way(files: dict[str, bytes]) -> Iterator[Target]:
    """Give the parsers; `files` are those of a package with a receipt."""
    packets = tuple(codec.encode(packet) for packet in cast("list[Packet]", PACKETS))
    yield Target("packet", packets, same(codec.decode, codec.encode), (RefusedPacket,))
    lens = (
        lens_words.encode(lens_words.Said("notice", notice=True)),
        lens_words.encode(lens_words.WasLost("camera", 3, 5, 9, "stalled")),
    )
    yield Target("lens word", lens, same(lens_words.decode, lens_words.encode))
    yield Target("MQTT packet", tuple(map(_mqtt_seed, _MQTT)), _mqtt_packet, (MalformedPacket,))
    yield from _letters()
    yield from _witness(files)


def _letters() -> Iterator[Target]:
    journey, name = "ab" * 8, "media/000001-0001.mp4.age"
    messages = (
        State(True, 3, "0.1", 4, 5, "", "", journey, 6),
        StationState(True, "w1-abc"),
        Offer(journey, (OfferedFile(name, 5, "ab" * 32),)),
        Grant(journey, "w1", 9, (Wanted(1, name, 0),), (name,), "2026-11-21T08:00:00.000Z"),
        Ack(journey, 5, 9),
        Stored(journey, name, "ab" * 32),
        Refusal(journey, name, "No."),
        ReceiptLetter("proof\n", (bytes(32),), 12, (name,)),
        AnchorLetter("head\n", (bytes(32),), 12),
        CommandLetter("shilu.command/v1\n"),
    )
    for message in messages:
        kind = type(message)
        yield Target(kind.__name__, (message.payload(),), same(kind.parse, kind.payload))
    yield Target("chunk", (chunk_head(7, 65_536, 5) + b"bytes",), parse_chunk)
    yield Target("topic", (b"shilu/1/baofeng-mz/BF-0007/state",), by_text(parse_topic))


def _witness(files: dict[str, bytes]) -> Iterator[Target]:
    """What a log asks a witness, and what it answers."""
    proof = next(data for name, data in files.items() if name.endswith("proof"))
    note = parse_note(TlogProof.parse(proof).checkpoint)
    asked = (add_checkpoint_bytes(0, (), note), add_checkpoint_bytes(3, (bytes(32),) * 2, note))
    answer = TlogProof.parse(proof).checkpoint.partition(b"\n\n")[2]
    yield Target(
        "witness request",
        asked,
        same(parse_add_checkpoint, lambda parts: add_checkpoint_bytes(*parts)),
    )
    yield Target("witness answer", (answer,), parse_signature_lines)
