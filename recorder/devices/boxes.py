"""Cuts the byte stream of a fragmented MP4 at its top-level boxes; knows nothing of media."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEADER_BYTES = 8


class StrangeBox(Exception):
    """The container wrote a box that a forward-only fragmented MP4 has no place for."""


@dataclass(frozen=True, slots=True)
class Run:
    """Whole top-level boxes that belong together, and how many samples each track has in them.

    `opens` is true for ftyp+moov; otherwise it is one moof with its mdat.
    """

    data: bytes
    opens: bool
    counts: tuple[tuple[int, int], ...]  # (track number, samples)


class BoxCutter:
    """A write-only file for a container; what was written comes out again as runs."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        """Take bytes in; there is no seek, so the container cannot rewrite anything."""
        self._bytes += data
        return len(data)

    def runs(self) -> list[Run]:
        """Return the runs that are complete by now, each once; raise StrangeBox for any other box.

        Called after each packet, never from inside `write`: a library is on the stack there.
        """
        start = 0
        found: list[Run] = []
        while (run := _run_at(self._bytes, start)) is not None:
            found.append(run)
            start += len(run.data)
        del self._bytes[:start]
        return found

    def check_empty(self) -> None:
        """Raise StrangeBox if bytes are left that belong to no complete run."""
        if self._bytes:
            raise StrangeBox(
                f"{len(self._bytes)} bytes from {bytes(self._bytes[:8])!r} on stand after the last"
                " fragment: use a libavformat of FFmpeg 5 to 8"
            )


def beginning_at(data: bytes, ticks: Mapping[int, int]) -> bytes:
    """Return a fragment whose tracks begin at these instants, each in ticks of its own.

    The container begins a fragment where the one before should have ended, and lets its first
    sample last until the second: after a hole, that one stands too early. Only whoever holds the
    stamps knows when it was.
    """
    patched = bytearray(data)
    _, end = _box(data, 0) or (b"", 0)
    for kind, inside, after in _children(data, _HEADER_BYTES, end):
        if kind == b"traf":
            places = {part: body for part, body, _ in _children(data, inside, after)}
            track = int.from_bytes(_at(data, places[b"tfhd"] + 4), "big")
            if track in ticks:
                _begin(patched, places, ticks[track])
    return bytes(patched)


def _begin(data: bytearray, places: Mapping[bytes, int], ticks: int) -> None:
    """Move where a track begins, and let its first sample last as much less as it begins later."""
    start, wide = places[b"tfdt"] + 4, 8 if data[places[b"tfdt"]] else 4
    later = ticks - int.from_bytes(data[start : start + wide], "big")
    place = _first_duration(data, places)
    if not later or place is None:
        return
    data[start : start + wide] = ticks.to_bytes(wide, "big")
    duration = int.from_bytes(_at(data, place), "big") - later
    data[place : place + 4] = max(duration, 0).to_bytes(4, "big")


def _first_duration(data: bytearray, places: Mapping[bytes, int]) -> int | None:
    """Find where a track's first sample states how long it lasts.

    None where all last equally long: then the first was not stretched over any hole.
    """
    trun, tfhd = places[b"trun"], places[b"tfhd"]
    flags = int.from_bytes(data[trun + 1 : trun + 4], "big")
    if flags & 0x100:
        return trun + 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
    count = int.from_bytes(_at(data, trun + 4), "big")
    flags = int.from_bytes(data[tfhd + 1 : tfhd + 4], "big")
    alone = count == 1 and flags & 8
    return tfhd + 8 + 8 * bool(flags & 1) + 4 * bool(flags & 2) if alone else None


def _at(data: bytes | bytearray, place: int) -> bytes:
    return bytes(data[place : place + 4])


def _run_at(data: bytearray, start: int) -> Run | None:
    first = _box(data, start)
    if first is None:
        return None
    kind, middle = first
    second = _box(data, middle)
    if second is None:
        return None
    follower, end = second
    if (kind, follower) not in {(b"ftyp", b"moov"), (b"moof", b"mdat")}:
        raise StrangeBox(f"{kind!r} followed by {follower!r}: use a libavformat of FFmpeg 5 to 8")
    whole = bytes(data[start:end])
    opens = kind == b"ftyp"
    return Run(whole, opens, () if opens else tuple(_counts(whole, _HEADER_BYTES, middle - start)))


def _box(data: bytearray | bytes, start: int) -> tuple[bytes, int] | None:
    """Return kind and end of the box at `start`, or None while it is not whole."""
    if start + _HEADER_BYTES > len(data):
        return None
    size = int.from_bytes(data[start : start + 4], "big")
    if size < _HEADER_BYTES:
        raise StrangeBox(f"a box of {size} bytes: use a libavformat of FFmpeg 5 to 8")
    if start + size > len(data):
        return None
    return bytes(data[start + 4 : start + 8]), start + size


def _children(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while (box := _box(data[:end], start)) is not None:
        kind, after = box
        yield kind, start + _HEADER_BYTES, after
        start = after


def _counts(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Read (track, samples) of each traf: tfhd's track number, the sum of its truns' counts."""
    for kind, inside, after in _children(data, start, end):
        if kind != b"traf":
            continue
        track = samples = 0
        for part, body, _ in _children(data, inside, after):
            if part == b"tfhd":
                track = int.from_bytes(data[body + 4 : body + 8], "big")
            elif part == b"trun":
                samples += int.from_bytes(data[body + 4 : body + 8], "big")
        yield track, samples
