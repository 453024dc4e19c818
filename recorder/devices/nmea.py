"""NMEA 0183 as receivers really send it, to the facts Fix and NoFix; for a serial line and a log.

Only intact sentences count: garbage before `$`, wrong checksums and half lines are passed over.
A position comes from RMC with status A; satellites and dilution from the GGA of the same second.
A time is passed on only if it can be true: not before `not_before` (a receiver's week counter
rolls over every 19.6 years and then says 2007), no leap second, and in step with the last one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pynmea2

from recorder.capture.ports import Fix, NoFix

_SECOND_NS = 1_000_000_000
_LONGEST_LINE = 1024
_SILENT_NS = 3 * _SECOND_NS
_STEP_NS = 3 * _SECOND_NS
_CONFIRMED_BY = 3
UNKNOWN_HDOP_E2 = 9999


@dataclass(frozen=True, slots=True)
class _Clock:
    """The last believed time, and how often a time that contradicts it was confirmed."""

    utc: datetime
    boottime_ns: int
    in_step: int


class NmeaReader:
    """Feed it bytes as they come; it answers with what they state. One thread."""

    def __init__(self, not_before: datetime) -> None:
        self._not_before = not_before
        self._rest = b""
        self._pending: Fix | None = None  # a position that waits for its GGA
        self._pending_clock = ""
        self._quality: tuple[str, int, int] = ("", 0, UNKNOWN_HDOP_E2)
        self._believed: _Clock | None = None
        self._doubted: _Clock | None = None
        self._lost = False
        self._heard_ns: int | None = None

    def feed(self, chunk: bytes, boottime_ns: int) -> list[Fix | NoFix]:
        """Return the facts that are complete with this chunk, which came in at `boottime_ns`."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        facts: list[Fix | NoFix] = []
        for line in lines:
            sentence = _parsed(line)
            if sentence is not None:
                self._heard_ns = boottime_ns
                facts += self._state(sentence, boottime_ns)
        return facts

    def idle(self, boottime_ns: int) -> list[Fix | NoFix]:
        """Call about once a second: state a position still waiting, and NoFix after 3 s silence."""
        facts: list[Fix | NoFix] = []
        if self._pending is not None and boottime_ns - self._pending.boottime_ns > _SECOND_NS:
            facts += self._release()
        if self._heard_ns is None:
            self._heard_ns = boottime_ns
        if boottime_ns - self._heard_ns > _SILENT_NS:
            facts += self._lose(boottime_ns, "the receiver has fallen silent; check its cable")
        return facts

    def _state(self, sentence: Any, boottime_ns: int) -> list[Fix | NoFix]:  # noqa: ANN401 – pynmea2 is untyped
        kind = getattr(sentence, "sentence_type", "")
        if kind == "GGA":
            return self._take_gga(sentence)
        if kind != "RMC":
            return []
        facts = self._release()
        place = _place(sentence) if sentence.status == "A" else None
        if place is None:
            cause = "the receiver has no position; go outdoors"
            return facts + self._lose(boottime_ns, cause)
        clock = str(sentence.data[0])
        utc = self._believable(_utc(sentence), boottime_ns)
        self._pending = Fix(boottime_ns, utc, *place, 0, UNKNOWN_HDOP_E2)
        self._pending_clock = clock
        # Most receivers send GGA after RMC, some before.
        return facts + (self._release() if self._quality[0] == clock else [])

    def _take_gga(self, sentence: Any) -> list[Fix | NoFix]:  # noqa: ANN401 – pynmea2 is untyped
        try:
            satellites = int(sentence.num_sats or 0)
            hdop_e2 = round(float(sentence.horizontal_dil or UNKNOWN_HDOP_E2 / 100) * 100)
        except (ValueError, OverflowError):
            return []
        clock = str(sentence.data[0])
        self._quality = (clock, satellites, hdop_e2)
        return self._release() if self._pending_clock == clock else []

    def _release(self) -> list[Fix | NoFix]:
        if self._pending is None:
            return []
        fix, self._pending = self._pending, None
        clock, satellites, hdop_e2 = self._quality
        if clock == self._pending_clock:
            fix = replace(fix, satellites=satellites, hdop_e2=hdop_e2)
        self._lost = False
        return [fix]

    def _lose(self, boottime_ns: int, cause: str) -> list[Fix | NoFix]:
        if self._lost:
            return []
        self._lost = True
        return [NoFix(boottime_ns, cause)]

    def _believable(self, utc: datetime | None, boottime_ns: int) -> str:
        """Return the claimed time as RFC 3339, or "" while it is not to be believed."""
        if utc is None or utc < self._not_before:
            return ""
        if self._believed is None or _in_step(self._believed, utc, boottime_ns):
            self._doubted = None
        else:
            steps = 1
            if self._doubted is not None and _in_step(self._doubted, utc, boottime_ns):
                steps = self._doubted.in_step + 1
            self._doubted = _Clock(utc, boottime_ns, steps)
            if steps < _CONFIRMED_BY:
                return ""
            self._doubted = None
        self._believed = _Clock(utc, boottime_ns, 0)
        return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _in_step(clock: _Clock, utc: datetime, boottime_ns: int) -> bool:
    gone_ns = round((utc - clock.utc).total_seconds() * _SECOND_NS)
    return abs(gone_ns - (boottime_ns - clock.boottime_ns)) <= _STEP_NS


def _parsed(line: bytes) -> Any:  # noqa: ANN401 – pynmea2 is untyped
    """Return the intact sentence at the end of this line, or None."""
    start = line.rfind(b"$")
    if start < 0:
        return None
    try:
        return pynmea2.parse(line[start:].decode("ascii").strip(), check=True)
    except (pynmea2.ParseError, UnicodeDecodeError, ValueError, IndexError):
        return None


def _place(sentence: Any) -> tuple[int, int] | None:  # noqa: ANN401 – pynmea2 is untyped
    try:
        lat_e7 = round(float(sentence.latitude) * 10_000_000)
        lon_e7 = round(float(sentence.longitude) * 10_000_000)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    empty = not sentence.lat or not sentence.lon
    if empty or abs(lat_e7) > 900_000_000 or abs(lon_e7) > 1_800_000_000:
        return None
    return lat_e7, lon_e7


def _utc(sentence: Any) -> datetime | None:  # noqa: ANN401 – pynmea2 is untyped
    """Return date and time of an RMC; None without a date, or in a leap second."""
    try:
        # A leap second leaves pynmea2's time a string, and combining raises TypeError.
        return datetime.combine(sentence.datestamp, sentence.timestamp).replace(tzinfo=UTC)
    except (TypeError, ValueError, AttributeError):
        return None
