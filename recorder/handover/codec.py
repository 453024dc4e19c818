"""Packets as bytes, and back; strict in both directions. Pure: knows no socket.

Four bytes of header, then canonical JSON, or for `keep` raw bytes; docs/handover.md decides.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from recorder.evidence import canonical
from recorder.evidence.errors import Malformed
from recorder.evidence.shape import Shape
from recorder.handover import packets as p
from recorder.handover.errors import RefusedPacket
from recorder.handover.notes import note_of, note_value
from recorder.handover.orders import Assign, CheckNow, Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.evidence.canonical import Value
    from recorder.handover.packets import Packet

VERSION = 1
NOTE = 3
KEEP = 6
_HEADER = struct.Struct(">BBH")
_STAMPS = struct.Struct(">QQII")
_FIRST, _LAST, _OPENS, _KEY = 1, 2, 4, 8

_KINDS: dict[int, type[Packet]] = {
    1: p.Hello,
    2: p.Open,
    NOTE: p.Note,
    4: p.Turn,
    5: p.Close,
    KEEP: p.Keep,
    7: p.End,
    8: p.ReceiptOffer,
    9: p.AnchorOffer,
    10: p.ReleaseRequest,
    11: p.Journey,
    12: p.StationTime,
    13: Command,
    16: p.Welcome,
    17: p.Opened,
    18: p.Kept,
    19: p.Sealed,
    20: p.Closed,
    21: p.Full,
    22: p.Fault,
    23: p.Filed,
    24: p.Released,
    25: Assign,
    26: CheckNow,
}
_NUMBERS = {packet: kind for kind, packet in _KINDS.items()}
_SHAPES = {kind: Shape(packet) for kind, packet in _KINDS.items() if kind not in {NOTE, KEEP}}
# `from` is a word of Python, so the field is called otherwise.
_FROM_IN_FIELD, _FROM_IN_BODY = "from_size", "from"


def name_of(packet: Packet | type[Packet]) -> str:
    """Give the word of docs/handover.md for a packet, for sentences and records."""
    kind = _NUMBERS[packet if isinstance(packet, type) else type(packet)]
    return _WORDS[kind]


def encode(packet: Packet) -> bytes:
    """Give the bytes of a packet; RefusedPacket if no reader would take it."""
    kind = _NUMBERS[type(packet)]
    try:
        if isinstance(packet, p.Keep):
            return _encode_keep(packet)
        if isinstance(packet, p.Note):
            body = note_value(packet)
        else:
            body = _SHAPES[kind].value(packet, name_of(packet))
            if _FROM_IN_FIELD in body:
                body[_FROM_IN_BODY] = body.pop(_FROM_IN_FIELD)
        data = _HEADER.pack(VERSION, kind, 0) + canonical.encode(body)
    except Malformed as error:
        raise RefusedPacket(name_of(packet), str(error)) from None
    _check_length(name_of(packet), len(data), p.MAX_PACKET_BYTES)
    return data


def decode(data: bytes) -> Packet:
    """Read one packet; RefusedPacket for everything that is none."""
    _check_length("packet", len(data), p.MAX_PACKET_BYTES)
    if len(data) < _HEADER.size:
        raise RefusedPacket("packet", f"A packet of {len(data)} bytes has no header of 4 bytes.")
    version, kind, flags = _HEADER.unpack_from(data)
    if version != VERSION:
        raise RefusedPacket("packet", f"Version {version} is not spoken here; use version 1.")
    if kind not in _KINDS:
        raise RefusedPacket("packet", f"There is no packet of kind {kind}.")
    if kind == KEEP:
        return _decode_keep(flags, data)
    if flags:
        raise RefusedPacket(_WORDS[kind], f"The flags {flags:#06x} must be zero.")
    try:
        return _decode_body(kind, canonical.decode(data[_HEADER.size :]))
    except Malformed as error:
        raise RefusedPacket(_WORDS[kind], str(error)) from None


def keep_packets(piece: bytes, stamps: p.Stamps, *, opens: bool, key: bool) -> Iterator[p.Keep]:
    """Cut a piece of media into packets that fit."""
    view = memoryview(piece)
    room = p.MAX_KEEP_BODY_BYTES - _STAMPS.size
    ends = [*range(room, len(piece), p.MAX_KEEP_BODY_BYTES), len(piece)]
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        media, last = bytes(view[start:end]), end == len(piece)
        yield p.Keep(media, last) if start else p.Keep(media, last, stamps, opens, key)


def _decode_body(kind: int, value: Value) -> Packet:
    if not isinstance(value, dict):
        raise Malformed("The body is not an object.")
    if kind == NOTE:
        return note_of(value)
    if _FROM_IN_FIELD in value:
        raise Malformed(f"{_WORDS[kind]} has unknown keys: {_FROM_IN_FIELD}.")
    if _FROM_IN_FIELD in _SHAPES[kind].keys and _FROM_IN_BODY in value:
        value[_FROM_IN_FIELD] = value.pop(_FROM_IN_BODY)
    return _SHAPES[kind].of(value, _WORDS[kind])


def _encode_keep(keep: p.Keep) -> bytes:
    flags = _LAST if keep.last else 0
    lead = b""
    if keep.stamps is not None:
        flags |= _FIRST | (_OPENS if keep.opens else 0) | (_KEY if keep.key else 0)
        stamps = keep.stamps
        try:
            lead = _STAMPS.pack(stamps.first_ns, stamps.last_ns, stamps.frames, stamps.samples)
        except struct.error:
            raise Malformed(f"{stamps} does not fit its 24 bytes.") from None
    elif keep.opens or keep.key:
        raise Malformed("Only the first packet of a piece says that it opens or begins with a key.")
    data = _HEADER.pack(VERSION, KEEP, flags) + lead + keep.media
    _check_keep(flags, data)
    return data


def _decode_keep(flags: int, data: bytes) -> p.Keep:
    _check_keep(flags, data)
    last = bool(flags & _LAST)
    if not flags & _FIRST:
        return p.Keep(data[_HEADER.size :], last)
    first_ns, last_ns, frames, samples = _STAMPS.unpack_from(data, _HEADER.size)
    return p.Keep(
        data[_HEADER.size + _STAMPS.size :],
        last,
        p.Stamps(first_ns, last_ns, frames, samples),
        bool(flags & _OPENS),
        bool(flags & _KEY),
    )


def _check_keep(flags: int, data: bytes) -> None:
    """Raise RefusedPacket unless flags, lengths and stamps agree."""
    if flags & ~(_FIRST | _LAST | _OPENS | _KEY):
        raise RefusedPacket("keep", f"The flags {flags:#06x} are not all defined.")
    _check_length("keep", len(data) - _HEADER.size, p.MAX_KEEP_BODY_BYTES)
    if not flags & _FIRST:
        if flags & (_OPENS | _KEY):
            raise RefusedPacket("keep", "Only the first packet of a piece may open or be a key.")
        lead = 0
    else:
        lead = _STAMPS.size
    if len(data) - _HEADER.size <= lead:
        raise RefusedPacket("keep", "A keep packet carries no media.")
    if lead:
        first_ns, last_ns, _, _ = _STAMPS.unpack_from(data, _HEADER.size)
        if not first_ns <= last_ns < 2**63:
            raise RefusedPacket("keep", f"A piece cannot last from {first_ns} to {last_ns} ns.")


def _check_length(asked: str, length: int, most: int) -> None:
    if length > most:
        raise RefusedPacket(asked, f"{length} bytes are more than the {most} allowed.")


_WORDS = {
    1: "hello",
    2: "open",
    NOTE: "note",
    4: "turn",
    5: "close",
    KEEP: "keep",
    7: "end",
    8: "receipt",
    9: "anchor",
    10: "release",
    11: "journey",
    12: "station_time",
    13: "command",
    16: "welcome",
    17: "opened",
    18: "kept",
    19: "sealed",
    20: "closed",
    21: "full",
    22: "fault",
    23: "filed",
    24: "released",
    25: "assign",
    26: "check",
}
