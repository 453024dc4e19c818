"""Accounts for every picture that a sensor numbered: recorded once and in order, or a stated gap.

Pure. A check raises Unaccounted with the number at which the account does not come out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROUNDING_MS = 5  # pictures are 33 ms apart
_NEAR_MS = 500


@dataclass(frozen=True, slots=True)
class Counted:
    """A picture as it was found in a film: its number, and its instant (CLOCK_BOOTTIME)."""

    number: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Stated:
    """A gap as the log states it: so many pictures between two instants."""

    lost: int
    from_ms: int
    to_ms: int


class Unaccounted(Exception):
    """A picture is missing without a word, stands twice, or a gap was stated that is none."""


def check_accounts(pictures: Sequence[Counted], gaps: Sequence[Stated]) -> int:
    """Raise Unaccounted unless each number stands once, or in one gap; return how many are gone."""
    left = [gap for gap in gaps if gap.lost >= 0]  # −1 says that it began, not yet how much
    gone = 0
    for before, after in _holes(pictures):
        missing = after.number - before.number - 1
        inside = [gap for gap in left if _lies(gap, before, after)]
        stated = sum(gap.lost for gap in inside)
        if stated != missing:
            near = [gap for gap in left if abs(gap.from_ms - before.at_ms) < _NEAR_MS]
            raise Unaccounted(
                f"Between {before} and {after} {missing} are missing, and the log states {stated};"
                f" near by it states {near}."
            )
        left = [gap for gap in left if gap not in inside]
        gone += missing
    if left:
        raise Unaccounted(f"The log states {left[0]}, and no picture is missing there.")
    return gone


def _holes(pictures: Sequence[Counted]) -> Iterator[tuple[Counted, Counted]]:
    for before, after in pairwise(pictures):
        if after.number <= before.number or after.at_ms <= before.at_ms:
            raise Unaccounted(f"Picture {after.number} follows picture {before.number}.")
        if after.number > before.number + 1:
            yield before, after


def _lies(gap: Stated, before: Counted, after: Counted) -> bool:
    return before.at_ms - _ROUNDING_MS <= gap.from_ms <= gap.to_ms <= after.at_ms + _ROUNDING_MS
