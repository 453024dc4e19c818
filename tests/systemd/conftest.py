"""One machine for the tests of this folder: our package installed, and a unit that is ready."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rig.machine.machine import Machine, make_root
from tests.systemd.agency import UNIT, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
RIG = ROOT / "tests" / "rig" / "machine"
IMAGE = ROOT / "config" / "image" / "rootfs-overlay"
PYTHON = "/opt/shilu/bin/python"
STATE = "/var/lib/shilu"
SPOOL = f"{STATE}/spool"


@dataclass(frozen=True, slots=True)
class Said:
    """How a unit that does not start, or is not finished, says so: journal, voice and lamp."""

    journal: str
    voice: bytes
    lamp: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its station, in one machine."""

    machine: Machine
    given: Path
    first_starts: dict[str, Said] = field(default_factory=dict)

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

    def fault_lamp(self) -> str:
        """How the red lamp is: it blinks (heartbeat) or rests (none)."""
        return self.machine.do("cat", "/dev/shm/leds/shilu-fault/trigger").strip()  # noqa: S108

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
        if service == "custody":  # what it adds itself it takes for a film of its own
            self.machine.do("/bin/sh", "-c", f"rm -rf {SPOOL}/media/9[0-9]*.mp4.age")
        return {str(name): str(answer) for name, answer in json.loads(answers[-1]).items()}

    def _ready(self) -> bool:
        told = [one for one in self.events() if one["event"] in {"lens", "state"}]
        return bool(told) and told[-1].get("state") == "ready"


def _in_the_place_of(unit: str) -> str:
    """Give a unit's text with everything but its program and how it is kept alive."""
    dropped = ("Exec", "Type=", "Restart", "Watchdog", "OnFailure", "LogNamespace", "    --")
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
        [sys.executable, ROOT / "systemd/debian/build.py", "--arch", arch, "--out", out,
         "--compression", "none"],
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
    need("espeak-ng")
    Desk(given).prepare()
    shutil.copy(package, given / "shilu.deb")
    for script in ("outfit.sh", "press.py", "hostile.py"):
        shutil.copy(RIG / script, given)
    shutil.copy(IMAGE / "etc/cloud/cloud.cfg.d/90-shilu.cfg", given)
    with Machine(root, work, given) as machine:
        machine.do("dpkg", "--install", "/host/shilu.deb", seconds=120)
        machine.do("/bin/sh", "/host/outfit.sh")
        unit = Unit(machine, given)
        FirstStarts(unit).go_through()
        unit.until_ready()
        assert unit.record(marked=True) == 1  # marked footage stays: it is what others look for
        yield unit


@dataclass(frozen=True, slots=True)
class FirstStarts:
    """From a blank card to a unit that docks, by way of every mistake; each is heard and seen."""

    unit: Unit

    def go_through(self) -> None:
        """Leave an enrolled unit and its station, both running."""
        do = self.unit.machine.do
        self._blank()
        do("umount", STATE)
        self._fails("setup.partition")
        do("mount", "--bind", "/srv/evidence", STATE)
        self._seeded()
        number = f'number = "{UNIT}"'
        do("sed", "-i", f"s/^{number}$/number = 7/", "/etc/shilu/unit.toml")
        self._fails("setup.broken")
        do("sed", "-i", f"s/^number = 7$/{number}/", "/etc/shilu/unit.toml")
        do("cloud-init", "modules", "--mode=final")  # what the seed tells it to run
        self._hears("setup.enroll")
        self.unit.until_ready()
        self._enrolled()

    def _blank(self) -> None:
        """A card as the image recipe leaves it, and no seed on it."""
        do = self.unit.machine.do
        do("cp", "/host/90-shilu.cfg", "/etc/cloud/cloud.cfg.d/")
        do("mkdir", "-p", "/boot/firmware")
        self._cloud_init("final")
        self._hears("setup.none")
        self._stop()
        do("systemctl", "disable", "shilu.target")
        do("cloud-init", "clean")

    def _fails(self, clip: str) -> None:
        """Start, hear why not, stop."""
        self.unit.machine.do("systemctl", "start", "--no-block", "shilu.target")
        self._hears(clip)
        self._stop()

    def _stop(self) -> None:
        stopped = ("shilu.target", "shilu-custody.service", "shilu-capture.service")
        self.unit.machine.do("systemctl", "stop", *stopped)

    def _cloud_init(self, *more: str) -> None:
        """Do what a boot does, up to what follows `config`."""
        modes = (("modules", f"--mode={mode}") for mode in ("config", *more))
        for step in (("init", "--local"), ("init",), *modes):
            self.unit.machine.do("cloud-init", *step)

    def _hears(self, clip: str) -> None:
        machine = self.unit.machine

        def lines() -> list[str]:
            told = machine.do("journalctl", "-t", "alert", "-o", "cat", "--no-pager").splitlines()
            return [line for line in told if f": {clip}: " in line and "sound" in line]

        machine.until(f"the sentence {clip}", lambda: bool(lines()), 40)
        machine.do("cp", "/dev/shm/said.raw", "/srv/said.raw")  # noqa: S108  the machine's own
        voice = bytes.fromhex(machine.do("od", "-An", "-v", "-tx1", "/dev/shm/said.raw"))  # noqa: S108
        self.unit.first_starts[clip] = Said(lines()[-1], voice, self.unit.fault_lamp())
        machine.do("/bin/sh", "-c", "echo none >/dev/shm/leds/shilu-fault/trigger")

    def _seeded(self) -> None:
        """Let cloud-init read the seed that flash wrote, and judge it by its own schemas."""
        do = self.unit.machine.do
        do("/bin/sh", "-c", f"cp /host/seeds/{UNIT}/* /boot/firmware/")
        self._cloud_init()
        judged = do("cloud-init", "schema", "--system")
        assert judged.count("Valid schema") == judged.count("Valid") >= 2, judged

    def _enrolled(self) -> None:
        """Carry card and papers to the station and back; nobody types anything at the unit."""
        do = self.unit.machine.do
        do("cp", "-a", "/host/station", "/var/lib/shilu-station-new")
        do("/bin/sh", "-c", "rmdir /var/lib/shilu-station; mv /var/lib/shilu-station-new "
           "/var/lib/shilu-station; chown -R shilu-station: /var/lib/shilu-station")  # fmt: skip
        do("systemctl", "start", "shilu-station.service")
        card = "/boot/firmware/shilu"  # as a technician's computer sees it
        shown = do("journalctl", "-u", "shilu-first", "-o", "cat", "--no-pager").splitlines()
        words = next(line for line in shown if line.startswith(f"{UNIT}  "))
        (self.unit.given / "compared.txt").write_text(words, encoding="utf-8")
        do("mkdir", "-m", "777", "/srv/papers")
        do("runuser", "-u", "shilu-station", "--", "shilu", "config", "enroll", "sign",
           "--station", "/var/lib/shilu-station", "--requests", card,
           "--to", "/srv/papers", "--compared", "/host/compared.txt")  # fmt: skip
        do("cp", "-r", f"/srv/papers/{UNIT}", card)
        do("systemctl", "start", "shilu.target")  # as a power on does


def spoken(clip: str) -> bytes:
    """Give the samples of a shipped prompt."""
    with wave.open(str(ROOT / "config" / "prompts" / f"{clip}.wav"), "rb") as sound:
        return sound.readframes(sound.getnframes())
