"""One machine for the tests of this folder: our package installed, and a unit that is ready."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rig.machine.machine import Machine, make_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
RIG = ROOT / "tests" / "rig" / "machine"
PYTHON = "/opt/shilu/bin/python"
SPOOL = "/var/lib/shilu/spool"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its station, in one machine."""

    machine: Machine
    given: Path

    def events(self, event: str = "") -> list[dict[str, Any]]:
        """What capture told, oldest first."""
        said = self.machine.do("journalctl", "--namespace=shilu-capture", "-o", "cat", "--no-pager")
        lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"event"')]
        return [line for line in lines if event in ("", line["event"])]

    def press(self, hold_seconds: float) -> None:
        """Move the record button."""
        self.machine.do("/usr/bin/python3", "/host/press.py", str(hold_seconds))

    def until_told(self, event: str, times: int, seconds: float = 40) -> dict[str, Any]:
        """Wait until capture has told something that often; give the last."""
        what = f"'{event}' for the {times}th time"
        self.machine.until(what, lambda: len(self.events(event)) >= times, seconds)
        return self.events(event)[times - 1]

    def until_ready(self) -> None:
        """Wait for a conductor that is ready since it started."""
        self.machine.until("a unit that is ready", self._ready, 60)

    def record(self, *, marked: bool = False) -> int:
        """Press, let it record, press again for long; the recording's number, once it is closed."""
        opened, sealed, closed = (len(self.events(one)) for one in ("opened", "sealed", "closed"))
        self.press(0.1)
        self.until_told("opened", opened + 1)
        if marked:
            self.press(0.1)
        self.until_told("sealed", sealed + 1)
        self.press(2.3)
        return int(self.until_told("closed", closed + 1)["recording"])

    def names(self, folder: str) -> list[str]:
        """What lies in a folder of the machine, at any depth."""
        return self.machine.do("find", folder, "-type", "f", "-printf", "%f\n").split()

    def main_pid(self, service: str) -> int:
        """The main process of a service that runs; 0 otherwise."""
        shown = self.machine.do(
            "systemctl", "show", f"shilu-{service}.service", "-p", "MainPID", "-p", "ActiveState"
        )
        found = dict(line.split("=", 1) for line in shown.split())
        return int(found["MainPID"]) if found["ActiveState"] == "active" else 0

    def attempt(self, service: str) -> dict[str, str]:
        """What the kernel answers to a program that took the place of a service."""
        text = self.machine.do("cat", f"/usr/lib/systemd/system/shilu-{service}.service")
        name = f"hostile-{service}.service"
        (self.given / name).write_text(_in_the_place_of(text), encoding="utf-8")
        self.machine.do("cp", f"/host/{name}", "/run/systemd/system/")
        self.machine.do("systemctl", "daemon-reload")
        self.machine.do("systemctl", "start", name)
        told = self.machine.do("journalctl", "-u", name, "-o", "cat", "--no-pager")
        answers = [line for line in told.splitlines() if line.startswith('{"')]
        # The next that tries begins with what this one found.
        self.machine.do("rm", "-f", f"{SPOOL}/media/009999-0001.mp4.age")
        return {str(name): str(answer) for name, answer in json.loads(answers[-1]).items()}

    def _ready(self) -> bool:
        told = [one for one in self.events() if one["event"] in {"lens", "state"}]
        return bool(told) and told[-1].get("state") == "ready"


def _in_the_place_of(unit: str) -> str:
    """Give a unit's text with everything but its program and how it is kept alive."""
    dropped = ("ExecStart=", "Type=", "Restart", "Watchdog", "OnFailure", "LogNamespace", "    --")
    own = ("RuntimeDirectory", "StateDirectory")  # they would be taken away from the real one
    kept = [line for line in unit.splitlines() if not line.startswith((*dropped, *own))]
    start = kept.index("[Service]") + 1
    return "\n".join(
        [*kept[:start], "Type=oneshot", f"ExecStart={PYTHON} -I /host/hostile.py", *kept[start:]]
    )


@pytest.fixture(scope="session")
def package(need: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our Debian package of this very checkout, for this machine."""
    need("dpkg-deb")
    out = tmp_path_factory.mktemp("dist")
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    built = subprocess.run(
        [sys.executable, ROOT / "systemd/debian/build.py", "--arch", arch, "--out", out],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return Path(built.stdout.strip())


@pytest.fixture(scope="session")
def unit(
    package: Path, need: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Unit]:
    """A unit and a station as the package, a technician and systemd leave them."""
    root = make_root(ROOT / ".cache" / "rig" / "machine", need("mmdebstrap"))
    work = tmp_path_factory.mktemp("machine")
    given = tmp_path_factory.mktemp("given")
    given.chmod(0o755)
    shutil.copy(package, given / "shilu.deb")
    for script in ("settle.py", "press.py", "hostile.py"):
        shutil.copy(RIG / script, given)
    with Machine(root, work, given) as machine:
        machine.do("dpkg", "--install", "/host/shilu.deb", seconds=120)
        machine.do(PYTHON, "-I", "/host/settle.py", seconds=120)
        machine.do("systemctl", "start", "shilu-station.service", "shilu.target", seconds=120)
        unit = Unit(machine, given)
        unit.until_ready()
        assert unit.record(marked=True) == 1  # marked footage stays: it is what others look for
        yield unit
