"""What the unit says in whole sentences, put together from clips. Pure; a sentence is clip ids.

Numbers are spoken as Chinese counts: 两 before a measure word, 十二, 二十, 三十五.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.conductor.condition import UNKNOWN, Condition, Doubt
from recorder.capture.conductor.told import Dock

if TYPE_CHECKING:
    from datetime import datetime

    from recorder.capture.conductor.selfcheck import SelfCheckReport

Clips = tuple[str, ...]
MOST = 99
_PARTS = {
    "camera": "part.camera",
    "picture": "part.camera",
    "microphone": "part.microphone",
    "storage": "part.storage",
    "battery": "part.battery",
    "gps": "part.gps",
    "key": "part.key",
}


def number(count: int) -> Clips:
    """Say a count, as before a measure word; above 99 it stays 99."""
    tens, ones = divmod(min(max(count, 0), MOST), 10)
    if tens == 0:
        return ("n.liang",) if ones == 2 else (f"n.{ones}",)
    ten = "n.10" if tens == 1 else f"n.{tens}0"
    return (ten, f"n.{ones}") if ones else (ten,)


def time_of_day(hour: int, minute: int) -> Clips:
    """Say 二十四点, or 十七点零五分."""
    if not minute:
        return (*number(hour), "clock.hour")
    spoken = ("n.0", f"n.{minute}") if minute < 10 else number(minute)
    return (*number(hour), "clock.hour", *spoken, "minutes.short")


def duration(minutes: int) -> Clips:
    """Say how long: 三小时二十分, 三小时, 二十分钟; more than 99 hours are said as 99."""
    hours, rest = divmod(min(max(minutes, 0), MOST * 60 + 59), 60)
    if not hours:
        return (*number(rest), "minutes")
    if not rest:
        return (*number(hours), "hours")
    return (*number(hours), "hours", *number(rest), "minutes.short")


def checked(report: SelfCheckReport, now: Condition, today: datetime | None) -> tuple[Clips, ...]:
    """What a self-check showed: passed and for how long, or which parts failed; then the rest."""
    said: list[Clips] = []
    if report.verdict == "fail":
        failed = [i.item for i in report.items if i.verdict == "fail"]
        parts = dict.fromkeys(_PARTS[item] for item in failed if item in _PARTS)
        said.append(("selftest.fail", *parts, "selftest.fail.end"))
    else:
        said.append(("selftest.ok",))
    if now.minutes_left != UNKNOWN and report.verdict != "fail":
        said.append(("selftest.left", *duration(now.minutes_left)))
    if Doubt.TIME in now.doubts:
        said.append(("time.bad",))
    if now.journey is not None and now.journey.segments:
        said.extend(unsent(now, today))
    return tuple(said)


def low(clip: str, minutes: int) -> Clips:
    """电量低 or 存储空间不足, and for how long it lasts; without that if it is not known."""
    if minutes == UNKNOWN:
        return (f"{clip}.short",)
    return (clip, *duration(minutes))


def status(now: Condition, today: datetime | None) -> tuple[Clips, ...]:
    """How the unit is, for an officer who asked."""
    said: list[Clips] = []
    if now.storage_minutes != UNKNOWN:
        said.append(("status.storage", *duration(now.storage_minutes)))
    if now.supply is not None and now.supply.on_mains:
        said.append(("status.mains",))
    elif now.battery_minutes != UNKNOWN:
        said.append(("status.battery", *duration(now.battery_minutes)))
    elif now.battery_percent != UNKNOWN:
        said.append(("status.percent", *number(now.battery_percent)))
    said.extend(unsent(now, today))
    said.extend(uploading(now))
    said.append(("gps.ok",) if now.has_fix else ("gps.no",))
    said.append(("time.ok",) if now.time_trusted else ("time.bad",))
    return tuple(said)


def unsent(now: Condition, today: datetime | None) -> tuple[Clips, ...]:
    """What is still to be handed in, and until when; nothing if nobody knows."""
    if now.journey is None:
        return ()
    if not now.journey.segments:
        return (("status.sent",),)
    count = ("due", *number(now.journey.segments), "due.pieces")
    if now.overdue:
        return ((*count, "due.over"),)
    if now.due is None or today is None:
        return (count,)
    return ((*count, *_until(now.due, today)),)


def uploading(now: Condition) -> tuple[Clips, ...]:
    """How long the unit still has to stay at the dock; nothing if nobody knows."""
    journey = now.journey
    if journey is None or journey.dock is not Dock.UPLOADING or journey.left_minutes < 0:
        return ()
    return (("dock.left", *duration(max(journey.left_minutes, 1))),)


def _until(due: datetime, today: datetime) -> Clips:
    """Until when: today, tomorrow, or the day after, at an hour; midnight is 24 o'clock."""
    hour, minute = due.hour, due.minute
    days = (due.date() - today.date()).days
    if days > 0 and hour == 0 and minute == 0:
        days, hour = days - 1, 24
    if days > 2:
        return ("due.within", *number(days), "due.days")
    return ("due.before", f"day.{days}", *time_of_day(hour, minute), "due.end")


AT_THE_DOCK: dict[Dock, str] = {
    Dock.UPLOADING: "dock.up",
    Dock.DONE: "dock.done",
    Dock.FAILED: "dock.fail",
}
