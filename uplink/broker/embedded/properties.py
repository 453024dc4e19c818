"""MQTT 5 properties (section 2.2.2): one frozen set, and which packet may carry which. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from uplink.broker.embedded import fields
from uplink.broker.embedded.fields import FieldReader, Malformed
from uplink.broker.embedded.reasons import Reason


class Place(Enum):
    """Where a set of properties stands."""

    CONNECT = "CONNECT"
    WILL = "will"
    CONNACK = "CONNACK"
    PUBLISH = "PUBLISH"
    ACK = "acknowledgement"
    SUBSCRIBE = "SUBSCRIBE"
    UNSUBSCRIBE = "UNSUBSCRIBE"
    DISCONNECT = "DISCONNECT"


@dataclass(frozen=True, slots=True)
class Properties:
    """Every property of MQTT 5; None or empty where the packet does not carry it."""

    payload_format: int | None = None
    message_expiry_seconds: int | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation: bytes | None = None
    subscription_identifier: int | None = None
    session_expiry_seconds: int | None = None
    assigned_client_id: str | None = None
    server_keep_alive_seconds: int | None = None
    authentication_method: str | None = None
    authentication_bytes: bytes | None = None
    request_problem_information: int | None = None
    will_delay_seconds: int | None = None
    request_response_information: int | None = None
    response_information: str | None = None
    server_reference: str | None = None
    reason_string: str | None = None
    receive_maximum: int | None = None
    topic_alias_maximum: int | None = None
    topic_alias: int | None = None
    maximum_qos: int | None = None
    retain_available: int | None = None
    maximum_packet_bytes: int | None = None
    wildcard_available: int | None = None
    subscription_identifier_available: int | None = None
    shared_available: int | None = None
    user_properties: tuple[tuple[str, str], ...] = ()


NONE = Properties()


@dataclass(frozen=True, slots=True)
class _Kind:
    """One field type: how it is read and written, and which values are allowed."""

    read: Callable[[FieldReader], int | str | bytes]
    write: Callable[[Any], bytes]
    low: int = 0
    high: int = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the standard's table 2-4."""

    name: str
    kind: _Kind
    places: frozenset[Place]


def _byte(value: int) -> bytes:
    return value.to_bytes(1)


_FLAG = _Kind(FieldReader.u8, _byte, 0, 1)
_U16 = _Kind(FieldReader.u16, fields.u16)
_U16_NOT_0 = _Kind(FieldReader.u16, fields.u16, 1)
_U32 = _Kind(FieldReader.u32, fields.u32)
_U32_NOT_0 = _Kind(FieldReader.u32, fields.u32, 1)
_VARINT_NOT_0 = _Kind(FieldReader.varint, fields.varint, 1)
_TEXT = _Kind(FieldReader.text, fields.text)
_BINARY = _Kind(FieldReader.binary, fields.binary)

_P = Place
_MESSAGE = frozenset({_P.PUBLISH, _P.WILL})
_GREETING = frozenset({_P.CONNECT, _P.CONNACK})
_CONNACK = frozenset({_P.CONNACK})
_CONNECT = frozenset({_P.CONNECT})
_USER_PROPERTY = 0x26

_TABLE = {
    0x01: _Entry("payload_format", _FLAG, _MESSAGE),
    0x02: _Entry("message_expiry_seconds", _U32, _MESSAGE),
    0x03: _Entry("content_type", _TEXT, _MESSAGE),
    0x08: _Entry("response_topic", _TEXT, _MESSAGE),
    0x09: _Entry("correlation", _BINARY, _MESSAGE),
    0x0B: _Entry("subscription_identifier", _VARINT_NOT_0, frozenset({_P.PUBLISH, _P.SUBSCRIBE})),
    0x11: _Entry("session_expiry_seconds", _U32, _GREETING | {_P.DISCONNECT}),
    0x12: _Entry("assigned_client_id", _TEXT, _CONNACK),
    0x13: _Entry("server_keep_alive_seconds", _U16, _CONNACK),
    0x15: _Entry("authentication_method", _TEXT, _GREETING),
    0x16: _Entry("authentication_bytes", _BINARY, _GREETING),
    0x17: _Entry("request_problem_information", _FLAG, _CONNECT),
    0x18: _Entry("will_delay_seconds", _U32, frozenset({_P.WILL})),
    0x19: _Entry("request_response_information", _FLAG, _CONNECT),
    0x1A: _Entry("response_information", _TEXT, _CONNACK),
    0x1C: _Entry("server_reference", _TEXT, frozenset({_P.CONNACK, _P.DISCONNECT})),
    0x1F: _Entry("reason_string", _TEXT, frozenset({_P.CONNACK, _P.ACK, _P.DISCONNECT})),
    0x21: _Entry("receive_maximum", _U16_NOT_0, _GREETING),
    0x22: _Entry("topic_alias_maximum", _U16, _GREETING),
    0x23: _Entry("topic_alias", _U16, frozenset({_P.PUBLISH})),
    0x24: _Entry("maximum_qos", _FLAG, _CONNACK),
    0x25: _Entry("retain_available", _FLAG, _CONNACK),
    0x27: _Entry("maximum_packet_bytes", _U32_NOT_0, _GREETING),
    0x28: _Entry("wildcard_available", _FLAG, _CONNACK),
    0x29: _Entry("subscription_identifier_available", _FLAG, _CONNACK),
    0x2A: _Entry("shared_available", _FLAG, _CONNACK),
}


def read(reader: FieldReader, place: Place) -> Properties:
    """Read a property set that may stand at `place`; raise Malformed for any other."""
    section = reader.part(reader.varint())
    if not section.left:
        return NONE
    # Any: each value's type follows from its line of the table.
    values: dict[str, Any] = {}
    pairs: list[tuple[str, str]] = []
    while section.left:
        identifier = section.varint()
        if identifier == _USER_PROPERTY:
            pairs.append((section.text(), section.text()))
            continue
        entry = _TABLE.get(identifier)
        if entry is None or place not in entry.places:
            raise Malformed(f"property {identifier:#04x} cannot stand in {place.value}")
        if entry.name in values:
            raise Malformed(f"{entry.name} stands twice", Reason.PROTOCOL_ERROR)
        value = entry.kind.read(section)
        if isinstance(value, int) and not entry.kind.low <= value <= entry.kind.high:
            raise Malformed(f"{entry.name} cannot be {value}", Reason.PROTOCOL_ERROR)
        values[entry.name] = value
    return Properties(**values, user_properties=tuple(pairs))


def write(properties: Properties) -> bytes:
    """Write a property set, its length before it."""
    if properties == NONE:
        return b"\0"
    out = bytearray()
    for identifier, entry in _TABLE.items():
        value = getattr(properties, entry.name)
        if value is not None:
            out.append(identifier)
            out += entry.kind.write(value)
    for key, value in properties.user_properties:
        out.append(_USER_PROPERTY)
        out += fields.text(key) + fields.text(value)
    return fields.varint(len(out)) + bytes(out)
