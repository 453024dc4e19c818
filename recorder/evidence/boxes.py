"""MP4 boxes inside a fragment: enough of ISO 14496-12 to say at which second it plays."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from recorder.evidence.errors import Malformed

_HEAD = struct.Struct(">I4s")
_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its four letters and where its body lies in the bytes it was found in."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Timescales:
    """How many ticks a second has, for each track."""

    ticks: dict[int, int]

    @classmethod
    def parse(cls, opening: bytes) -> "Timescales":
        """Read leaf 0 of a film: everything before its first `moof`."""
        ticks = {}
        for moov in _boxes(opening, 0, len(opening), b"moov"):
            for trak in _boxes(opening, moov.start, moov.end, b"trak"):
                track = _in_header(opening, _only(opening, trak, b"tkhd"), 12, 20)
                media = _only(opening, trak, b"mdia")
                ticks[track] = _in_header(opening, _only(opening, media, b"mdhd"), 12, 20)
        if not ticks or 0 in ticks.values():
            raise Malformed("The film's opening states no time scale of any track.")
        return cls(ticks)


def decode_seconds(fragment: bytes, timescales: Timescales) -> float:
    """Give the second of the film at which a fragment begins to play.

    `fragment` holds at least the whole `moof` box it begins with. Raises Malformed otherwise.
    """
    moof = next(_boxes(fragment, 0, len(fragment)), None)
    if moof is None or moof.kind != b"moof":
        raise Malformed("A fragment does not begin with a moof box.")
    seconds = []
    for traf in _boxes(fragment, moof.start, moof.end, b"traf"):
        track = _number(fragment, _only(fragment, traf, b"tfhd"), 4, _U32)
        time = _only(fragment, traf, b"tfdt")
        wide = _number(fragment, time, 0, _U32) >> 24 == 1
        ticks = timescales.ticks.get(track)
        if ticks is None:
            raise Malformed(f"A fragment is of track {track}, which the film does not have.")
        seconds.append(_number(fragment, time, 4, _U64 if wide else _U32) / ticks)
    if not seconds:
        raise Malformed("A fragment holds no track.")
    return min(seconds)


def _boxes(data: bytes, start: int, end: int, kind: bytes | None = None) -> Iterator[Box]:
    """Give the boxes between two offsets, of one kind if given; 64-bit sizes are understood."""
    while start < end:
        if end - start < 8:
            raise Malformed(f"A box is cut at byte {start}.")
        size, found = _HEAD.unpack_from(data, start)
        body = start + 8
        if size == 1 and end - start >= 16:
            (size,), body = _U64.unpack_from(data, body), start + 16
        if size < body - start or size > end - start:
            raise Malformed(f"The box {found!r} at byte {start} does not fit where it lies.")
        if kind in (None, found):
            yield Box(found, body, start + size)
        start += size


def _only(data: bytes, parent: Box, kind: bytes) -> Box:
    found = tuple(_boxes(data, parent.start, parent.end, kind))
    if len(found) != 1:
        raise Malformed(f"The box {parent.kind!r} holds {len(found)} of {kind!r}, not one.")
    return found[0]


def _in_header(data: bytes, box: Box, short: int, wide: int) -> int:
    """Give the 32-bit number behind two instants, which are 32 or 64 bits by the version."""
    version = _number(data, box, 0, _U32) >> 24
    return _number(data, box, wide if version == 1 else short, _U32)


def _number(data: bytes, box: Box, offset: int, form: struct.Struct) -> int:
    if box.start + offset + form.size > box.end:
        raise Malformed(f"The box {box.kind!r} is too short.")
    (number,) = form.unpack_from(data, box.start + offset)
    return int(number)
