from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from config.deadline import DeadlineRefused, Due, DueAfterReturn, due_at

if TYPE_CHECKING:
    from config.schema import Rules

CHINA = dt.timezone(dt.timedelta(hours=8))


def at(said: str) -> dt.datetime:
    return dt.datetime.fromisoformat(said).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("name", "due", "article"),
    [
        ("hengyang-linye", "2026-03-03 16:20", "第十五条"),
        ("baofeng-minzheng", "2026-03-03 16:20", "第十三条"),
        ("lingchuan-ziran", "2026-03-03 00:00", "第十四条"),
        ("yuxian-yingji", "2026-03-03 16:20", ""),
        ("luohe-xumu", "2026-03-03 00:00", "第十三条"),
    ],
)
def test_the_deadlines_differ_and_each_cites_its_article(
    rules: dict[str, Rules], name: str, due: str, article: str
) -> None:
    found = due_at(rules[name], at("2026-03-02 16:20"), None, "")
    assert isinstance(found, Due)
    assert (found.at, found.article) == (at(due), article)
    assert bool(found.reason) is (article == "")


def test_the_day_ends_at_midnight_on_the_spot_whatever_the_zone_of_the_stamp(
    rules: dict[str, Rules],
) -> None:
    late = dt.datetime(2026, 3, 2, 15, 59, tzinfo=dt.UTC)  # 23:59 in China
    later = late + dt.timedelta(minutes=1)  # midnight: the next day has begun
    first = due_at(rules["lingchuan-ziran"], late, None, "")
    second = due_at(rules["lingchuan-ziran"], later, None, "")
    assert isinstance(first, Due)
    assert isinstance(second, Due)
    assert (first.at, second.at) == (at("2026-03-03 00:00"), at("2026-03-04 00:00"))


@pytest.mark.parametrize(
    ("name", "exception", "article"),
    [
        ("lingchuan-ziran", "continuous-work", "第十四条"),
        ("lingchuan-ziran", "elsewhere", "第十四条"),
        ("lingchuan-ziran", "remote", "第十四条"),
        ("luohe-xumu", "continuous-work", "第十三条"),
        ("luohe-xumu", "remote", "第十三条"),
    ],
)
def test_an_exception_counts_from_the_return(
    rules: dict[str, Rules], name: str, exception: str, article: str
) -> None:
    end = at("2026-03-02 16:20")
    away = due_at(rules[name], end, None, exception)
    assert isinstance(away, DueAfterReturn)
    assert (away.hours, away.article) == (24, article)
    back = due_at(rules[name], end, at("2026-03-05 09:00"), exception)
    assert isinstance(back, Due)
    assert (back.at, back.article) == (at("2026-03-06 09:00"), article)


def test_coming_back_changes_nothing_without_an_exception(rules: dict[str, Rules]) -> None:
    found = due_at(rules["luohe-xumu"], at("2026-03-02 16:20"), at("2026-03-05 09:00"), "")
    assert isinstance(found, Due)
    assert found.at == at("2026-03-03 00:00")


def test_working_elsewhere_is_an_excuse_at_lingchuan_only(rules: dict[str, Rules]) -> None:
    end = at("2026-03-02 16:20")
    with pytest.raises(DeadlineRefused, match="可用的：continuous-work、remote。"):
        due_at(rules["luohe-xumu"], end, end, "elsewhere")
    with pytest.raises(DeadlineRefused, match="可用的：没有"):
        due_at(rules["hengyang-linye"], end, end, "elsewhere")


def test_an_instant_without_a_zone_is_refused(rules: dict[str, Rules]) -> None:
    bare = dt.datetime.fromisoformat("2026-03-02 16:20")
    with pytest.raises(DeadlineRefused, match="没有时区"):
        due_at(rules["luohe-xumu"], bare, None, "")
    with pytest.raises(DeadlineRefused, match="没有时区"):
        due_at(rules["luohe-xumu"], at("2026-03-02 16:20"), bare, "remote")


def test_nobody_returns_before_the_end(rules: dict[str, Rules]) -> None:
    with pytest.raises(DeadlineRefused, match="早于"):
        due_at(rules["luohe-xumu"], at("2026-03-02 16:20"), at("2026-03-02 16:19"), "remote")
