"""SIGKILL before every numbered effect of a unit's life, and what the next start makes of it.

Custody runs as a real process, forked off; it kills itself before effect n. What its callers
were told until then comes out through a pipe. The clock is moved by hand, so nothing here waits.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from recorder.custody.effects import Effect
from recorder.evidence.record import Gap, GapSource, Mark
from recorder.evidence.sidecar import Officers
from recorder.evidence.words import digest
from recorder.handover import packets as p
from recorder.handover.orders import Command
from tests.crash.aftermath import Words, check_after
from tests.custody.rig import Caller, Rig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Tell: TypeAlias = "Callable[[object], None]"

PIECES = 3
NIGHT = Officers(("赵六",), ("110031",))
NEVER = 10**9


@dataclass
class Killer:
    """Kills this process before effect number `at`; counts them in any case."""

    at: int
    count: int = 0
    last: Effect | None = None

    def __call__(self, effect: Effect) -> None:
        self.count += 1
        self.last = effect
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def live(rig: Rig, tell: Tell) -> None:
    """A unit's life in small: film, mark, order, epoch, turn, a lost lens, a stop, a receipt."""
    rig.start()
    rig.cut()
    rig.start()
    conductor, lens = rig.conductor(), rig.lens()
    tell({"lens": 1})
    conductor.ask(rig.opening())
    film(rig, lens, tell)
    conductor.ask(p.Note(Mark(1, 1)))
    courier = Caller(rig, p.Role.COURIER)
    for note in (rig.order(1), rig.order(2, None), rig.order(3, NIGHT)):
        courier.ask(Command(note))
    tell_answers(courier, tell)
    tell({"ordered": list(NIGHT.names)})
    since_ms = rig.clock.boottime_ms
    rig.pass_ms(15 * 60 * 1000)  # a new epoch, while a segment is open
    lost = Gap(1, GapSource.CAMERA, since_ms - 500, rig.clock.boottime_ms, -1, "the camera hung")
    conductor.ask(p.Note(lost))
    film(rig, lens, tell)
    lens.go()
    second = rig.lens()
    tell({"lens": 2})
    film(rig, second, tell)
    rig.stop(conductor, second)
    tell_answers(conductor, tell)
    courier.ask(rig.receipt(seen=0))
    tell_answers(courier, tell)


def film(rig: Rig, lens: Caller, tell: Tell) -> None:
    """Give one file, and tell of each piece that it was given, and when it was called kept."""
    give(lens, rig.open_piece(), tell)
    for number in range(PIECES):
        give(lens, rig.piece(number, 70_000), tell)


def give(lens: Caller, piece: list[p.Keep], tell: Tell) -> None:
    tell({"given": digest(b"".join(packet.media for packet in piece))})
    lens.ask(*piece)
    kept = lens.of(p.Kept)
    if kept:
        tell({"kept": kept[-1].pieces})


def tell_answers(caller: Caller, tell: Tell) -> None:
    for packet in caller.heard:
        if isinstance(packet, p.Sealed | p.Closed | p.Filed):
            tell({"record": packet.seq})


def killed(folder: Path, at: int, life: Callable[[Rig, Tell], None]) -> Words:
    """Let a life run in a process of its own, killed before effect `at`; give what it told."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "wb", buffering=0) as pipe:
            killer = Killer(at)

            def tell(word: object) -> None:
                pipe.write(json.dumps(word).encode() + b"\n")

            code = 3
            try:
                rig = Rig(folder, step=killer, seed=100 + at)
                life(rig, tell)
                tell({"effects": killer.count})
                code = 0
            finally:
                os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        words = [json.loads(line) for line in told.read().splitlines()]
    _, status = os.waitpid(child, 0)
    if at != NEVER and os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
    else:
        assert os.waitstatus_to_exitcode(status) == 0, "the life itself failed"
    return words


@pytest.fixture
def unit() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def effects() -> int:
    """How many effects a whole life has."""
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        words = killed(Path(folder), NEVER, live)
    return int(words[-1]["effects"])


def test_a_life_has_every_kind_of_effect(unit: Path) -> None:
    seen: set[Effect] = set()

    def step(effect: Effect) -> None:
        seen.add(effect)

    rig = Rig(unit, step=step)
    live(rig, lambda _word: None)
    rig.clear_away()
    assert set(Effect) - seen == set()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_before_any_effect_nothing_told_is_lost(effects: int) -> None:
    for at in range(1, effects + 1):
        with tempfile.TemporaryDirectory(prefix="k") as folder:
            words = killed(Path(folder), at, live)
            rig = Rig.found_again(Path(folder))
            try:
                check_after(rig, words)
            except BaseException as error:
                error.add_note(f"killed before effect {at} of {effects}")
                raise
            finally:
                rig.clear_away()


def begin_again(rig: Rig, tell: Tell) -> None:
    """A start after a crash, and nothing else."""
    rig.clock.pass_ms(1_800_000)
    rig.start()
    del tell


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_again_while_recovering_nothing_told_is_lost(effects: int) -> None:
    for first in range(effects // 3, effects, 17):
        for second in range(1, 40):
            with tempfile.TemporaryDirectory(prefix="k") as folder:
                words = killed(Path(folder), first, live)
                again = killed(Path(folder), second, begin_again)
                rig = Rig.found_again(Path(folder))
                try:
                    check_after(rig, words)
                except BaseException as error:
                    error.add_note(f"killed before effect {first}, then {second} of the next start")
                    raise
                finally:
                    rig.clear_away()
                if again and "effects" in again[-1]:
                    break
