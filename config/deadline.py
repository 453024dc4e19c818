"""Until when a recording must be handed in, and by which article.

Counts in the regulation's own time zone, for a day ends at midnight on the spot, not in UTC.
"""

import datetime as dt
from dataclasses import dataclass

from config.regulation import Away
from config.schema import Rules


@dataclass(frozen=True, slots=True)
class Due:
    """Hand in before `at`. `article` and `text` are empty where a default stands in (`reason`)."""

    at: dt.datetime
    article: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class DueAfterReturn:
    """No instant yet: the exception counts `hours` from the return to the unit."""

    hours: int
    article: str
    text: str


class DeadlineRefused(Exception):
    """The deadline cannot be counted from what was stated; the sentence says what to correct."""


def due_at(
    rules: Rules, end: dt.datetime, returned: dt.datetime | None, exception: str
) -> Due | DueAfterReturn:
    """Return the deadline of a recording whose enforcement ended at `end`.

    `returned` is when the officers came back, None while they are away; `exception` the id of
    the exception they declared, or empty. Raise DeadlineRefused if the regulation has no such
    exception, if an instant has no zone, or if the return lies before the end.
    """
    if end.tzinfo is None or (returned is not None and returned.tzinfo is None):
        raise DeadlineRefused("时间没有时区。写明时区再算。 The time has no zone; state it.")
    if returned is not None and returned < end:
        raise DeadlineRefused(
            "返回时间早于执法结束时间。核对两个时间。 The return lies before the end; check both."
        )
    zone = dt.timezone(dt.timedelta(minutes=rules.regulation.utc_offset_minutes))
    if exception:
        away = _exception(rules, exception)
        if returned is None:
            return DueAfterReturn(away.hours_after_return, away.article, away.text)
        at = returned.astimezone(zone) + dt.timedelta(hours=away.hours_after_return)
        return Due(at, away.article, away.text, away.reason)
    hand_in = rules.hand_in
    local = end.astimezone(zone)
    if hand_in.within == "same_day":
        at = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time(), zone)
    else:
        at = local + dt.timedelta(hours=hand_in.hours or 0)
    return Due(at, hand_in.article, hand_in.text, hand_in.reason)


def _exception(rules: Rules, name: str) -> Away:
    known = {away.id: away for away in rules.hand_in.exceptions}
    if name not in known:
        there = "、".join(known) or "没有（none）"
        raise DeadlineRefused(
            f"规定里没有这种例外：{name}。可用的：{there}。 "
            f"The regulation has no exception {name}; it has: {there}."
        )
    return known[name]
