"""What is said in whole sentences, put together from clips, as its caption reads."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from recorder.capture.conductor import sentences
from recorder.capture.conductor.condition import Condition
from recorder.capture.conductor.selfcheck import SelfCheckItem, SelfCheckReport
from recorder.capture.conductor.told import Dock, Journey
from recorder.capture.ports import Supply
from recorder.evidence.moment import ClockSource, Moment

LISTED = tomllib.loads(
    (Path(__file__).parents[2] / "config/prompts/prompts.toml").read_text("utf-8")
)["prompt"]
CAPTIONS = {entry["id"]: entry["text"] for entry in LISTED}
CHINA = timezone(timedelta(hours=8))
TODAY = datetime(2026, 11, 21, 10, 0, tzinfo=CHINA)
DIGITS = "零一二三四五六七八九"


def said(clips: tuple[str, ...]) -> str:
    return "".join(CAPTIONS[clip] for clip in clips)


def as_counted(count: int) -> str:
    """The same by another way: what a primary school teaches."""
    if count == 2:
        return "两"
    tens, ones = divmod(count, 10)
    ten = "" if not tens else "十" if tens == 1 else DIGITS[tens] + "十"
    return ten + (DIGITS[ones] if ones or not tens else "")


@pytest.mark.parametrize("count", range(100))
def test_a_count_is_spoken_as_it_is_counted(count: int) -> None:
    assert said(sentences.number(count)) == as_counted(count)


def test_more_than_99_is_said_as_99_and_less_than_nothing_as_nothing() -> None:
    assert said(sentences.number(250)) == "九十九"
    assert said(sentences.number(-5)) == "零"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "零分钟"),
        (1, "一分钟"),
        (2, "两分钟"),
        (59, "五十九分钟"),
        (60, "一小时"),
        (62, "一小时两分"),
        (120, "两小时"),
        (200, "三小时二十分"),
        (24 * 60, "二十四小时"),
        (99 * 60 + 59, "九十九小时五十九分"),
        (100 * 60, "九十九小时五十九分"),
    ],
)
def test_a_duration_is_said_in_hours_and_minutes(minutes: int, words: str) -> None:
    assert said(sentences.duration(minutes)) == words


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (24, 0, "二十四点"),
        (2, 0, "两点"),
        (17, 5, "十七点零五分"),
        (9, 40, "九点四十分"),
        (0, 30, "零点三十分"),
        (8, 2, "八点零二分"),
    ],
)
def test_a_time_of_the_day_is_said_as_a_clock_is_read(hour: int, minute: int, words: str) -> None:
    assert said(sentences.time_of_day(hour, minute)) == words


def unsent(segments: int, due: datetime | None, *, overdue: bool = False) -> str:
    journey = Journey(Dock.AWAY, segments, "2026-11-21T02:00:00.000Z")
    now = Condition(journey=journey, due=due, overdue=overdue)
    return "".join(said(clips) for clips in sentences.unsent(now, TODAY))


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (datetime(2026, 11, 22, 0, 0, tzinfo=CHINA), "请于今天二十四点前上传。"),
        (datetime(2026, 11, 22, 9, 5, tzinfo=CHINA), "请于明天九点零五分前上传。"),
        (datetime(2026, 11, 23, 0, 0, tzinfo=CHINA), "请于明天二十四点前上传。"),
        (datetime(2026, 11, 23, 7, 0, tzinfo=CHINA), "请于后天七点前上传。"),
        (datetime(2026, 11, 28, 7, 0, tzinfo=CHINA), "请在七天内上传。"),
        (None, ""),
    ],
)
def test_what_is_to_be_handed_in_is_said_with_its_deadline(
    due: datetime | None, words: str
) -> None:
    assert unsent(2, due) == "还有两段录像未上传，" + words


def test_a_deadline_that_passed_is_said_and_nothing_unsent_is_said_too() -> None:
    past = datetime(2026, 11, 20, 0, 0, tzinfo=CHINA)
    assert unsent(3, past, overdue=True) == "还有三段录像未上传，已超过期限，请立即上传。"
    assert unsent(0, None) == "录像已全部上传。"


def test_nobody_claims_to_know_what_the_courier_did_not_say() -> None:
    assert sentences.unsent(Condition(), TODAY) == ()


BATTERY = Supply(
    on_mains=False, percent=40, minutes=150, under_voltage=False, throttled=False, degrees=40
)
TRUSTED = Moment(5, "2026-11-21T02:00:00.000Z", ClockSource.NTP, 9)


def test_a_good_check_says_for_how_long_by_whatever_ends_first() -> None:
    now = Condition(storage_minutes=400, supply=BATTERY, clock=TRUSTED)
    passed = SelfCheckReport((SelfCheckItem("key", "pass", 1, "yes"),))
    assert [said(clips) for clips in sentences.checked(passed, now, None)] == [
        "自检通过。",
        "可录像约两小时三十分",
    ]


def test_a_bad_check_names_each_part_once() -> None:
    items = ("camera", "picture", "microphone", "clock")
    failed = SelfCheckReport(tuple(SelfCheckItem(name, "fail", 0, "") for name in items))
    now = Condition(storage_minutes=400, clock=TRUSTED)
    assert [said(clips) for clips in sentences.checked(failed, now, None)] == [
        "自检未通过：摄像头麦克风异常，请更换设备。"
    ]


def test_the_status_says_everything_an_officer_may_ask() -> None:
    now = Condition(
        storage_minutes=310,
        supply=BATTERY,
        clock=TRUSTED,
        has_fix=True,
        journey=Journey(Dock.AWAY, 1, ""),
    )
    assert [said(clips) for clips in sentences.status(now, None)] == [
        "存储可录像约五小时十分",
        "电池可用约两小时三十分",
        "还有一段录像未上传，",
        "定位成功。",
        "时间已校准。",
    ]


def test_the_status_of_a_unit_that_knows_little_claims_little() -> None:
    assert [said(clips) for clips in sentences.status(Condition(), datetime.now(UTC))] == [
        "暂无定位信号，录像不受影响。",
        "时间未校准，请放回采集站，或到室外等待定位。",
    ]


def test_every_clip_that_can_be_said_has_a_prompt() -> None:
    spoken = {clip for count in range(100) for clip in sentences.number(count)}
    spoken |= {clip for m in range(6000) for clip in sentences.duration(m)}
    spoken |= set(sentences.AT_THE_DOCK.values())
    spoken |= {f"{low}{short}" for low in ("batt.low",) for short in ("", ".short")}
    assert spoken <= set(CAPTIONS)


@pytest.mark.parametrize(
    ("dock", "minutes", "words"),
    [
        (Dock.UPLOADING, 0, "正在上传，还需约一分钟"),
        (Dock.UPLOADING, 12, "正在上传，还需约十二分钟"),
        (Dock.UPLOADING, 95, "正在上传，还需约一小时三十五分"),
        (Dock.UPLOADING, -1, ""),
        (Dock.AWAY, 12, ""),
    ],
)
def test_at_the_dock_it_says_how_long_it_still_has_to_stay(
    dock: Dock, minutes: int, words: str
) -> None:
    now = Condition(journey=Journey(dock, 3, "", minutes))
    assert "".join(said(clips) for clips in sentences.uploading(now)) == words
    assert all(clips in sentences.status(now, None) for clips in sentences.uploading(now))
