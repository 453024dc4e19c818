"""A receiver on a real tty of the kernel: every intact sentence counts, a lost line comes back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from recorder.capture.ports import DeviceLost, Fix, NoFix
from recorder.devices.bench.manual_pace import ManualPace
from recorder.devices.serial_gps import SerialGps
from tests.rig.gps.pty_line import PtyLine
from tests.rig.remote import pass_seconds, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
BEGIN = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def sentence(body: str) -> bytes:
    check = 0
    for byte in body.encode():
        check ^= byte
    return f"${body}*{check:02X}\r\n".encode()


def second(gone_seconds: float, status: str = "A") -> bytes:
    """What a receiver says at one of its instants."""
    at = BEGIN + timedelta(seconds=gone_seconds)
    clock = f"{at:%H%M%S}.{at.microsecond // 10_000:02d}"
    place = "3352.12800,N,11303.28200,E"
    return (
        sentence(f"GNRMC,{clock},{status},{place},2.7,0.0,{at:%d%m%y},,,A")
        + sentence(f"GNGGA,{clock},{place},1,09,0.98,112.3,M,-17.1,M,,")
        + sentence("GNGSA,A,3,05,07,13,14,15,,,,,,,,1.72,0.98,1.41,1")
    )


class Walk:
    """A receiver that is plugged in, unplugged, and plugged in again under the same name."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ttyGPS"
        self.pace = ManualPace(77_000_000_000)
        self.facts: list[Fix | NoFix] = []
        self.line: PtyLine | None = None
        self.looks = 0
        self.gps = SerialGps(self.path, 9600, NOT_BEFORE, self.look)
        self.gone_seconds = 0.0

    def look(self) -> int:
        """The clock, which counts how often the receiver's thread looks at it."""
        self.looks += 1
        return self.pace.now_ns()

    def plug(self) -> PtyLine:
        self.line = PtyLine()
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(self.line.path)
        return self.line

    def say(self, sentences: bytes) -> None:
        assert self.line is not None
        self.line.send(sentences)

    def walk(self, fixes: int, rate_hz: int = 1) -> None:
        for _ in range(fixes):
            self.pace.jump(1 / rate_hz)
            self.gone_seconds += 1 / rate_hz
            before = len(self.facts)
            self.say(second(self.gone_seconds))
            until(lambda: len(self.facts) > before)  # noqa: B023 – waited for at once

    def drawn(self) -> str:
        return "".join("F" if isinstance(fact, Fix) else "n" for fact in self.facts)


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    made = Walk(tmp_path)
    yield made
    made.gps.stop()
    if made.line is not None:
        made.line.close()


@pytest.mark.parametrize("rate_hz", [1, 5, 10])
def test_every_fix_of_a_fast_receiver_is_stated_with_its_time(walk: Walk, rate_hz: int) -> None:
    walk.plug()
    walk.gps.listen(walk.facts.append)
    walk.walk(40, rate_hz)
    assert walk.drawn() == "F" * 40
    times = [fact.utc for fact in walk.facts if isinstance(fact, Fix)]
    assert times == sorted(times)
    assert times[rate_hz - 1] == "2026-11-21T01:00:01.000Z"
    assert times[-1] == f"2026-11-21T01:00:{40 // rate_hz:02d}.000Z"


def test_noise_on_the_line_costs_only_what_it_hit(walk: Walk) -> None:
    walk.plug()
    walk.gps.listen(walk.facts.append)
    walk.walk(1)
    walk.say(b"\xb5\x62\x01\x07\x5c\x00\xff\xfe$GNR\n$GNRMC,broken*00\r\n\xb5\x62")
    walk.walk(1)
    stream = second(walk.gone_seconds + 1)
    walk.pace.jump(1)
    for at in range(0, len(stream), 7):
        walk.say(stream[at : at + 7])
    until(lambda: len(walk.facts) == 3)
    assert walk.drawn() == "FFF"


def test_a_plug_that_comes_loose_is_told_once_and_fixes_come_back_with_it(walk: Walk) -> None:
    line = walk.plug()
    walk.gps.listen(walk.facts.append)
    walk.walk(2)
    line.close()
    until(lambda: len(walk.facts) == 3)
    walk.looks = 0
    pass_seconds(1.5)
    assert walk.looks < 10, "A lost line must not be read in a hot loop."
    walk.plug()
    walk.walk(2)
    assert walk.drawn() == "FFnFF"
    lost = walk.facts[2]
    assert isinstance(lost, NoFix)
    assert "plug" in lost.cause


def test_a_receiver_that_is_not_there_yet_may_come_later(walk: Walk) -> None:
    walk.gps.listen(walk.facts.append)
    until(lambda: walk.facts)
    assert isinstance(walk.facts[0], NoFix)
    assert "cannot be opened" in walk.facts[0].cause
    walk.plug()
    walk.walk(1)
    assert walk.drawn() == "nF"


def test_a_receiver_that_falls_silent_is_told_once(walk: Walk) -> None:
    walk.plug()
    walk.gps.listen(walk.facts.append)
    walk.walk(1)
    walk.pace.jump(4)
    until(lambda: len(walk.facts) == 2)
    walk.pace.jump(4)
    pass_seconds(0.4)
    assert walk.drawn() == "Fn"


def test_a_speed_that_no_line_has_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DeviceLost, match="4800, 9600, 38400, 115200"):
        SerialGps(tmp_path / "ttyGPS", 9601, NOT_BEFORE, time.monotonic_ns)
