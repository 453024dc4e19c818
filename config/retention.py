"""How long footage is kept: of all classes that apply, the longest wins.

The end of a term only proposes footage to a person; nothing here disposes of anything.
"""

import datetime as dt
from dataclasses import dataclass

from config.regulation import Retention
from config.schema import Rules

_ENDLESS = ("never_purge", "case_file", "long_term", "permanent")  # weakest first


@dataclass(frozen=True, slots=True)
class Kept:
    """The class that decides, and the first day after its term; None if it has no end yet."""

    rule: Retention
    until: dt.date | None


class RetentionRefused(Exception):
    """A class that the regulation does not know; the sentence names those it has."""


def kept(
    rules: Rules, classes: frozenset[str], end: dt.date, case_file_until: dt.date | None
) -> Kept:
    """Return how long footage of these classes is kept; the class "general" always applies.

    `end` is the local day on which the recording ended, `case_file_until` the first day after
    the case file's own term, None while nobody has entered it: until then there is no end.
    Raise RetentionRefused for a class that the regulation does not have.
    """
    known = {one.id: one for one in rules.retention}
    strange = sorted(classes - known.keys())
    if strange:
        raise RetentionRefused(
            f"规定里没有这种保存类别：{'、'.join(strange)}。可用的：{'、'.join(known)}。 "
            f"No such class; the regulation has: {', '.join(known)}."
        )
    terms = [
        Kept(one, _until(one, end, case_file_until))
        for one in rules.retention
        if one.id in classes or one.id == "general"
    ]
    return max(terms, key=_length)


def _length(term: Kept) -> tuple[int, dt.date]:
    if term.until is None:
        return 1 + _ENDLESS.index(term.rule.keep), dt.date.max
    return 0, term.until


def _until(rule: Retention, end: dt.date, case_file_until: dt.date | None) -> dt.date | None:
    if rule.keep == "case_file":
        return case_file_until
    if rule.keep != "years" or rule.years is None:
        return None
    year = end.year + rule.years
    try:
        return end.replace(year=year)
    except ValueError:  # 29 February: never a day less than the years promised
        return dt.date(year, 3, 1)
