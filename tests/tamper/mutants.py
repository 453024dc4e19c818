"""Take each check out of the verifier, one at a time, and see whether a test notices.

    make mutants                     every module of recorder/evidence/verify
    make mutants ARGS="files walk"   those two

A mutant is the verifier with one statement that finds, refuses or compares gone, or one condition
fixed, loosened by one, or without one of its parts. It survives if every test that reaches it
stays green. `known_mutants.toml` names those that mean the same as the original, with the reason:
a survivor that is not there, and an entry there that does not survive, make the command end with 1.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tamper.mutant_hunt import Hunt, Mutant, say

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CHECKED = ROOT / "recorder/evidence/verify"
# Not the honest days of tests/tamper: those of tests/verify are of the same make.
TESTS = ("tests/verify", "tests/tamper", "--ignore", "tests/tamper/test_honest.py")
# Sentences only: what they say is for people, what they find is in codes.py's table.
NOT_MUTATED = {"__init__", "page", "summary"}
KNOWN = Path(__file__).with_name("known_mutants.toml")


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every mutant of a module, in the order of its lines; no two have the same name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    owners = dict(_owners(tree))
    named = Counter[str]()
    for number, node in enumerate(ast.walk(tree)):
        for change in range(_changes(node)):
            mutated = copy.deepcopy(tree)
            twin = next(each for at, each in enumerate(ast.walk(mutated)) if at == number)
            what = _apply(mutated, twin, change)
            if not what:
                continue
            function = owners[node]
            named[function + what] += 1
            nth = named[function + what]
            ast.fix_missing_locations(mutated)
            # A `for … if` within brackets has no place of its own; its condition has.
            placed = node.ifs[0] if isinstance(node, ast.comprehension) else node
            line = getattr(placed, "lineno", 0)
            yield Mutant(
                path.stem, function, line, what if nth == 1 else f"{what} ({nth})", mutated
            )


def _owners(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Give each node with the outermost function or method that it lies in, `-` for none."""

    def within(node: ast.AST, path: str, function: str) -> Iterator[tuple[ast.AST, str]]:
        for child in ast.iter_child_nodes(node):
            inner, here = function, path
            if not function and isinstance(child, ast.FunctionDef | ast.ClassDef):
                here = f"{path}.{child.name}".lstrip(".")
                inner = here if isinstance(child, ast.FunctionDef) else ""
            yield child, inner or "-"
            yield from within(child, here, inner)

    return within(tree, "", "")


def _changes(node: ast.AST) -> int:  # noqa: PLR0911 - one line for each kind of node
    match node:
        case ast.Raise() | ast.Continue() | ast.AugAssign() | ast.comprehension(ifs=[_]):
            return 1
        case ast.Expr(value=ast.Yield() | ast.YieldFrom() | ast.Call()):
            return 1
        case ast.If() | ast.IfExp():
            return 2
        case ast.Return(value=ast.Compare() | ast.BoolOp()):
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


def _apply(tree: ast.AST, node: ast.AST, change: int) -> str:  # noqa: PLR0911 - one per change
    """Change `node` within `tree`; give what was done in a few words, or nothing."""
    before = ast.unparse(node).splitlines()[0][:90]
    match node:
        case ast.If() | ast.IfExp():
            if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                return ""
            kept = ast.unparse(node.test)[:90]
            node.test = ast.copy_location(ast.Constant(value=bool(change)), node.test)
            return f"always {bool(change)}: {kept}"
        case ast.Return(value=ast.expr() as value):
            node.value = ast.copy_location(ast.Constant(value=bool(change)), value)
            return f"always {bool(change)}: {before}"
        case ast.comprehension(ifs=[condition]):
            node.ifs = []
            return f"of all, not only if: {ast.unparse(condition)[:90]}"
        case ast.BoolOp(op=operator, values=values):
            gone = values[change]
            nothing = ast.Constant(value=isinstance(operator, ast.And))
            values[change] = ast.copy_location(nothing, gone)
            return f"without part: {ast.unparse(gone)[:90]}"
        case ast.Compare(ops=[operator]):
            node.ops = [_NEIGHBOURS[type(operator)]]
            return f"off by one: {before}"
        case ast.Raise() | ast.Expr() | ast.AugAssign() | ast.Continue():
            # An empty `yield from` keeps a generator one.
            empty = "yield from ()" if "yield" in before else "pass"
            _replace(tree, node, ast.copy_location(ast.parse(empty).body[0], node))
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


def known_reasons() -> dict[str, str]:
    """Give the name of each mutant that means the same, and why."""
    with KNOWN.open("rb") as file:
        modules = tomllib.load(file)
    return {
        f"{module}.{what}": reason
        for module, reasons in modules.items()
        for what, reason in reasons.items()
    }


def main(arguments: list[str]) -> int:
    """Try every mutant of the named modules; 1 if one survives that is not known."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="such as files or walk; all, if none is named")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--again", type=Path, help="only those that this output calls survivors")
    asked = parser.parse_args(arguments)
    wanted = [
        path
        for path in sorted(CHECKED.glob("*.py"))
        if path.stem not in NOT_MUTATED and (not asked.modules or path.stem in asked.modules)
    ]
    mutants = [mutant for path in wanted for mutant in mutants_of(path)]
    if asked.again is not None:
        said = asked.again.read_text(encoding="utf-8")
        mutants = [mutant for mutant in mutants if mutant.name() + "\n" in said]
    known = {
        name: reason
        for name, reason in known_reasons().items()
        if name.partition(".")[0] in {path.stem for path in wanted}
    }
    hunt = Hunt("recorder.evidence.verify", mutants, frozenset(known), asked.workers)
    os.chdir(ROOT)
    quiet = [
        "-q",
        "-s",
        "--no-header",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
    ]
    if pytest.main([*quiet, *TESTS], plugins=[hunt]):
        return 1
    stale = sorted(set(known) - hunt.survivors) if asked.again is None else []
    for name in stale:
        say(f"STALE {name}: it is noticed, or there is no such mutant any more")
    unknown = hunt.survivors - set(known)
    say(
        f"{len(mutants)} mutants, {len(mutants) - len(hunt.survivors)} noticed, "
        f"{len(hunt.survivors) - len(unknown)} known, {len(unknown)} survive"
    )
    return 1 if unknown or stale else 0


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main(sys.argv[1:]))
