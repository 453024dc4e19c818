"""Runs, for each mutant, the tests that reach it: in a fork, with the one function exchanged.

Nothing is written and nothing is imported anew, so that a mutant costs what its first failing
test costs.
"""

from __future__ import annotations

import importlib
import os
import pickle
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

import coverage

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence

    import pytest

NOTICED, SURVIVED, BROKEN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one check changed; the change lies in the function `function`."""

    module: str
    function: str
    line: int
    what: str
    tree: ast.Module

    def name(self) -> str:
        return f"{self.module}.{self.function}: {self.what}"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Hunt:
    """A plugin that runs pytest's collected tests once for each mutant, as far as they reach it."""

    def __init__(
        self, package: str, mutants: Sequence[Mutant], known: frozenset[str], workers: int
    ) -> None:
        self.survivors: set[str] = set()
        self._package = package
        self._mutants = mutants
        self._known = known
        self._workers = workers
        self._failed = False
        self._items: dict[str, pytest.Item] = {}
        self._reached: dict[tuple[str, int], set[str]] = {}
        self._seconds: dict[str, float] = {}
        self._killers = defaultdict[str, list[str]](list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a failure."""
        self._failed = self._failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all tests once, to see what each reaches; then hunt."""
        self._items = {item.nodeid: item for item in session.items}
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            survey = Path(folder) / "survey"
            pid = self._fork(lambda: self._survey(survey), Path(folder) / "trouble")
            if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != NOTICED:
                raise RuntimeError((Path(folder) / "trouble").read_text(encoding="utf-8"))
            self._reached, self._seconds = pickle.loads(survey.read_bytes())  # noqa: S301 - ours
            self._hunt(Path(folder))
        return True

    # --- one run of all tests ---------------------------------------------------------------------

    def _survey(self, out: Path) -> int:
        """Run every test unchanged; write which lines each reaches and how long it takes."""
        folder = Path(str(importlib.import_module(self._package).__file__)).parent
        watch = coverage.Coverage(data_file=None, config_file=False, include=[f"{folder}/*"])
        seconds: dict[str, float] = {}
        watch.start()
        items = list(self._items.values())
        for item, following in zip_longest(items, items[1:]):
            watch.switch_context(item.nodeid)
            began = time.monotonic()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            seconds[item.nodeid] = time.monotonic() - began
        watch.stop()
        reached = defaultdict[tuple[str, int], set[str]](set)
        found = watch.get_data()
        for file in found.measured_files():
            for line, contexts in found.contexts_by_lineno(file).items():
                reached[Path(file).stem, line] |= set(contexts) & self._items.keys()
        out.write_bytes(pickle.dumps((dict(reached), seconds)))
        if self._failed:
            raise RuntimeError("The tests do not pass without any change; mend that first.")
        return NOTICED

    # --- all mutants ------------------------------------------------------------------------------

    def _hunt(self, folder: Path) -> None:
        waiting = list(enumerate(self._mutants, 1))
        running: dict[int, tuple[int, Mutant]] = {}
        while waiting or running:
            while waiting and len(running) < self._workers:
                number, mutant = waiting.pop(0)
                running[self._begin(mutant, folder / str(number))] = number, mutant
            pid, status = os.waitpid(-1, 0)
            number, mutant = running.pop(pid)
            self._take(number, mutant, os.waitstatus_to_exitcode(status), folder / str(number))

    def _begin(self, mutant: Mutant, word: Path) -> int:
        tests = self._tests_of(mutant)
        return self._fork(lambda: self._try(mutant, tests, word), word)

    def _take(self, number: int, mutant: Mutant, exit_code: int, word: Path) -> None:
        place = f"{number}/{len(self._mutants)}"
        if exit_code == BROKEN:
            raise RuntimeError(f"{place} {mutant.name()}: {word.read_text(encoding='utf-8')}")
        if exit_code == SURVIVED:
            self.survivors.add(mutant.name())
            mark = "known" if mutant.name() in self._known else "SURVIVES"
            say(f"{place} {mark} line {mutant.line} {mutant.name()}")
        elif word.exists():  # what noticed this one may notice its neighbour
            self._killers[mutant.function].insert(0, word.read_text(encoding="utf-8"))

    def _tests_of(self, mutant: Mutant) -> list[str]:
        """Give the tests that reach the mutant: first what noticed others, then the quick ones."""
        tests = self._reached.get((mutant.module, mutant.line), set())
        first = [test for test in dict.fromkeys(self._killers[mutant.function]) if test in tests]
        rest = sorted(tests - set(first), key=lambda test: self._seconds[test])
        return [*first, *rest]

    # --- one mutant, in a fork --------------------------------------------------------------------

    def _try(self, mutant: Mutant, tests: list[str], word: Path) -> int:
        self._exchange(mutant)
        items = [self._items[test] for test in tests]
        for item, nextitem in zip_longest(items, items[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            if self._failed:
                word.write_text(item.nodeid, encoding="utf-8")
                return NOTICED
        return SURVIVED

    def _exchange(self, mutant: Mutant) -> None:
        """Give the mutant's function the changed code."""
        module = importlib.import_module(f"{self._package}.{mutant.module}")
        code = compile(mutant.tree, str(module.__file__), "exec", dont_inherit=True)
        owner: object = module
        for name in mutant.function.split("."):
            code = next(
                part
                for part in code.co_consts
                if isinstance(part, CodeType) and part.co_name == name
            )
            owner = vars(owner)[name]
        if isinstance(owner, property):
            owner = owner.fget
        if isinstance(owner, staticmethod | classmethod):
            owner = owner.__func__
        if not isinstance(owner, FunctionType):
            raise TypeError(f"{mutant.function} is no function")
        owner.__code__ = code

    def _fork(self, work: Callable[[], int], word: Path) -> int:
        """Do `work` in a process of its own; its answer is the exit code, its trouble `word`."""
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        answer = BROKEN
        try:
            answer = work()
        except BaseException:  # noqa: BLE001 - whatever it is, this fork ends here and says so
            word.write_text(traceback.format_exc(), encoding="utf-8")
        finally:
            os._exit(answer)
