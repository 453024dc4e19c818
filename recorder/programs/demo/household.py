"""The demo's processes: started, listened to, killed, started again, and none left behind."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class FellShort(Exception):
    """A step of the story did not come out; the sentence says what was seen and what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    """One JSON line of a process: who, what, and when it was read (CLOCK_BOOTTIME, ns)."""

    who: str
    event: str
    facts: dict[str, object]
    boottime_ns: int

    def number(self, name: str) -> int:
        """A fact that is a whole number; FellShort if it is not."""
        fact = self.facts.get(name)
        if not isinstance(fact, int):
            raise FellShort(f"{self.who} told no {name} with {self.event}: {self.facts}")
        return fact


class Member:
    """One process; its standard output is read line by line, its errors go to a file."""

    def __init__(
        self, who: str, command: Sequence[str], log: Path, heard: Callable[[Told], None]
    ) -> None:
        self.who = who
        self._heard = heard
        self._log_path = log
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", *command],
            stdout=subprocess.PIPE,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
        )
        self._reader = threading.Thread(target=self._read, name=who, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, and wait for it."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough."""
        self._process.terminate()
        try:
            self._process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join(timeout=10)  # a lens of its own lets go of the pipe a moment later
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()
        self._log.close()

    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """What it last said on standard error."""
        self._log.flush()
        said = self._log_path.read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  asked for above
        for line in self._process.stdout:
            now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            try:
                facts = json.loads(line)
                event = str(facts.pop("event"))
            except (ValueError, KeyError, AttributeError):
                continue
            self._heard(Told(self.who, event, facts, now_ns))


class Household:
    """All of them. `on_told` is called on reader threads, `until` on the story's."""

    def __init__(self, logs: Path, on_told: Callable[[Told], None]) -> None:
        self._logs = logs
        self._on_told = on_told
        self._members: dict[str, Member] = {}
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._lock = threading.Lock()
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, who: str, *command: str) -> Member:
        """Start `who`; a module name and its arguments."""
        member = Member(who, command, self._logs / f"{who}.log", self._hear)
        self._members[who] = member
        return member

    def kill(self, who: str, *children: int) -> int:
        """SIGKILL `who` and these children of it; the instant (CLOCK_BOOTTIME, ns) just before."""
        at_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._members[who].kill()
        for child in children:
            with contextlib.suppress(ProcessLookupError):  # it saw its parent die, and ended
                os.kill(child, signal.SIGKILL)
        return at_ns

    def end(self, who: str) -> None:
        """Ask it to end, and wait."""
        self._members.pop(who).end()

    def end_all(self) -> None:
        """Leave nobody behind; who depends on others goes first."""
        for who in sorted(self._members, key=lambda name: name in {"custody", "station"}):
            self.end(who)

    def forget_what_was_told(self) -> None:
        """Look only at what is told from now on."""
        while not self._told.empty():
            self._told.get()

    def until(self, what: str, wanted: Callable[[Told], bool], seconds: float) -> Told:
        """Wait for a line that is wanted; FellShort if it does not come, or somebody died."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                told = self._told.get(timeout=min(left, 0.2))
            except queue.Empty:
                self._look_for_the_dead(what)
                continue
            if wanted(told):
                return told
        raise FellShort(f"{what} did not come within {seconds:g} s; see {self._logs}")

    def wait(self, who: str, seconds: float) -> None:
        """Wait until `who` ended well; FellShort with its last words otherwise."""
        member = self._members[who]
        deadline = time.monotonic() + seconds
        while (code := member.ended()) is None:
            if time.monotonic() > deadline:
                raise FellShort(f"{who} did not end within {seconds:g} s; see {self._logs}")
            time.sleep(0.05)
        if code:
            raise FellShort(f"{who}: {member.last_words()}")
        self.end(who)

    def _hear(self, told: Told) -> None:
        self._told.put(told)
        self._on_told(told)

    def _look_for_the_dead(self, what: str) -> None:
        for member in self._members.values():
            code = member.ended()
            if code:
                raise FellShort(f"waiting for {what}, {member.who} ended: {member.last_words()}")
