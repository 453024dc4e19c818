"""A card that hangs, is slow, fails, turns read-only or is full, under the real custody process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.record import InterruptCause, SelfCheck, Stop, StopCause
from recorder.handover import packets as p
from recorder.handover.errors import LinkFull, LinkLost
from tests.crash.aftermath import pieces_in
from tests.custody.judge import disproofs
from tests.custody.process import command, config_text
from tests.custody.rig import Rig
from tests.rig.powercut.card import Card, make_ext4, run
from tests.rig.powercut.life import Callers, Lens, started

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
HANG_SECONDS = 3
CUSTODY, COURIER = 990, 992


@dataclass
class Unit:
    """A unit on a card that misbehaves on command."""

    card: Card
    rig: Rig
    work: Path
    user: int = 0
    words: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = self.work / "custody.toml"
        changes = {"socket": f'"{self.work / "s"}"', "protect": "true", "sync_ms": "200"}
        changes |= {"unit_kind": '"device"'}
        callers = "[users]\nconductor = 0\nlens = 0\n"
        config.write_text(config_text(self.rig, **changes) + callers, encoding="utf-8")
        self.arguments = command("custody", "--config", config)
        if self.user:
            # As on a unit: a user of its own, with the one right to set flags.
            for owned in (self.rig.settings.spool, self.rig.settings.keys, self.rig.settings.state):
                run("chown", "-R", str(self.user), owned)
            self.work.chmod(0o711)
            run("chown", str(self.user), self.work)
            self.arguments = [
                "setpriv", f"--reuid={self.user}", "--regid=nogroup", "--clear-groups",
                "--inh-caps=+linux_immutable", "--ambient-caps=+linux_immutable", *self.arguments,
            ]  # fmt: skip
        self.custody = started(self.rig, self.arguments)
        self.callers = Callers(self.work / "s", self.tell)
        self.lens = Lens(self.tell, 500_000)

    def tell(self, word: object) -> None:
        assert isinstance(word, dict)
        self.words.append(word)

    def open(self) -> None:
        self.callers.conductor.send(self.rig.opening())
        self.callers.wait(p.Opened)

    def stop(self) -> None:
        self.callers.lens.send(p.End())
        self.callers.conductor.send(p.Close(StopCause.BUTTON))
        self.callers.wait(p.Closed)

    def again(self) -> None:
        """The process has ended, and systemd starts it again."""
        self.callers.close()
        self.custody.communicate()
        self.custody = started(self.rig, self.arguments)
        self.callers = Callers(self.work / "s", self.tell)

    def given(self) -> set[object]:
        return {word["given"] for word in self.words if "given" in word}

    def kept(self) -> set[str]:
        """Give what was called kept, of the one lens that there was."""
        given = [str(word["given"]) for word in self.words if "given" in word]
        return set(given[: self.callers.kept])

    def end(self) -> None:
        self.card.tell("unhang")
        self.callers.close()
        self.custody.kill()
        self.custody.communicate()


@contextlib.contextmanager
def living(work: Path, user: int = 0) -> Iterator[Unit]:
    image = work / "card.img"
    make_ext4(image, 128, "-m", "20")
    run("tune2fs", "-u", str(user), image)
    with Card(image, work) as card:
        unit = Unit(card, Rig(card.folder, protect=True), work, user)
        try:
            yield unit
        finally:
            unit.end()


@pytest.fixture
def unit(alone: None, work: Path) -> Iterator[Unit]:
    del alone
    with living(work) as unit:
        yield unit


@pytest.fixture
def unit_of_its_own(alone: None, work: Path) -> Iterator[Unit]:
    """A unit whose custody is no root, and has the card's reserve."""
    del alone
    with living(work, CUSTODY) as unit:
        yield unit


def selfchecks(rig: Rig) -> list[SelfCheck]:
    return [r.body for r in rig.records() if isinstance(r.body, SelfCheck)]


def test_a_card_that_hangs_for_three_seconds_loses_nothing_and_keeps_nobody_waiting(
    unit: Unit,
) -> None:
    unit.open()
    unit.lens.film(unit.callers, 2)
    unit.card.tell("hang")
    threading.Timer(HANG_SECONDS, unit.card.tell, ["unhang"]).start()
    unit.lens.film(unit.callers, 2 * HANG_SECONDS + 2)  # a full socket would end this
    unit.stop()
    assert unit.callers.kept == len(unit.given()) + 1  # the opening is filmed twice
    assert unit.given() <= pieces_in(unit.rig)
    assert [s.cause for s in unit.rig.segments()] == [InterruptCause.NONE] * 2
    unit.callers.hear(1.5)  # custody looks after its card each second
    slowest = max(check.items[0].value for check in selfchecks(unit.rig))
    assert slowest >= (HANG_SECONDS - 1) * 1000
    assert disproofs(unit.rig) == set()


def test_a_slow_card_is_stated_and_loses_nothing(unit: Unit) -> None:
    unit.open()
    unit.card.tell("slow 200")
    unit.lens.film(unit.callers, 6)
    unit.card.tell("slow 0")
    unit.stop()
    assert unit.given() <= pieces_in(unit.rig)
    assert disproofs(unit.rig) == set()


def test_a_card_that_fails_ends_aloud_and_what_was_kept_is_there_at_the_next_start(
    unit: Unit,
) -> None:
    unit.open()
    unit.lens.film(unit.callers, 3)
    unit.card.tell("broken")
    with contextlib.suppress(LinkLost):
        unit.lens.film(unit.callers, 2)
    assert unit.custody.wait(20) == 1
    unit.card.tell("whole")
    unit.card.tell("cut 1 0.5")
    after = unit.work / "after"
    after.mkdir()
    run("e2fsck", "-fy", unit.work / "card.img", good=(0, 1, 2))
    run("debugfs", "-R", f"rdump / {after}", unit.work / "card.img")
    rig = Rig.found_again(after)
    rig.clock.utc_ms += 10**9
    rig.start()
    assert unit.kept()
    assert unit.kept() <= pieces_in(rig)
    assert disproofs(rig) == set()
    rig.clear_away()


def test_a_card_that_turned_read_only_is_one_sentence(unit: Unit) -> None:
    unit.open()
    unit.lens.film(unit.callers, 2)
    unit.custody.kill()
    unit.custody.wait()
    before = list(unit.rig.lines())
    run("mount", "-o", "remount,ro", unit.card.folder)
    tried = subprocess.run(unit.arguments, capture_output=True, text=True, timeout=20, check=False)
    assert (tried.returncode, tried.stderr.count("\n")) == (1, 1)
    assert "Read-only" in tried.stderr
    assert list(unit.rig.lines()) == before


FILL = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for size in (1 << 20, 4096, 1):
    try:
        while True:
            os.write(fd, bytes(size))
    except OSError:
        pass
"""


def fill(folder: Path, *as_whom: str) -> None:
    """Take every block that a program of this user can get."""
    run(*as_whom, sys.executable, "-c", FILL, folder / "filler")


def test_another_user_that_fills_the_card_cannot_take_what_the_last_records_need(
    unit_of_its_own: Unit,
) -> None:
    """Blocks are held back for custody's user (`mkfs -m`, `tune2fs -u`)."""
    unit = unit_of_its_own
    unit.open()
    unit.lens.film(unit.callers, 3)
    unit.card.folder.chmod(0o1777)
    fill(unit.card.folder, "setpriv", f"--reuid={COURIER}", "--regid=nogroup", "--clear-groups")
    assert os.statvfs(unit.card.folder).f_bavail == 0
    unit.lens.film(unit.callers, 2)
    unit.callers.wait(p.Closed)
    assert unit.kept() <= pieces_in(unit.rig)
    stops = [r.body for r in unit.rig.records() if isinstance(r.body, Stop)]
    assert [stop.cause for stop in stops] == [StopCause.STORAGE]
    assert unit.custody.poll() is None
    assert disproofs(unit.rig) == set()


def test_starts_on_a_card_that_is_full_to_the_last_block_leave_nothing_behind(unit: Unit) -> None:
    """systemd starts custody again and again; each start would cost two names, for ever."""
    unit.custody.kill()
    unit.custody.wait()
    fill(unit.card.folder)
    before = unit.rig.files()
    for _ in range(3):
        tried = subprocess.run(
            unit.arguments, capture_output=True, text=True, timeout=20, check=False
        )
        assert (tried.returncode, tried.stderr.count("\n")) == (1, 1)
        assert "full" in tried.stderr
    assert unit.rig.files().keys() == before.keys()


def test_a_card_that_hangs_longer_than_the_memory_lasts_bounds_it(unit: Unit) -> None:
    unit.open()
    unit.lens.film(unit.callers, 2)
    pid, piece = unit.custody.pid, bytes(60_000)
    before = resident_bytes(pid)
    unit.card.tell("hang")
    sent, end = 0, time.monotonic() + 3
    while sent < 64 << 20 and time.monotonic() < end:
        try:
            unit.callers.lens.send(p.Keep(piece, last=False, stamps=None))
            sent += len(piece)
        except LinkFull:
            time.sleep(0.01)
    grown = resident_bytes(pid) - before
    unit.card.tell("unhang")
    assert 16 << 20 <= sent < 24 << 20  # the rest waits in the lens's own ring
    assert grown < 32 << 20


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def test_a_card_that_root_has_filled_loses_nothing_that_was_kept(unit: Unit) -> None:
    unit.open()
    unit.lens.film(unit.callers, 3)
    fill(unit.card.folder)
    with contextlib.suppress(LinkLost):
        unit.lens.film(unit.callers, 3)
    unit.custody.kill()  # it has ended by itself, or has stopped recording, and said so
    kept = unit.kept()
    (unit.card.folder / "filler").unlink()
    unit.again()
    assert kept
    assert kept <= pieces_in(unit.rig)
    assert disproofs(unit.rig) == set()
