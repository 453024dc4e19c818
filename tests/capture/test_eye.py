"""The lens as a real child process: it speaks, falls silent, dies, hangs, and is replaced."""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.capture import lens_words as words
from recorder.capture.conductor.eye import Eye
from recorder.evidence.errors import Malformed
from recorder.handover.errors import LinkLost

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow
LENS = """
import os, signal, socket, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
control = socket.socket(fileno=int(sys.argv[sys.argv.index("--control") + 1]))
while order := control.recv(5000):
    if b'"film"' in order:
        control.send(b'{"first_ms":1,"frames":2,"last_ms":3,"samples":4,"type":"alive"}')
        control.send(b'{"type":"halted"}')
    elif b'"drop"' in order:
        control.send(b"what?")
    elif b'"halt"' in order:
        sys.exit(7)
"""
"""A lens that answers `film` with two reports, `drop` with nonsense, and ends at `halt`."""


class Watcher:
    """An eye, what it told, and a wait that ends when the lens moves."""

    def __init__(self, program: str) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []
        self.eye = Eye([sys.executable, "-I", "-c", program], self._tell)

    def _tell(self, event: str, **facts: object) -> None:
        self.told.append((event, facts))

    def pid(self) -> int:
        pid = next(facts["pid"] for event, facts in reversed(self.told) if event == "lens")
        assert isinstance(pid, int)
        return pid

    def hear(self, count: int) -> list[words.Report]:
        """So many reports; LinkLost and Malformed as they come."""
        heard: list[words.Report] = []
        while len(heard) < count:
            ready, _, _ = select.select([self.eye], [], [], 10)
            assert ready, f"the lens said only {heard}"
            heard += self.eye.reports()
        return heard


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    made = Watcher(LENS)
    made.eye.open()
    yield made
    made.eye.kill()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_orders_go_in_and_reports_come_out(watcher: Watcher) -> None:
    watcher.eye.order(words.Film())
    assert watcher.hear(2) == [words.Alive(2, 4, 1, 3), words.Halted()]
    assert watcher.eye.reports() == []


def test_a_lens_that_ended_is_lost_with_its_code(watcher: Watcher) -> None:
    watcher.eye.order(words.Halt())
    with pytest.raises(LinkLost, match="the lens ended with code 7"):
        watcher.hear(1)


def test_a_lens_that_was_killed_is_lost_with_its_signal(watcher: Watcher) -> None:
    os.kill(watcher.pid(), signal.SIGKILL)
    with pytest.raises(LinkLost, match="the lens ended by signal 9"):
        watcher.hear(1)


def test_a_lens_that_speaks_nonsense_is_malformed(watcher: Watcher) -> None:
    watcher.eye.order(words.Drop())
    with pytest.raises(Malformed):
        watcher.hear(1)


def test_a_lens_that_hangs_is_killed_and_replaced(watcher: Watcher) -> None:
    hung = watcher.pid()
    os.kill(hung, signal.SIGSTOP)
    watcher.eye.open()
    assert not is_running(hung)
    assert watcher.pid() != hung
    watcher.eye.order(words.Film())
    assert len(watcher.hear(2)) == 2


def test_a_killed_lens_is_gone_at_once_and_asking_it_does_no_harm(watcher: Watcher) -> None:
    pid = watcher.pid()
    watcher.eye.kill()
    watcher.eye.kill()
    assert not is_running(pid)
    watcher.eye.order(words.Film())
    assert watcher.eye.reports() == []


def test_an_order_that_a_dead_lens_did_not_take_is_remembered(watcher: Watcher) -> None:
    watcher.eye.order(words.Halt())
    with pytest.raises(LinkLost):
        watcher.hear(1)
    watcher.eye.order(words.Film())
    event, facts = watcher.told[-1]
    assert event == "log"
    assert str(facts["sentence"]).startswith("the lens did not take an order: ")


def test_a_lens_that_cannot_start_is_lost_at_once() -> None:
    watcher = Watcher("raise SystemExit(3)")
    watcher.eye.open()
    with pytest.raises(LinkLost, match="the lens ended with code 3"):
        watcher.hear(1)
    watcher.eye.kill()
