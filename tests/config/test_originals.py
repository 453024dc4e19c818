"""The rule files against the regulations as printed, which lie in `originals/`."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from config.citation import articles_in, list_items_in, number
from config.load import shipped_rules
from config.regulation import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.schema import Rules


HERE = Path(__file__).parent
_ARTICLE = re.compile(r"^[\s\u3000]*第\s*([一二三四五六七八九十]+|[0-9]+)\s*条", re.MULTILINE)


def squeezed(text: str) -> str:
    """Take out what typesetting put in: blanks, list signs, and one wrong glyph of a PDF font."""
    bare = re.sub(r"\s|[\u3000#]|\[bookmark:[^\]]*\]|^- |\n- ", "", text)
    return bare.replace("臵", "置")


@dataclass(frozen=True, slots=True)
class Original:
    """A regulation as printed: its articles by number, and the columns of its list."""

    articles: dict[int, str]
    rows: tuple[tuple[str, ...], ...]

    def words_of(self, citation: str) -> str:
        """Return the words of everything that `citation` names."""
        said = [self.articles[one] for one in articles_in(citation)]
        said += ["".join(self.rows[0]) + "".join(self.rows[i]) for i in list_items_in(citation)]
        return "".join(said)


def read_original(name: str) -> Original:
    whole, _, table = (
        (HERE / "originals" / f"{name}.txt")
        .read_text(encoding="utf-8")
        .partition("行政执法音像记录清单")
    )
    starts = list(_ARTICLE.finditer(whole))
    ends = [one.start() for one in starts[1:]] + [len(whole)]
    articles = {
        int(one[1]) if one[1].isdigit() else number(one[1]): squeezed(whole[one.start() : end])
        for one, end in zip(starts, ends, strict=True)
    }
    assert len(articles) == len(starts), f"{name}: an article number twice"
    return Original(articles, _rows(table))


def _rows(table: str) -> tuple[tuple[str, ...], ...]:
    """Read the list of 序号 类别 事项 载体 场所 内容 部门 记录人; a row may run over two lines."""
    rows: list[list[str]] = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 8:
            continue
        if not cells[7]:  # item 5 runs over a page; its carrier slipped one cell to the left
            rows[-1][3] += cells[2]
            rows[-1][5] += cells[5]
            continue
        cells[1] = cells[1] or rows[-1][1]
        rows.append(cells)
    return tuple(tuple(squeezed(cell) for cell in row) for row in rows)


@pytest.fixture(scope="session")
def originals() -> dict[str, Original]:
    return {name: read_original(name) for name in shipped_rules()}


def rules_in(node: object, path: str = "") -> Iterator[tuple[str, Rule]]:
    if isinstance(node, Rule):
        yield path, node
    if isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from rules_in(getattr(node, name), f"{path}.{name}".lstrip("."))
    if isinstance(node, tuple):
        for one in node:
            yield from rules_in(one, path)


def test_all_five_regulations_are_shipped() -> None:
    assert shipped_rules() == (
        "baofeng-minzheng",
        "hengyang-linye",
        "lingchuan-ziran",
        "luohe-xumu",
        "yuxian-yingji",
    )


@pytest.mark.parametrize("name", shipped_rules())
def test_the_original_has_as_many_articles_as_the_rule_file_says(
    name: str, rules: dict[str, Rules], originals: dict[str, Original]
) -> None:
    regulation, original = rules[name].regulation, originals[name]
    assert regulation.id == name
    assert sorted(original.articles) == list(range(1, regulation.articles + 1))
    assert max(len(original.rows) - 1, 0) == regulation.list_items


@pytest.mark.parametrize("name", shipped_rules())
def test_every_quoted_word_stands_in_the_article_it_cites(
    name: str, rules: dict[str, Rules], originals: dict[str, Original]
) -> None:
    cited = [(path, rule) for path, rule in rules_in(rules[name]) if rule.source == "article"]
    assert len(cited) > 20
    strange = [
        f"{path} {rule.article}: {part}"
        for path, rule in cited
        for part in rule.text.split("……")
        if part.replace(" ", "") not in originals[name].words_of(rule.article)
    ]
    assert strange == []


@pytest.mark.parametrize("name", shipped_rules())
def test_names_and_columns_are_words_of_the_articles_they_cite(
    name: str, rules: dict[str, Rules], originals: dict[str, Original]
) -> None:
    words = originals[name].words_of
    one = rules[name]
    for register in one.registers:
        assert [f for f in register.fields if f not in words(register.article)] == []
    for approval in (one.access.inside, one.access.outside):
        if approval.source == "article":
            said = (*approval.approvers, *approval.asked_by)
            assert [who for who in said if who not in words(approval.article)] == []
    for report in one.reports:
        assert report.to in words(report.article)
    if one.disc:
        assert [f for f in one.disc.label if f not in words(one.disc.article)] == []
    if one.extraction:
        assert [f for f in one.extraction.note if f not in words(one.extraction.article)] == []


_SPELT = {1: "一", 2: "[二两]", 24: "二十四"}
_NUMBERS = ("officers_per_unit", "officers", "wearers", "hours", "hours_after_return", "years",
            "copies", "report_within_hours", "since")  # fmt: skip


def printed(value: int | dt.date) -> str:
    """Return a pattern of how a regulation prints a number or a day."""
    if isinstance(value, dt.date):
        return f"{value.year}年{value.month}月{value.day}日"
    return rf"(?<!\d){value}(?!\d)|{_SPELT.get(value, value)}"


@pytest.mark.parametrize("name", shipped_rules())
def test_every_number_is_one_that_the_article_states(name: str, rules: dict[str, Rules]) -> None:
    stated = [
        (path, key, getattr(rule, key), rule.text)
        for path, rule in rules_in(rules[name])
        for key in _NUMBERS
        if rule.source == "article" and getattr(rule, key, None) is not None
    ]
    strange = [
        f"{path}.{key} = {value}: {text}"
        for path, key, value, text in stated
        if not re.search(printed(value), text)
    ]
    by_us = {"luohe-xumu": ["disc.copies = 1"]}  # no number printed, and its comment says so
    assert [one.partition(":")[0] for one in strange] == by_us.get(name, [])
    assert len(stated) >= {"yuxian-yingji": 0}.get(name, 3)


def test_the_list_of_yuxian_is_copied_whole(
    rules: dict[str, Rules], originals: dict[str, Original]
) -> None:
    rows = originals["yuxian-yingji"].rows[1:]
    scenes = rules["yuxian-yingji"].scenes
    copied = tuple(
        (
            "",
            scene.category,
            scene.name,
            "、".join(scene.carriers),
            scene.place,
            scene.text,
            scene.department,
            scene.recorder,
        )
        for scene in scenes
    )
    assert copied == rows
    assert [scene.article for scene in scenes] == [f"清单第{n}项" for n in range(1, 15)]


def test_each_check_point_of_yuxian_is_words_of_its_row(rules: dict[str, Rules]) -> None:
    scenes = rules["yuxian-yingji"].scenes
    assert [len(one.must_show) for one in scenes] == [8, 6, 6, 1, 6, 1, 4, 11, 1, 2, 2, 5, 3, 2]
    for scene in scenes:
        assert [point for point in scene.must_show if point not in scene.text] == []
