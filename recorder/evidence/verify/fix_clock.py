"""What the satellites' time was, by the fixes of one sidecar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.moment import utc_ms
from recorder.evidence.sidecar import Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recorder.evidence.sidecar import SideEntry

# Fixes whose clocks differ by less say the same.
_ALIKE_MS = 10_000
_MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class FixClock:
    """What satellites said (milliseconds since 1970) at an instant of CLOCK_BOOTTIME."""

    boottime_ms: int
    unix_ms: int


def fix_clocks(entries: Iterable[tuple[int, SideEntry]]) -> tuple[FixClock, ...]:
    """Give, of a sidecar's fixes with a time, the first of each that disagrees with the others."""
    clocks: dict[int, FixClock] = {}
    for boottime_ms, entry in entries:
        if isinstance(entry, Fix) and entry.utc and len(clocks) < _MOST_KEPT:
            clock = FixClock(boottime_ms, utc_ms(entry.utc))
            clocks.setdefault((clock.unix_ms - boottime_ms) // _ALIKE_MS, clock)
    return tuple(clocks.values())
