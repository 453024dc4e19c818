"""Throw bad bytes at every parser: `make fuzz` for an hour, `make fuzz ARGS="60 record"` for less.

An input that makes a parser answer in a new way (another error, another sentence) becomes a seed
of the next ones. A crash, a broken promise or an answer that takes more than `SLOW_SECONDS` is
printed with its bytes in base64, and the command ends with 1.
"""

from __future__ import annotations

import base64
import os
import random
import re
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fuzz.target import Target

SLOW_SECONDS = 5.0
MOST_SEEDS = 400
TURN_SECONDS = 1.0
_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|\d+|[0-9a-f]{8,}")


@dataclass(frozen=True, slots=True)
class Crash:
    """What a parser must never do, and the bytes that made it."""

    target: str
    what: str
    data: bytes

    def text(self) -> str:
        return f"{self.target}: {self.what}\nbytes: {base64.b64encode(self.data).decode()}"


class Fuzzer:
    """One parser and the inputs that were worth keeping."""

    def __init__(
        self,
        target: Target,
        seed: int,
        clock: Callable[[], float],
        worked: Callable[[], float] = time.process_time,
    ) -> None:
        """`clock` says how long to go on; `worked`, how long an answer took this process."""
        self.target = target
        self.seeds = list(target.seeds)
        self.answers: set[str] = set()
        self.inputs = 0
        self._dice = random.Random(f"{seed} {target.name}")  # noqa: S311 - to be repeated
        self._clock = clock
        self._worked = worked

    def check_seeds(self) -> None:
        """Raise whatever the parser raises for good bytes."""
        for seed in self.target.seeds:
            self.target.read(seed)

    def spend(self, seconds: float) -> Iterator[Crash]:
        """Try inputs for as long."""
        until = self._clock() + seconds
        while self._clock() < until:
            yield from self.run(20)

    def run(self, inputs: int) -> Iterator[Crash]:
        for _ in range(inputs):
            dice = self._dice
            data = mutated(dice.choice(self.seeds), dice.choice(self.seeds), dice)
            yield from self.one(self.target.mend(data))

    def one(self, data: bytes) -> Iterator[Crash]:
        """Give what is wrong with the parser's answer to `data`, if anything."""
        self.inputs += 1
        began = self._worked()
        try:
            found = self.target.read(data)
            answer = f"read {found}" if self.target.names_answers else "read"
        except self.target.refusals as refusal:
            answer = f"{type(refusal).__name__} {_DETAIL.sub('', str(refusal))}"
        except Exception:  # noqa: BLE001 - this is what is looked for
            yield Crash(self.target.name, traceback.format_exc(limit=-4), data)
            return
        if self._worked() - began > SLOW_SECONDS:
            yield Crash(self.target.name, f"{self._worked() - began:.1f} s to answer", data)
        if answer not in self.answers and len(self.seeds) < MOST_SEEDS:
            self.answers.add(answer)
            self.seeds.append(data)


def main(arguments: list[str]) -> int:
    """Fuzz for `SECONDS` (an hour if not said) all parsers, or those whose names begin so."""
    seconds = float(arguments[0]) if arguments else 3600.0
    named = tuple(arguments[1:])
    seed = int.from_bytes(os.urandom(4))
    chosen = [each for each in targets() if not named or each.name.startswith(named)]
    fuzzers = [Fuzzer(each, seed, time.monotonic) for each in chosen]
    sys.stdout.write(f"seed {seed}, {len(fuzzers)} parsers, {seconds:.0f} s\n")
    until, crashes = time.monotonic() + seconds, dict[str, Crash]()
    while time.monotonic() < until:
        for fuzzer in fuzzers:
            for crash in fuzzer.spend(TURN_SECONDS):
                last = crash.what.strip().splitlines()[-1]
                if crashes.setdefault(f"{crash.target} {_DETAIL.sub('', last)}", crash) is crash:
                    sys.stdout.write(crash.text() + "\n")
    for fuzzer in fuzzers:
        found = f"{fuzzer.inputs} inputs, {len(fuzzer.answers)} different answers"
        sys.stdout.write(f"{fuzzer.target.name:18} {found}\n")
    sys.stdout.write(f"{sum(each.inputs for each in fuzzers)} inputs, {len(crashes)} crashes\n")
    return 1 if crashes else 0


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main(sys.argv[1:]))
