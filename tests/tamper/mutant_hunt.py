"""Runs, for each mutant, the tests that reach it: in a fork, with the one function exchanged.

Nothing is written and nothing is imported anew, so that a mutant costs what its first failing
test costs.
"""

from __future__ import annotations

import gc
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
FEW, MORE = 40, 200


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
    """A plugin that runs pytest's collected tests once for each mutant, as far as they reach it.

    First the few tests that are most likely to notice. What survives those and is not known yet
    gets every test that reaches it.
    """

    def __init__(
        self, package: str, mutants: Sequence[Mutant], known: frozenset[str], workers: int
    ) -> None:
        self.survivors: set[str] = set()
        self._package = package
        self._mutants = mutants
        self._known = known
        self._workers = workers
        self._failed = False
        self._items: list[pytest.Item] = []
        # (module, line) → a bit for each test that reaches it
        self._reached: dict[tuple[str, int], int] = {}
        self._seconds: list[float] = []
        # test → module → how rare the lines are that it reaches there
        self._rarities: dict[int, dict[str, float]] = {}
        self._killers = defaultdict[str, list[int]](list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a failure."""
        self._failed = self._failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all tests once, to see what each reaches; then hunt."""
        self._items = session.items
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            survey = Path(folder) / "survey"
            pid = self._fork(lambda: self._survey(survey), Path(folder) / "trouble")
            if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != NOTICED:
                raise RuntimeError((Path(folder) / "trouble").read_text(encoding="utf-8"))
            self._reached, self._seconds = pickle.loads(survey.read_bytes())  # noqa: S301 - ours
            self._rarities = self._count_rarities()
            gc.freeze()  # or each fork would copy all that is here when it collects
            self._hunt(self._mutants, Path(folder), FEW)
            for most_tests in (MORE, len(self._items)):
                again = [one for one in self._mutants if one.name() in self.survivors - self._known]
                say(f"{len(again)} unknown ones survive; now {most_tests} tests for each of these")
                self.survivors -= {one.name() for one in again}
                self._hunt(again, Path(folder), most_tests)
        return True

    # --- one run of all tests ---------------------------------------------------------------------

    def _survey(self, out: Path) -> int:
        """Run every test unchanged; write which lines each reaches."""
        folder = Path(str(importlib.import_module(self._package).__file__)).parent
        watch = coverage.Coverage(data_file=None, config_file=False, include=[f"{folder}/*"])
        seconds: list[float] = []
        watch.start()
        for number, (item, following) in enumerate(zip_longest(self._items, self._items[1:])):
            watch.switch_context(str(number))
            began = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            seconds.append(time.process_time() - began)
        watch.stop()
        if self._failed:
            raise RuntimeError("The tests do not pass without any change; mend that first.")
        reached: dict[tuple[str, int], int] = {}
        found = watch.get_data()
        for file in found.measured_files():
            for line, tests in found.contexts_by_lineno(file).items():
                reached[Path(file).stem, line] = sum(1 << int(test) for test in set(tests) if test)
        out.write_bytes(pickle.dumps((reached, seconds)))
        return NOTICED

    def _count_rarities(self) -> dict[int, dict[str, float]]:
        found: dict[int, dict[str, float]] = {test: {} for test in range(len(self._items))}
        for (module, _), bits in self._reached.items():
            for test, rarities in found.items():
                if bits >> test & 1:
                    rarities[module] = rarities.get(module, 0.0) + 1 / bits.bit_count()
        return found

    # --- all mutants ------------------------------------------------------------------------------

    def _hunt(self, mutants: Sequence[Mutant], folder: Path, most_tests: int) -> None:
        waiting = list(enumerate(mutants, 1))
        running: dict[int, tuple[int, Mutant]] = {}
        while waiting or running:
            while waiting and len(running) < self._workers:
                number, mutant = waiting.pop(0)
                word = folder / f"{most_tests}-{number}"
                running[self._begin(mutant, word, most_tests)] = number, mutant
            pid, status = os.waitpid(-1, 0)
            number, mutant = running.pop(pid)
            word = folder / f"{most_tests}-{number}"
            self._take(f"{number}/{len(mutants)}", mutant, os.waitstatus_to_exitcode(status), word)

    def _begin(self, mutant: Mutant, word: Path, most_tests: int) -> int:
        tests = self._tests_of(mutant)[:most_tests]
        return self._fork(lambda: self._try(mutant, tests, word), word)

    def _take(self, place: str, mutant: Mutant, exit_code: int, word: Path) -> None:
        if exit_code == BROKEN:
            raise RuntimeError(f"{place} {mutant.name()}: {word.read_text(encoding='utf-8')}")
        if exit_code == SURVIVED:
            self.survivors.add(mutant.name())
            mark = "known" if mutant.name() in self._known else "SURVIVES"
            say(f"{place} {mark} line {mutant.line} {mutant.name()}")
        elif word.exists():  # what noticed this one may notice its neighbour
            self._killers[mutant.function].insert(0, int(word.read_text(encoding="utf-8")))

    def _tests_of(self, mutant: Mutant) -> list[int]:
        """Give the tests that reach the mutant, the likeliest to notice it first.

        Those are what noticed others in its function, then those that reach lines that few others
        reach, in this module before all others, and take little time for it.
        """
        reaching = self._reached.get((mutant.module, mutant.line), 0)
        rarity = {
            test: (rarities.get(mutant.module, 0.0) * 10 + sum(rarities.values()))
            / (self._seconds[test] + 0.005)
            for test, rarities in self._rarities.items()
            if reaching >> test & 1
        }
        first = [test for test in dict.fromkeys(self._killers[mutant.function]) if test in rarity]
        rest = sorted(rarity.keys() - set(first), key=lambda test: -rarity[test])
        return [*first[:10], *rest, *first[10:]]

    # --- one mutant, in a fork --------------------------------------------------------------------

    def _try(self, mutant: Mutant, tests: list[int], word: Path) -> int:
        self._exchange(mutant)
        items = [self._items[test] for test in tests]
        for test, item, following in zip_longest(tests, items, items[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                word.write_text(str(test), encoding="utf-8")
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
