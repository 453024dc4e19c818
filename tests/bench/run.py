"""Run the benches, print their figures as one table, write them to results.json.

A bench is a file `bench_*.py` beside this one with `run() -> list[dict]`. Each dict states one
figure: `name`, `value`, `unit`, `peer` (what it is measured against, or None), `budget` (as
written in the design, such as "≤1.10"), `ok`, `command` (what repeats it by hand) and `runs`
(every single measurement; `value` is their median). A malformed figure is refused by name.

Give names to run only those benches: `make bench ARGS="verify upload"`; then nothing is written.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import statistics
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

HERE = Path(__file__).resolve().parent


class Malformed(Exception):
    """A bench answered something that is not a figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its budget; `value` is the median of `runs`."""

    name: str
    value: float
    unit: str
    peer: str | None
    budget: str
    ok: bool
    command: str
    runs: tuple[float, ...]


FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "value": (int, float),
    "unit": str,
    "peer": (str, type(None)),
    "budget": str,
    "ok": bool,
    "command": str,
    "runs": (list, tuple),
}


def parse_figure(stated: object) -> Figure:
    """Parse what a bench states; raise Malformed with what is wrong, and in which figure."""
    if not isinstance(stated, dict):
        raise Malformed(f"a figure must be a dict, not {stated!r}")
    name = stated.get("name", "a figure without a name")
    if set(stated) != set(FIELDS):
        raise Malformed(f"{name}: keys must be {', '.join(FIELDS)}, not {', '.join(stated)}")
    for key, kind in FIELDS.items():
        if not isinstance(stated[key], kind):
            raise Malformed(f"{name}: {key} is {stated[key]!r}")
    runs = tuple(stated["runs"])
    if not runs or not all(isinstance(run, int | float) for run in runs):
        raise Malformed(f"{name}: runs must hold every measurement, and holds {runs!r}")
    median = statistics.median(runs)
    if not math.isclose(stated["value"], median, rel_tol=0.005):
        raise Malformed(f"{name}: value is {stated['value']}, the median of its runs is {median}")
    return Figure(**{**stated, "runs": runs})


def run_bench(file: Path) -> list[Figure]:
    """Run one bench; raise Malformed, or whatever the bench raises."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise Malformed(f"{file.name} is no Python file")
    bench = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = bench
    spec.loader.exec_module(bench)
    if not hasattr(bench, "run"):
        raise Malformed(f"{file.name} has no run()")
    return [parse_figure(stated) for stated in cast("list[object]", bench.run())]


def table(figures: list[Figure]) -> str:
    """Draw the figures, one a line."""
    head = ("", "name", "value", "budget", "against", "runs")
    rows = [head] + [
        (
            "ok" if figure.ok else "MISSED",
            figure.name,
            f"{figure.value:.4g} {figure.unit}",
            figure.budget,
            figure.peer or "–",
            str(len(figure.runs)),
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main(arguments: list[str]) -> int:
    """Run the benches; 1 if one broke or missed its budget."""
    parser = argparse.ArgumentParser(description="Measure the budgets of the design.")
    parser.add_argument("names", nargs="*", help="only these: verify for bench_verify.py")
    parser.add_argument("--benches", type=Path, default=HERE, help="the folder of bench_*.py")
    options = parser.parse_args(arguments)
    files = sorted(options.benches.glob("bench_*.py"))
    known = {file.stem.removeprefix("bench_"): file for file in files}
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        print(f"No bench {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 1
    sys.path.insert(0, str(options.benches))  # benches may share a file
    figures: list[Figure] = []
    broken: list[str] = []
    for name in options.names or known:
        print(f"measuring {name} …", flush=True)
        try:
            figures += run_bench(known[name])
        except Exception:  # noqa: BLE001 -- one broken bench must not hide the others' figures
            traceback.print_exc()
            broken.append(name)
    print(table(figures))
    if not options.names:
        results = json.dumps([asdict(figure) for figure in figures], ensure_ascii=False, indent=1)
        (options.benches / "results.json").write_text(results + "\n", encoding="utf-8")
    for name in broken:
        print(f"The bench {name} broke: its figures are missing.", file=sys.stderr)
    return 1 if broken or not all(figure.ok for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
