"""What the picture text says besides the time: how far to trust the clock, and the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.lens_words import Overlay
from recorder.capture.ports import NoFix

if TYPE_CHECKING:
    from recorder.capture.ports import Fix

_TRUST = {"gps": "GPS", "station": "STN", "ntp": "NTP", "rtc": "RTC?"}


def overlay(clock: str, fix: Fix | NoFix) -> Overlay:
    """Give the order for the lens; an unknown clock is marked `?`, an unknown place `--`."""
    return Overlay(_TRUST.get(clock, "?"), _place(fix))


def _place(fix: Fix | NoFix) -> str:
    if isinstance(fix, NoFix):
        return "--"
    north, east = fix.lat_e7 / 1e7, fix.lon_e7 / 1e7
    return f"{abs(north):.5f}{'S' if north < 0 else 'N'} {abs(east):.5f}{'W' if east < 0 else 'E'}"
