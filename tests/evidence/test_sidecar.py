"""Sidecars: names, words and positions, line by line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.sidecar import (
    CommandNote,
    Fix,
    NoFix,
    NoticeWording,
    Officers,
    Said,
    SideHeader,
    Words,
    parse_side,
    side_header_line,
    side_line,
)

HEADER = SideHeader("baofeng-mz.shilu/BF-0007", 12, 3)
ENTRIES = (
    (3_540_000, Officers(("王伟", "李娜"), ("012345", "012346"))),
    (3_540_000, CommandNote("shilu.command/v1\n…")),
    (3_540_100, NoticeWording("为保护您的合法权益，现对执法过程进行录音录像。")),
    (3_541_000, Fix("2026-11-21T10:05:33.000Z", 399_042_000, 1_164_074_000, 9, 90)),
    (3_542_000, NoFix("no satellites")),
    (3_543_000, Said("resume", "已恢复录像")),
    (3_544_000, Words("change of battery")),
)
FIRST = side_header_line(HEADER)


def test_a_sidecar_comes_back() -> None:
    lines = [side_line(entry, boottime_ms) for boottime_ms, entry in ENTRIES]
    assert parse_side(FIRST + b"".join(lines)) == (HEADER, ENTRIES)
    assert parse_side(FIRST) == (HEADER, ())
    assert FIRST == (
        b'{"origin":"baofeng-mz.shilu/BF-0007","recording":12,"segment":3,"type":"side","v":1}\n'
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        FIRST[:-1],
        b"1\n",
        side_line(Words("x"), 1),
        FIRST.replace(b'"v":1', b'"v":2'),
        FIRST.replace(b'"v":1', b'"v":true'),
        FIRST.replace(b'"side"', b'"note"'),
        FIRST.replace(b"BF-0007", b"station"),
        FIRST + b"\n",
        FIRST + b"1\n",
        FIRST + b'{"boottime_ms":1,"text":"x","type":"rumour"}\n',
        FIRST + b'{"boottime_ms":1,"text":"x","type":1}\n',
        FIRST + b'{"text":"x","type":"note"}\n',
        FIRST + b'{"boottime_ms":-1,"text":"x","type":"note"}\n',
        FIRST + b'{"boottime_ms":1,"text":"x","type":"note","who":"y"}\n',
        FIRST + FIRST,
    ],
)
def test_what_is_not_a_sidecar_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_side(data)


@pytest.mark.parametrize(
    "fix", [Fix("", 900_000_001, 0, 0, 0), Fix("", 0, -1_800_000_001, 0, 0), Fix("x", 0, 0, 0, 0)]
)
def test_there_is_no_such_place(fix: Fix) -> None:
    with pytest.raises(Malformed):
        side_line(fix, 1)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader_of_sidecars(data: bytes) -> None:
    for candidate in (data, FIRST + data, FIRST + data + b"\n"):
        with contextlib.suppress(EvidenceError):
            parse_side(candidate)
