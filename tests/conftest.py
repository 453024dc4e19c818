"""What every test may ask for, and the rule that no test is silently left out.

In CI (`CI=true`) a skipped test is a failed test, with its reason; only the `device` marker
excuses it. A program that a test needs is asked for with the `need` fixture, which never skips.
"""

from __future__ import annotations

import gc
import os
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ROOT = Path(__file__).resolve().parents[1]
# Debian keeps daemons where a plain user's PATH does not look.
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
IN_CI = pytest.StashKey[bool]()


DESCRIPTORS_A_MODULE_MAY_KEEP = 64


@pytest.fixture(autouse=True, scope="module")
def few_descriptors() -> Generator[None]:
    """Fail a module that leaves files open: past 1,023, select() and so paho refuse to work."""
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    yield
    gc.collect()
    left = len(list(descriptors.iterdir())) - before
    assert left < DESCRIPTORS_A_MODULE_MAY_KEEP, f"{left} descriptors were left open"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device", action="store_true", help="run the tests that need a real unit, on this one"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[IN_CI] = os.environ.get("CI", "").lower() not in {"", "0", "false"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only a real unit can show, and say so."""
    if config.getoption("--device"):
        return
    for item in items:
        if item.get_closest_marker("device"):
            item.add_marker(pytest.mark.skip(reason="needs a real unit: run pytest --device on it"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure in CI."""
    report = yield
    expected_to_fail = hasattr(report, "wasxfail")
    excused = expected_to_fail or item.get_closest_marker("device") is not None
    if report.skipped and item.config.stash[IN_CI] and not excused:
        report.outcome = "failed"
        report.longrepr = f"Skipped, and CI leaves nothing out: {reason_of(report)}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file into a failure in CI."""
    report = yield
    if report.skipped and collector.config.stash[IN_CI]:
        report.outcome = "failed"
        report.longrepr = f"Skipped whole, and CI leaves nothing out: {reason_of(report)}"
    return report


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Give the words a skip was explained with."""
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


@pytest.fixture(scope="session")
def need() -> Callable[[str], Path]:
    """Give the path of a program of `.ci/packages.toml`; fail, never skip, if it is missing."""
    listed = tomllib.loads((ROOT / ".ci" / "packages.toml").read_text(encoding="utf-8"))

    def find(program: str) -> Path:
        if program not in listed:
            pytest.fail(f"List {program} and its Debian package in .ci/packages.toml.")
        entry = listed[program]
        search_path = f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}"
        if "file" in entry and (files := sorted(Path("/").glob(entry["file"].lstrip("/")))):
            return files[0]
        for name in (program, *entry.get("also", ())):
            found = shutil.which(name, path=search_path)
            if found is not None:
                return Path(found)
        package = entry["package"]
        pytest.fail(
            f"This test needs the program {program}, in the Debian package {package}: "
            f"run 'make test', or 'sudo apt-get install {package}'."
        )

    return find
