"""Bytes to packets and back, strictly (MQTT 5, section 3). Pure; reading only raises Malformed.

`read` takes the first byte and the body; whoever owns the socket reads the length between them.
"""

from collections.abc import Callable, Sequence

from uplink.broker.embedded import fields
from uplink.broker.embedded import properties as props
from uplink.broker.embedded.fields import FieldReader, Malformed
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
from uplink.broker.embedded.properties import Place
from uplink.broker.embedded.reasons import Reason

_PROTOCOL_NAME = "MQTT"
_PROTOCOL_VERSION = 5


def read(first_byte: int, body: bytes) -> Packet:
    """Return the packet with this first byte and body; raise Malformed for anything else."""
    kind, flags = first_byte >> 4, first_byte & 0x0F
    if kind == 3:
        return _read_publish(flags, body)
    known = _READERS.get(kind)
    if known is None:
        raise Malformed(f"packet type {kind} is not served here", Reason.PROTOCOL_ERROR)
    wanted_flags, reader_of_kind = known
    if flags != wanted_flags:
        raise Malformed(f"packet type {kind} cannot carry the flags {flags:#x}")
    reader = FieldReader(body)
    packet = reader_of_kind(reader)
    reader.finish()
    return packet


def write(packet: Packet) -> bytes:
    """Return a packet's bytes; ValueError for a field too long for the standard."""
    if isinstance(packet, Publish):
        return _write_publish(packet)
    first_byte, body = _body(packet)
    return bytes([first_byte]) + fields.varint(len(body)) + body


def _read_connect(reader: FieldReader) -> Connect:
    if reader.text() != _PROTOCOL_NAME or reader.u8() != _PROTOCOL_VERSION:
        raise Malformed("only MQTT 5 is spoken here", Reason.UNSUPPORTED_PROTOCOL_VERSION)
    flags = reader.u8()
    has_will, will_qos, will_retain = bool(flags & 4), flags >> 3 & 3, bool(flags & 32)
    if flags & 1 or will_qos == 3 or (not has_will and (will_qos or will_retain)):
        raise Malformed(f"the connect flags {flags:#x} contradict themselves")
    keep_alive_seconds = reader.u16()
    properties = props.read(reader, Place.CONNECT)
    client_id = reader.text()
    will = None
    if has_will:
        will_properties = props.read(reader, Place.WILL)
        topic, payload = reader.text(), reader.binary()
        will = Will(topic, payload, will_qos, will_retain, will_properties)
    return Connect(
        client_id,
        bool(flags & 2),
        keep_alive_seconds,
        properties,
        will,
        reader.text() if flags & 128 else None,
        reader.binary() if flags & 64 else None,
    )


def _read_connack(reader: FieldReader) -> Connack:
    flags = reader.u8()
    if flags > 1:
        raise Malformed(f"CONNACK cannot carry the flags {flags:#x}")
    return Connack(bool(flags), reader.u8(), props.read(reader, Place.CONNACK))


def _read_publish(flags: int, body: bytes) -> Publish:
    qos, duplicate = flags >> 1 & 3, bool(flags & 8)
    if qos == 3 or (qos == 0 and duplicate):
        raise Malformed(f"PUBLISH cannot carry the flags {flags:#x}")
    reader = FieldReader(body)
    topic = reader.text()
    packet_id = _packet_id(reader) if qos else 0
    properties = props.read(reader, Place.PUBLISH)
    return Publish(topic, reader.rest(), qos, bool(flags & 1), duplicate, packet_id, properties)


def _read_puback(reader: FieldReader) -> Puback:
    packet_id = _packet_id(reader)
    reason = reader.u8() if reader.left else 0
    return Puback(packet_id, reason, props.read(reader, Place.ACK) if reader.left else props.NONE)


def _read_subscribe(reader: FieldReader) -> Subscribe:
    packet_id = _packet_id(reader)
    properties = props.read(reader, Place.SUBSCRIBE)
    filters = []
    while reader.left:
        topic_filter, options = reader.text(), reader.u8()
        qos, retain_handling = options & 3, options >> 4 & 3
        if qos == 3 or retain_handling == 3 or options & 0xC0:
            raise Malformed(f"subscription options {options:#x} are reserved")
        filters.append(
            Filter(topic_filter, qos, bool(options & 4), bool(options & 8), retain_handling)
        )
    _check_some(filters)
    return Subscribe(packet_id, tuple(filters), properties)


def _read_suback(reader: FieldReader) -> Suback:
    packet_id = _packet_id(reader)
    properties = props.read(reader, Place.ACK)
    reasons = tuple(reader.rest())
    _check_some(reasons)
    return Suback(packet_id, reasons, properties)


def _read_unsubscribe(reader: FieldReader) -> Unsubscribe:
    packet_id = _packet_id(reader)
    properties = props.read(reader, Place.UNSUBSCRIBE)
    filters = []
    while reader.left:
        filters.append(reader.text())
    _check_some(filters)
    return Unsubscribe(packet_id, tuple(filters), properties)


def _read_unsuback(reader: FieldReader) -> Unsuback:
    packet_id = _packet_id(reader)
    properties = props.read(reader, Place.ACK)
    reasons = tuple(reader.rest())
    _check_some(reasons)
    return Unsuback(packet_id, reasons, properties)


def _read_disconnect(reader: FieldReader) -> Disconnect:
    reason = reader.u8() if reader.left else 0
    return Disconnect(reason, props.read(reader, Place.DISCONNECT) if reader.left else props.NONE)


def _packet_id(reader: FieldReader) -> int:
    packet_id = reader.u16()
    if not packet_id:
        raise Malformed("a packet identifier cannot be 0", Reason.PROTOCOL_ERROR)
    return packet_id


def _check_some(items: Sequence[object]) -> None:
    if not items:
        raise Malformed("the packet lists nothing", Reason.PROTOCOL_ERROR)


_READERS: dict[int, tuple[int, Callable[[FieldReader], Packet]]] = {
    1: (0, _read_connect),
    2: (0, _read_connack),
    4: (0, _read_puback),
    8: (2, _read_subscribe),
    9: (0, _read_suback),
    10: (2, _read_unsubscribe),
    11: (0, _read_unsuback),
    12: (0, lambda _reader: Pingreq()),
    13: (0, lambda _reader: Pingresp()),
    14: (0, _read_disconnect),
}


def _write_publish(packet: Publish) -> bytes:
    head = fields.text(packet.topic)
    if packet.qos:
        head += fields.u16(packet.packet_id)
    head += props.write(packet.properties)
    first_byte = 0x30 | packet.duplicate << 3 | packet.qos << 1 | packet.retain
    size = fields.varint(len(head) + len(packet.payload))
    return b"".join((bytes([first_byte]), size, head, packet.payload))


def _body(packet: Packet) -> tuple[int, bytes]:  # noqa: PLR0911  one line for each packet type
    match packet:
        case Connect():
            return 0x10, _connect_body(packet)
        case Connack(present, reason, properties):
            return 0x20, bytes([present, reason]) + props.write(properties)
        case Puback(packet_id, reason, properties):
            return 0x40, fields.u16(packet_id) + bytes([reason]) + props.write(properties)
        case Subscribe(packet_id, filters, properties):
            lines = b"".join(fields.text(one.topic_filter) + _options(one) for one in filters)
            return 0x82, fields.u16(packet_id) + props.write(properties) + lines
        case Suback(packet_id, reasons, properties):
            return 0x90, fields.u16(packet_id) + props.write(properties) + bytes(reasons)
        case Unsubscribe(packet_id, names, properties):
            lines = b"".join(fields.text(one) for one in names)
            return 0xA2, fields.u16(packet_id) + props.write(properties) + lines
        case Unsuback(packet_id, reasons, properties):
            return 0xB0, fields.u16(packet_id) + props.write(properties) + bytes(reasons)
        case Disconnect(reason, properties):
            return 0xE0, bytes([reason]) + props.write(properties)
        case Pingreq():
            return 0xC0, b""
        case _:
            return 0xD0, b""


def _options(one: Filter) -> bytes:
    bits = one.qos | one.no_local << 2 | one.retain_as_published << 3 | one.retain_handling << 4
    return bytes([bits])


def _connect_body(packet: Connect) -> bytes:
    flags = packet.clean_start << 1
    tail = fields.text(packet.client_id)
    if packet.will is not None:
        will = packet.will
        flags |= 4 | will.qos << 3 | will.retain << 5
        tail += props.write(will.properties) + fields.text(will.topic) + fields.binary(will.payload)
    if packet.user_name is not None:
        flags |= 128
        tail += fields.text(packet.user_name)
    if packet.password is not None:
        flags |= 64
        tail += fields.binary(packet.password)
    head = fields.text(_PROTOCOL_NAME) + bytes([_PROTOCOL_VERSION, flags])
    return head + fields.u16(packet.keep_alive_seconds) + props.write(packet.properties) + tail
