from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from config.retention import RetentionRefused, kept

if TYPE_CHECKING:
    from config.schema import Rules

END = dt.date(2026, 3, 2)


def until(
    rules: Rules, *classes: str, case: dt.date | None = None, end: dt.date = END
) -> tuple[str, str, dt.date | None]:
    found = kept(rules, frozenset(classes), end, case)
    return found.rule.keep, found.rule.article, found.until


def test_a_year_in_lingchuan_and_luohe_two_elsewhere(rules: dict[str, Rules]) -> None:
    assert {name: until(one) for name, one in rules.items()} == {
        "hengyang-linye": ("years", "第十七条", dt.date(2028, 3, 2)),
        "baofeng-minzheng": ("years", "第十五条", dt.date(2028, 3, 2)),
        "lingchuan-ziran": ("years", "第十五条", dt.date(2027, 3, 2)),
        "yuxian-yingji": ("never_purge", "", None),
        "luohe-xumu": ("years", "第十五条", dt.date(2027, 3, 2)),
    }


def test_evidence_in_baofeng_is_kept_for_ever(rules: dict[str, Rules]) -> None:
    assert until(rules["baofeng-minzheng"], "evidence") == ("permanent", "第十五条第（一）项", None)


def test_evidence_in_hengyang_follows_the_case_file_but_never_below_two_years(
    rules: dict[str, Rules],
) -> None:
    one = rules["hengyang-linye"]
    long, short = dt.date(2036, 1, 1), dt.date(2027, 1, 1)
    assert until(one, "evidence", case=long) == ("case_file", "第十七条", long)
    assert until(one, "evidence", case=short) == ("years", "第十七条", dt.date(2028, 3, 2))


def test_while_nobody_has_entered_the_case_files_term_there_is_no_end(
    rules: dict[str, Rules],
) -> None:
    assert until(rules["luohe-xumu"], "evidence") == ("case_file", "第十五条", None)


def test_the_longest_class_wins(rules: dict[str, Rules]) -> None:
    both = until(rules["lingchuan-ziran"], "evidence", "litigation", case=dt.date(2099, 1, 1))
    assert both == ("long_term", "第十六条第（三）项", None)
    unknown = until(rules["lingchuan-ziran"], "evidence", "litigation")
    assert unknown[0] == "long_term"


def test_a_year_from_the_leap_day_is_not_a_day_short(rules: dict[str, Rules]) -> None:
    leap = dt.date(2028, 2, 29)
    assert until(rules["luohe-xumu"], end=leap)[2] == dt.date(2029, 3, 1)


def test_a_class_of_another_regulation_is_refused(rules: dict[str, Rules]) -> None:
    with pytest.raises(RetentionRefused, match="litigation。可用的：general、evidence。"):
        kept(rules["luohe-xumu"], frozenset({"litigation"}), END, None)
