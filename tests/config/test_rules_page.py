"""`docs/rules.md` against the rule files: every article, every key, every citation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.citation import articles_in, list_items_in
from config.load import shipped_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.schema import Rules

import msgspec

from config.regulation import Rule

ROOT = Path(__file__).parents[2]
STATUS = re.compile(r"data|outside|done \((test_\w+)\)|planned \(unit\)|planned \(station web\)")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page."""

    article: str
    keys: tuple[str, ...]
    status: tuple[str, ...]


def page() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    name = ""
    for line in (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:]
            found[name] = []
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(("| 第", "| 清单")):
            keys = tuple(re.findall(r"`([a-z_.]+)`", cells[2]))
            found[name].append(Row(cells[0], keys, tuple(cells[3].split("; "))))
    return found


def citations(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each article and list item that a rule cites, and the key of that rule."""
    if isinstance(node, Rule):
        for number in articles_in(node.article):
            yield f"article {number}", path
        for number in list_items_in(node.article):
            yield f"item {number}", path
    if isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from citations(getattr(node, name), f"{path}.{name}".lstrip("."))
    if isinstance(node, tuple):
        for one in node:
            yield from citations(one, path)


def place(article: str) -> str:
    items = list_items_in(article)
    return f"item {items[0]}" if items else f"article {articles_in(article)[0]}"


@pytest.mark.parametrize("name", shipped_rules())
def test_no_article_is_missing_from_the_page(name: str, rules: dict[str, Rules]) -> None:
    regulation = rules[name].regulation
    expected = [f"article {n}" for n in range(1, regulation.articles + 1)]
    expected += [f"item {n}" for n in range(1, regulation.list_items + 1)]
    assert [place(row.article) for row in page()[name]] == expected


@pytest.mark.parametrize("name", shipped_rules())
def test_a_key_on_the_page_really_cites_that_article(name: str, rules: dict[str, Rules]) -> None:
    cited = set(citations(rules[name]))
    for row in page()[name]:
        here = {path for where, path in cited if where == place(row.article)}
        assert [key for key in row.keys if key not in here] == [], row.article
        assert ("data" in row.status) is bool(row.keys), row.article


@pytest.mark.parametrize("name", shipped_rules())
def test_every_citation_of_the_rule_file_is_on_the_page(name: str, rules: dict[str, Rules]) -> None:
    said = {place(row.article): row.keys for row in page()[name]}
    missing = [
        (where, path)
        for where, path in citations(rules[name])
        if not any(path == key or path.startswith(f"{key}.") for key in said[where])
    ]
    assert missing == []


def test_every_status_is_one_of_the_few_and_every_test_named_exists() -> None:
    tests = "\n".join(file.read_text(encoding="utf-8") for file in ROOT.glob("tests/**/test_*.py"))
    for name, rows in page().items():
        for row in rows:
            assert row.status
            for status in row.status:
                known = STATUS.fullmatch(status)
                assert known, f"{name} {row.article}: {status}"
                assert known[1] is None or f"def {known[1]}(" in tests, known[1]
