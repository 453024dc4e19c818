"""How the open segment stands, kept at every sync so that a crash leaves nothing unsigned.

Two slots, overwritten in turn. At a change of epoch the same standing is kept once more, signed
by the new key before its record is written: of the two slots, one is then of the last epoch of
the run, wherever the crash came.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.segment import Stood
from recorder.evidence.errors import Malformed
from recorder.evidence.note import parse_note
from recorder.evidence.standing import parse_standing

if TYPE_CHECKING:
    from recorder.custody.slots import Slots

_LENGTHS = struct.Struct(">IIII")


@dataclass(frozen=True, slots=True)
class SignedStanding:
    """A standing, the epoch that signed it, and its note as the record will carry it."""

    stood: Stood
    epoch: int
    note: bytes


class Standings:
    """The two slots."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    def keep(self, stood: Stood, note: bytes) -> None:
        """Keep a standing durably; StorageLost if that fails."""
        times = " ".join(map(str, (*stood.block_ms, stood.newest_ms))).encode()
        parts = (note, stood.media_tail, stood.side_tail, times)
        self._slots.write(_LENGTHS.pack(*map(len, parts)) + b"".join(parts))

    def of(self, recording: int, segment: int, epoch: int, origin: str) -> SignedStanding | None:
        """Give the newest standing of this segment that `epoch` signed, if one was kept."""
        for payload in self._slots.payloads():
            kept = _parse(payload, origin)
            if kept is None or kept.epoch != epoch:
                continue
            standing = kept.stood.standing
            if (standing.recording, standing.segment) == (recording, segment):
                return kept
        return None


def _parse(payload: bytes, origin: str) -> SignedStanding | None:
    """Read a slot; None if it is not of this unit: then it is no standing for us."""
    try:
        lengths = _LENGTHS.unpack_from(payload)
        parts, at = [], _LENGTHS.size
        for length in lengths:
            parts.append(payload[at : at + length])
            at += length
        note, media_tail, side_tail, times = parts
        log, epoch, standing = parse_standing(parse_note(note).text)
        *block_ms, newest_ms = map(int, times.split())
    except (Malformed, ValueError, struct.error):
        return None
    if log != origin:
        return None
    stood = Stood(standing, media_tail, side_tail, tuple(block_ms), newest_ms)
    return SignedStanding(stood, epoch, note)
