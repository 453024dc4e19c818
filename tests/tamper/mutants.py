"""Take each check out of the verifier, one at a time, and see whether a test notices.

    make mutants                     every module of recorder/evidence/verify
    make mutants ARGS="files walk"   those two

A mutant is a copy of the sources in which one statement that finds, refuses or compares is gone,
or one condition is fixed or loses a part. It survives if `tests/verify` and `tests/tamper` stay
green. Survivors that remove a check are printed and make the command end with 1.
`KNOWN` names those that no test can notice, each with its reason.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CHECKED = Path("recorder/evidence/verify")
TESTS = ("tests/verify", "tests/tamper")
WORKERS = 2
TIMEOUT_SECONDS = 180
# Sentences only: what they say is for people, what they find is in codes.py's table.
NOT_MUTATED = {"__init__", "page", "summary"}
# `module:line text` of a mutant that means the same as the original, and why.
KNOWN: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one check removed."""

    module: str
    line: int
    what: str
    source: str

    def name(self) -> str:
        return f"{self.module}:{self.line} {self.what}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every mutant of a module, in the order of its lines."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        for change in range(_changes(node)):
            mutated = copy.deepcopy(tree)
            twin = next(each for at, each in enumerate(ast.walk(mutated)) if at == number)
            what = _apply(mutated, twin, change)
            if what:
                line = getattr(node, "lineno", 0)
                ast.fix_missing_locations(mutated)
                yield Mutant(path.stem, line, what, ast.unparse(mutated))


def _changes(node: ast.AST) -> int:
    match node:
        case ast.Raise() | ast.Expr(value=ast.Yield() | ast.YieldFrom() | ast.Call()):
            return 1
        case ast.AugAssign():
            return 1
        case ast.If() | ast.IfExp():
            return 2
        case ast.BoolOp(values=values):
            return len(values)
        case ast.Compare(ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()]):
            return 1
        case _:
            return 0


_NEIGHBOURS: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
}


def _apply(tree: ast.AST, node: ast.AST, change: int) -> str:
    """Change `node` within `tree`; give what was done in a few words, or nothing."""
    before = ast.unparse(node).splitlines()[0][:90]
    match node:
        case ast.If() | ast.IfExp():
            if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                return ""
            kept = ast.unparse(node.test)[:90]
            node.test = ast.Constant(value=bool(change))
            return f"always {bool(change)}: {kept}"
        case ast.BoolOp(values=values):
            gone = values.pop(change)
            return f"without part: {ast.unparse(gone)[:90]}"
        case ast.Compare(ops=[operator]):
            node.ops = [_NEIGHBOURS[type(operator)]]
            return f"off by one: {before}"
        case ast.Raise() | ast.Expr() | ast.AugAssign():
            # An empty `yield from` keeps a generator one.
            empty = "yield from ()" if "yield" in before else "pass"
            _replace(tree, node, ast.parse(empty).body[0])
            return f"removed: {before}"
        case _:
            return ""


def _replace(tree: ast.AST, old: ast.AST, new: ast.stmt) -> None:
    for parent in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(parent, field, None)
            if isinstance(statements, list) and old in statements:
                statements[statements.index(old)] = new
                return


def survives(mutant: Mutant, places: list[Path]) -> bool:
    """Run the tests on a copy of the sources with `mutant` in it; True if they stay green."""
    place = places.pop()
    target = place / CHECKED / f"{mutant.module}.py"
    original = target.read_bytes()
    target.write_text(mutant.source, encoding="utf-8")
    try:
        found = [test for test in TESTS if list((place / test).glob("test_*.py"))]
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "no:randomly", "-m", "not slow", *found]
        done = subprocess.run(
            command, cwd=place, capture_output=True, check=False, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False  # it noticed by never ending
    finally:
        target.write_bytes(original)
        places.append(place)
    if done.returncode not in {0, 1, 2}:
        raise RuntimeError(f"{mutant.name()}: pytest could not run: {done.stdout.decode()[-900:]}")
    return done.returncode == 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Try every mutant of the named modules; 1 if one survives that is not known."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="such as files or walk; all, if none is named")
    asked = parser.parse_args(arguments)
    wanted = [
        path
        for path in sorted((ROOT / CHECKED).glob("*.py"))
        if path.stem not in NOT_MUTATED and (not asked.modules or path.stem in asked.modules)
    ]
    mutants = [mutant for path in wanted for mutant in mutants_of(path)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        places = [Path(folder) / str(number) for number in range(WORKERS)]
        for place in places:
            for part in ("recorder", "uplink", "config", "tests"):
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / part, place / part, ignore=ignored)
            shutil.copy(ROOT / "pyproject.toml", place)
        with ThreadPoolExecutor(WORKERS) as pool:
            alive = pool.map(lambda mutant: survives(mutant, places), mutants)
            survivors = []
            for number, (mutant, lives) in enumerate(zip(mutants, alive, strict=True), 1):
                if lives:
                    survivors.append(mutant)
                    mark = "known" if mutant.name() in KNOWN else "SURVIVES"
                    say(f"{number}/{len(mutants)} {mark} {mutant.name()}")
    unknown = [mutant for mutant in survivors if mutant.name() not in KNOWN]
    say(
        f"{len(mutants)} mutants, {len(mutants) - len(survivors)} noticed, "
        f"{len(survivors) - len(unknown)} known, {len(unknown)} survive"
    )
    return 1 if unknown else 0


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main(sys.argv[1:]))
