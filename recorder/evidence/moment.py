"""Instants: a duration since boot that is measured, and a UTC that is only claimed."""

import enum
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

from recorder.evidence.errors import Malformed
from recorder.evidence.shape import Count, CountOrUnknown

_UTC = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z")
_UNIX_START = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class ClockSource(enum.StrEnum):
    """Who set the clock."""

    GPS = "gps"
    STATION = "station"
    NTP = "ntp"
    RTC = "rtc"
    NONE = "none"


def utc_text(unix_ms: int) -> str:
    """Write milliseconds since 1970 as 24 characters, such as `2026-11-21T10:05:33.120Z`."""
    try:
        instant = _UNIX_START + unix_ms * _MILLISECOND
    except OverflowError:
        raise Malformed(f"{unix_ms} ms since 1970 lies outside the years 1 to 9999.") from None
    return instant.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def utc_ms(text: str) -> int:
    """Read 24 characters as milliseconds since 1970; refuse every other spelling."""
    match = _UTC.fullmatch(text)
    if match is None:
        raise Malformed(f"{text[:40]!r} is not a time such as '2026-11-21T10:05:33.120Z'.")
    year, month, day, hour, minute, second, ms = (int(number) for number in match.groups())
    try:
        instant = datetime(year, month, day, hour, minute, second, ms * 1000, tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"{text!r} is not a time of the calendar: {error}.") from None
    return (instant - _UNIX_START) // _MILLISECOND


def check_utc(text: str) -> str:
    """Return `text` if it is a time of 24 characters."""
    utc_ms(text)
    return text


def check_utc_or_empty(text: str) -> str:
    """Return `text` if it is a time of 24 characters, or empty for want of a clock."""
    return text and check_utc(text)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: CLOCK_BOOTTIME in milliseconds, and what the clock claimed, ± `error_ms`."""

    boottime_ms: Count
    utc: Annotated[str, check_utc_or_empty]
    source: ClockSource
    error_ms: CountOrUnknown


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> Moment:
        """Give this instant."""
