"""Commands: what a station orders, in one spelling, for one unit, once and in its time."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.causes import Ordered
from recorder.evidence.command import (
    Command,
    check_command,
    check_due,
    command_key_name,
    of_its_time,
    parse_command,
    sign_command,
)
from recorder.evidence.errors import BadSignature, EvidenceError, Malformed, NotObeyed
from recorder.evidence.moment import ClockSource, Moment
from recorder.evidence.note import (
    ED25519,
    NoteSignature,
    VerifierKey,
    add_signature,
    note_bytes,
    parse_note,
    sign_note,
)
from recorder.evidence.sidecar import Officers
from recorder.evidence.words import MAX_COMMAND_BYTES, digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Keys = Callable[[int], Ed25519PrivateKey]

UNIT = "baofeng-mz.shilu/BF-0007"
NAME = "baofeng-mz.shilu/command"
CREW = Officers(("张三", "李四"), ("100001", "100002"))
COMMAND = Command(
    unit=UNIT,
    number=17,
    since="2026-11-21T08:00:00.000Z",
    until="2026-11-21T20:00:00.000Z",
    officers=CREW,
    salt="4f0c8e5a1b2d3c4e5f60718293a4b5c6",
)
CHECK = replace(COMMAND, officers=None)
TEXT = """shilu.command/v1
baofeng-mz.shilu/BF-0007
17
2026-11-21T08:00:00.000Z 2026-11-21T20:00:00.000Z
officers {"names":["张三","李四"],"numbers":["100001","100002"]}
salt 4f0c8e5a1b2d3c4e5f60718293a4b5c6
"""


def at(clock: str, error_ms: int = 50) -> Moment:
    return Moment(1, clock and f"2026-11-21T{clock}Z", ClockSource.GPS, error_ms)


def crew(*names: str, numbers: tuple[str, ...] | None = None) -> Command:
    given = numbers or tuple(str(n) for n in range(len(names)))
    return replace(COMMAND, officers=Officers(names, given))


def test_a_command_reads_as_the_format_says(signing_key: Keys) -> None:
    note = sign_command(COMMAND, signing_key(5))
    assert note.decode().startswith(f"{TEXT}\n— {NAME} ")
    signed = parse_command(note)
    assert (signed.command, signed.sha256) == (COMMAND, digest(note))
    assert (COMMAND.what, CHECK.what) == (Ordered.OFFICERS, Ordered.CHECK)
    assert parse_command(sign_command(CHECK, signing_key(5))).command == CHECK
    assert "\ncheck\n" in CHECK.text()


def test_only_the_pinned_key_speaks(signing_key: Keys) -> None:
    pinned = VerifierKey.of(command_key_name("baofeng-mz"), ED25519, signing_key(5).public_key())
    check_command(parse_command(sign_command(COMMAND, signing_key(5))), pinned)
    with pytest.raises(BadSignature, match="not signed by baofeng-mz"):
        check_command(parse_command(sign_command(COMMAND, signing_key(6))), pinned)
    changed = sign_command(COMMAND, signing_key(5)).replace("李四".encode(), "李五".encode())
    with pytest.raises(BadSignature, match="does not fit"):
        check_command(parse_command(changed), pinned)


def test_nobody_on_the_way_gives_a_note_another_digest(signing_key: Keys) -> None:
    note = parse_note(sign_command(COMMAND, signing_key(5)))
    for more in (note.signatures[0], NoteSignature("stranger", bytes(4), bytes(9))):
        with pytest.raises(Malformed, match=f"one signature, and it is of {NAME}"):
            parse_command(note_bytes(add_signature(note, more)))
    for name in ("baofeng-mz.shilu/station", "other.shilu/command"):
        with pytest.raises(Malformed, match="one signature"):
            parse_command(sign_note(TEXT, name, signing_key(5)))


def test_a_command_is_obeyed_by_its_unit_once_and_in_its_time() -> None:
    check_due(COMMAND, UNIT, 16, at("09:00:00.000"))
    with pytest.raises(NotObeyed, match=r"for baofeng-mz.shilu/BF-0007; this is .*BF-0008"):
        check_due(COMMAND, "baofeng-mz.shilu/BF-0008", 16, at("09:00:00.000"))
    for newest in (17, 18):
        with pytest.raises(NotObeyed, match=f"17 is old: {newest} was taken already"):
            check_due(COMMAND, UNIT, newest, at("09:00:00.000"))
    with pytest.raises(NotObeyed, match=r"17 counts only from 2026-11-21T08.*07:59:59.949Z"):
        check_due(COMMAND, UNIT, 16, at("07:59:59.949"))
    with pytest.raises(NotObeyed, match=r"17 was to be taken before 2026-11-21T20.*20:00:00.050Z"):
        check_due(COMMAND, UNIT, 16, at("20:00:00.050"))


def test_a_time_that_nobody_can_tell_is_no_reason_to_refuse() -> None:
    for now in (at("07:59:59.950"), at("20:00:00.049"), at("23:00:00.000", -1), at("", 0)):
        assert of_its_time(COMMAND, now) == ""


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (replace(COMMAND, number=0), "numbered from 1"),
        (replace(COMMAND, number=-1), "decimal number"),
        (replace(COMMAND, unit="baofeng-mz.shilu/station"), "station's log"),
        (replace(COMMAND, until=COMMAND.since), "ends before it begins"),
        (replace(COMMAND, until="tomorrow"), "not a time"),
        (replace(COMMAND, salt="4f"), "not a salt"),
        (crew(numbers=("1",)), "0 officers and 1 numbers"),
        (crew("张三", numbers=("1", "2")), "1 officers and 2 numbers"),
        (crew(), "1 to 16 officers, not 0"),
        (crew(*"一二三四五六七八九十甲乙丙丁戊己庚"), "1 to 16 officers, not 17"),
        (crew(""), "no officer's name"),
        (crew("张" * 65), "no officer's name"),
        (crew(" 张三"), "no officer's name"),
        (crew("张三 "), "no officer's name"),
        (crew("张\u202e三"), "steers a line"),
        (crew("张\x7f三"), "steers a line"),
        (crew("张\n三"), "steers a line"),
        (crew("张三", numbers=("1 2",)), "no officer's number"),
        (crew("张三", numbers=("1" * 33,)), "no officer's number"),
        (crew("张三", "李四", numbers=("1", "1")), "twice"),
    ],
)
def test_an_order_that_no_unit_would_read_is_not_signed(
    command: Command, why: str, signing_key: Keys
) -> None:
    with pytest.raises(Malformed, match=why):
        sign_command(command, signing_key(5))


def test_a_crew_at_every_limit_fits(signing_key: Keys) -> None:
    numbers = tuple(f"{n:032d}" for n in range(16))
    widest = crew(*("𠮷" * 64 for _ in range(16)), numbers=numbers)
    note = sign_command(widest, signing_key(5))
    assert parse_command(note).command == widest
    assert len(note) < MAX_COMMAND_BYTES


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("shilu.command/v1", "shilu.command/v2"),
        ("\n17\n", "\n017\n"),
        ("000Z 2026", "000Z  2026"),
        ("000Z 2026", "000Z\n2026"),
        ('{"names"', '{ "names"'),
        ('"numbers":', '"who":[],"numbers":'),
        ('"张三"', '"\\u5f20\\u4e09"'),
        ('"张三"', '"\\ud800"'),
        ('"张三"', "1"),
        ("officers {", "delete {"),
        ("officers {", "officers  {"),
        ("salt ", "pepper "),
        ("salt 4f", "salt 4F"),
        ("b5c6\n", "b5c6\nand more\n"),
        ("b5c6\n", "b5c6\n\n"),
    ],
)
def test_another_spelling_is_no_command(old: str, new: str, signing_key: Keys) -> None:
    assert old in TEXT
    with pytest.raises(Malformed):
        parse_command(sign_note(TEXT.replace(old, new), NAME, signing_key(5)))


def test_a_check_has_nothing_behind_it(signing_key: Keys) -> None:
    text = CHECK.text().replace("check", "check now")
    with pytest.raises(Malformed, match="Nobody may order 'check now'"):
        parse_command(sign_note(text, NAME, signing_key(5)))


def test_a_flood_is_not_read(signing_key: Keys) -> None:
    note = sign_command(COMMAND, signing_key(5))
    with pytest.raises(Malformed, match="at most 8192 bytes"):
        parse_command(note + b"x" * MAX_COMMAND_BYTES)


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader_of_commands(data: bytes) -> None:
    for candidate in (data, TEXT.encode() + b"\n" + data, data + TEXT.encode()):
        with contextlib.suppress(EvidenceError):
            parse_command(candidate)
