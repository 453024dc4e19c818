"""What the units promise, judged by systemd's own tool; no machine is started."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd" / "units"
SYSTEM = Path("usr/lib/systemd/system")
STARTED = (
    "opt/shilu/bin/python", "usr/lib/shilu/alert", "usr/lib/shilu/fault-lamp",
    "usr/bin/mountpoint", "usr/bin/shilu",
    "usr/bin/systemd-tmpfiles", "usr/bin/true",
)  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A system's files as far as units name them: ours, systemd's own, and what ours start."""
    shutil.copytree(
        f"/{SYSTEM}", tmp_path / SYSTEM, symlinks=True, ignore=shutil.ignore_patterns("*.wants")
    )
    for unit in UNITS.iterdir():
        shutil.copy(unit, tmp_path / SYSTEM)
    for program in STARTED:
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text("#!/bin/sh\n", encoding="ascii")
        (tmp_path / program).chmod(0o755)
    return tmp_path


def verify(systemd_analyze: Path, tree: Path) -> subprocess.CompletedProcess[str]:
    names = sorted(unit.name.replace("@.", "@some.") for unit in UNITS.iterdir())
    return subprocess.run(
        [systemd_analyze, "verify", f"--root={tree}", "--man=no", *names],
        capture_output=True,
        text=True,
        check=False,
    )


def test_systemd_finds_nothing_to_say_about_the_units(
    tree: Path, need: Callable[[str], Path]
) -> None:
    judged = verify(need("systemd-analyze"), tree)
    assert (judged.returncode, judged.stderr) == (0, "")


def test_a_misspelt_setting_would_be_noticed(tree: Path, need: Callable[[str], Path]) -> None:
    custody = tree / SYSTEM / "shilu-custody.service"
    custody.write_text(custody.read_text(encoding="utf-8").replace("WatchdogSec", "WatchDogSecs"))
    assert "WatchDogSecs" in verify(need("systemd-analyze"), tree).stderr


@pytest.mark.parametrize(
    ("unit", "at_most_tenths"),
    [
        ("shilu-custody.service", 15),
        ("shilu-courier.service", 15),
        ("shilu-release.service", 15),
        ("shilu-capture.service", 25),
        ("shilu-station.service", 25),
        ("shilu-first.service", 30),
        ("shilu-papers.service", 30),
        ("shilu-unenrolled.service", 30),
        ("shilu-alert@.service", 35),
    ],
)
def test_no_service_is_more_exposed_than_it_may_be(
    tree: Path, need: Callable[[str], Path], unit: str, at_most_tenths: int
) -> None:
    judged = subprocess.run(
        [
            need("systemd-analyze"), "security", "--offline=yes", "--no-pager",
            f"--threshold={at_most_tenths}", tree / SYSTEM / unit,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-200:] + judged.stderr


def settings(unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (UNITS / unit).read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("service", ["custody", "capture", "courier", "station"])
def test_a_service_is_never_given_up_and_must_show_that_it_gets_on(service: str) -> None:
    found = settings(f"shilu-{service}.service")
    assert found["Restart"] == ["always"]
    assert found["StartLimitIntervalSec"] == ["0"]
    assert found["Type"] == ["notify"]
    assert "WatchdogSec" in found


def test_a_unit_that_is_told_to_is_switched_off_and_for_no_other_reason() -> None:
    """Whatever else ends the conductor, it is started anew, and the machine stays on."""
    (laid_down,) = settings("shilu-off.path")["PathExists"]
    assert f"--off {laid_down}" in settings("shilu-capture.service")["ExecStart"][0]
    may = {
        unit.name
        for unit in UNITS.iterdir()
        if {"SuccessAction", "FailureAction"} & settings(unit.name).keys()
    }
    assert may == {"shilu-off.service"}
    assert "shilu-off.path" in " ".join(settings("shilu.target")["Wants"]).split()


def test_only_release_and_whoever_writes_originals_may_touch_flags() -> None:
    granted = {
        unit.name: found["AmbientCapabilities"][0].split()
        for unit in UNITS.glob("*.service")
        if "AmbientCapabilities" in (found := settings(unit.name))
    }
    assert granted == {
        "shilu-custody.service": ["CAP_LINUX_IMMUTABLE"],
        "shilu-release.service": ["CAP_LINUX_IMMUTABLE", "CAP_FOWNER"],
        "shilu-station.service": ["CAP_LINUX_IMMUTABLE"],
    }


def test_every_user_a_unit_names_is_made() -> None:
    made = {
        line.split()[1]
        for line in (ROOT / "systemd" / "shilu.sysusers").read_text(encoding="utf-8").splitlines()
        if line.startswith(("u ", "g "))
    }
    of_debian = {"video", "audio", "render", "dialout"}
    for unit in UNITS.glob("*.service"):
        found = settings(unit.name)
        named = {*found.get("User", ()), *found.get("SupplementaryGroups", [""])[0].split()}
        assert named <= made | of_debian, unit.name
