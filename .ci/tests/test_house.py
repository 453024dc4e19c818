"""The set-up does only what is needed, the locks are complete, the benches state real figures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from make_venv import House, Kind, Stamp, read_stamp, stands, wanted_kind
from programs import Program, missing, parse_programs

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "tests" / "bench" / "run.py"
LOCKS = ROOT / ".ci" / "locks"


def build(root: Path, kind: Kind) -> House:
    """Make a folder that looks like a finished set-up."""
    house = House(root, "3.11")
    (root / ".ci" / "locks").mkdir(parents=True)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    for each in Kind:
        house.lock(each).write_text(f"# {each}\n", encoding="utf-8")
    house.python.touch()
    (root / ".venv" / "bin" / "shilu").touch()
    stamp = {"kind": str(kind), "fingerprint": house.fingerprint(kind)}
    house.stamp_file.write_text(json.dumps(stamp), encoding="utf-8")
    return house


def test_a_finished_set_up_stands(tmp_path: Path) -> None:
    assert stands(build(tmp_path, Kind.RUN), Kind.RUN)


@pytest.mark.parametrize("file", ["pyproject.toml", ".ci/locks/run.txt"])
def test_a_changed_project_or_lock_sets_up_anew(tmp_path: Path, file: str) -> None:
    house = build(tmp_path, Kind.RUN)
    (tmp_path / file).write_text("changed\n", encoding="utf-8")
    assert not stands(house, Kind.RUN)


@pytest.mark.parametrize("file", ["bin/python", "bin/shilu", "shilu-setup.json"])
def test_an_unfinished_set_up_does_not_stand(tmp_path: Path, file: str) -> None:
    house = build(tmp_path, Kind.RUN)
    (house.venv / file).unlink()
    assert not stands(house, Kind.RUN)


def test_another_python_or_place_sets_up_anew(tmp_path: Path) -> None:
    house = build(tmp_path / "here", Kind.RUN)
    assert not stands(House(house.root, "3.13"), Kind.RUN)
    moved = house.root.rename(tmp_path / "there")
    assert not stands(House(moved, "3.11"), Kind.RUN)


def test_a_venv_for_tests_is_never_made_smaller(tmp_path: Path) -> None:
    house = build(tmp_path, Kind.DEV)
    assert wanted_kind(house, Kind.RUN) is Kind.DEV
    assert stands(house, Kind.DEV)


def test_a_venv_for_use_grows_when_tests_are_asked_for(tmp_path: Path) -> None:
    house = build(tmp_path, Kind.RUN)
    assert wanted_kind(house, Kind.DEV) is Kind.DEV
    assert not stands(house, Kind.DEV)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "huge", "fingerprint": ""}'])
def test_a_damaged_stamp_is_no_stamp(tmp_path: Path, text: str) -> None:
    house = build(tmp_path, Kind.RUN)
    house.stamp_file.write_text(text, encoding="utf-8")
    assert read_stamp(house) is None


def test_a_stamp_is_read_back(tmp_path: Path) -> None:
    house = build(tmp_path, Kind.DEV)
    assert read_stamp(house) == Stamp(Kind.DEV, house.fingerprint(Kind.DEV))


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_a_lock_pins_every_package_by_hash_and_names_no_index(lock: str) -> None:
    text = (LOCKS / lock).read_text(encoding="utf-8")
    for requirement in re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", text)):
        assert re.match(r"[a-z0-9-]+==\S+", requirement)
        assert "--hash=sha256:" in requirement
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("run.txt", ("bench", "station")), ("dev.txt", ("bench", "station", "c2pa", "dev"))],
)
def test_every_declared_package_is_locked(lock: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["dependencies"] + [
        line for extra in extras for line in project["optional-dependencies"][extra]
    ]
    names = {re.split(r"[^A-Za-z0-9.-]", line)[0].lower() for line in declared}
    locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", (LOCKS / lock).read_text(encoding="utf-8")))
    assert names - locked == set(), "run 'make lock'"


def test_both_locks_hold_the_same_versions() -> None:
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"(?m)^[a-z0-9-]+==\S+", (LOCKS / lock).read_text(encoding="utf-8")))

    assert versions("run.txt") <= versions("dev.txt")


def test_a_program_is_missing_until_one_of_its_names_is_there(tmp_path: Path) -> None:
    listed = parse_programs('[sextant]\npackage = "sextant"\nalso = ["octant"]\n')
    assert listed == (Program(("sextant", "octant"), "sextant"),)
    assert missing(listed, str(tmp_path)) == listed
    (tmp_path / "octant").touch(mode=0o755)
    assert missing(listed, str(tmp_path)) == ()


def figure(**changes: object) -> dict[str, object]:
    """State a good figure, changed."""
    good = {"name": "speed", "value": 2.0, "unit": "×", "peer": "sha256sum", "budget": "≥1.5"}
    return {**good, "ok": True, "command": "true", "runs": [1.0, 2.0, 9.0], **changes}


def measure(folder: Path, stated: dict[str, object]) -> subprocess.CompletedProcess[str]:
    """Run the bench runner on one bench that states this."""
    bench = folder / "bench_it.py"
    bench.write_text(f"def run():\n    return [{stated!r}]\n", encoding="utf-8")
    command = [sys.executable, str(RUNNER), "--benches", str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_figures_are_printed_and_written(tmp_path: Path) -> None:
    done = measure(tmp_path, figure())
    assert done.returncode == 0, done.stderr
    assert "ok  speed  2 ×    ≥1.5    sha256sum  3" in done.stdout
    written = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert written == [figure()]


def test_a_missed_budget_ends_badly_and_is_written_all_the_same(tmp_path: Path) -> None:
    done = measure(tmp_path, figure(ok=False))
    assert (done.returncode, "MISSED" in done.stdout) == (1, True)
    assert (tmp_path / "results.json").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"value": 9.0}, "speed: value is 9.0, the median of its runs is 2.0"),
        ({"runs": []}, "speed: runs must hold every measurement"),
        ({"ok": "yes"}, "speed: ok is 'yes'"),
        ({"colour": "red"}, "speed: keys must be"),
    ],
)
def test_a_malformed_figure_is_refused_by_name(
    tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    done = measure(tmp_path, figure(**changes))
    assert done.returncode == 1
    assert sentence in done.stderr


def test_a_missing_bench_is_no_error_and_an_unknown_one_is(tmp_path: Path) -> None:
    command = [sys.executable, str(RUNNER), "--benches", str(tmp_path)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    named = subprocess.run([*command, "speed"], check=False, capture_output=True, text=True)
    assert (named.returncode, "No bench speed" in named.stderr) == (1, True)
