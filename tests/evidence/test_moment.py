"""Times are claims of 24 characters."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.moment import check_utc_or_empty, utc_ms, utc_text

YEAR_1_MS, YEAR_10000_MS = -62_135_596_800_000, 253_402_300_800_000


def test_a_time_is_written_with_milliseconds() -> None:
    assert utc_text(1_795_255_533_120) == "2026-11-21T10:05:33.120Z"
    assert utc_ms("1970-01-01T00:00:00.000Z") == 0


@given(st.integers(YEAR_1_MS, YEAR_10000_MS - 1))
def test_every_millisecond_of_the_calendar_comes_back(unix_ms: int) -> None:
    assert len(utc_text(unix_ms)) == 24
    assert utc_ms(utc_text(unix_ms)) == unix_ms


@pytest.mark.parametrize("unix_ms", [YEAR_1_MS - 1, YEAR_10000_MS, 10**30])
def test_there_is_no_time_outside_the_calendar(unix_ms: int) -> None:
    with pytest.raises(Malformed):
        utc_text(unix_ms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21T10:05:33Z",
        "2026-11-21T10:05:33.120+00:00",
        "2026-11-21 10:05:33.120Z",
        "2026-02-29T10:05:33.120Z",
        "2026-11-21T24:00:00.000Z",
        "2026-11-21T10:05:60.000Z",
        "0000-01-01T00:00:00.000Z",
        "２026-11-21T10:05:33.120Z",
        "2026-11-21T10:05:33.120Z\n",
    ],
)
def test_other_spellings_and_impossible_times_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        utc_ms(text)


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader_of_times(text: str) -> None:
    with contextlib.suppress(EvidenceError):
        utc_ms(text)


def test_a_unit_without_a_clock_says_nothing() -> None:
    assert check_utc_or_empty("") == ""
    with pytest.raises(Malformed):
        check_utc_or_empty("yesterday")
