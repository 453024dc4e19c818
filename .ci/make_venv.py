"""Make `.venv` from the locked packages, in seconds, or do nothing when it stands.

`make_venv.py run` is for people who use Shilu, `make_venv.py dev` for those who test it.
Needs Python 3.11 with `venv`, and one of: uv, ensurepip, pip. Never needs root.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VENV_PACKAGE = f"python3.{sys.version_info.minor}-venv"


class Kind(StrEnum):
    """Which lock a `.venv` is made from; `DEV` has all that `RUN` has."""

    RUN = "run"
    DEV = "dev"


class SetupFailed(Exception):
    """A sentence for the person at the keyboard."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a `.venv` was made from, written last, so that a broken set-up has none."""

    kind: Kind
    fingerprint: str


@dataclass(frozen=True, slots=True)
class House:
    """A checkout, and the interpreter that its `.venv` is made with."""

    root: Path
    version: str  # major.minor

    @property
    def venv(self) -> Path:
        """The environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter inside it."""
        return self.venv / "bin" / "python"

    @property
    def stamp_file(self) -> Path:
        """Where the stamp lies."""
        return self.venv / "shilu-setup.json"

    def lock(self, kind: Kind) -> Path:
        """Give the locked packages of `kind`."""
        return self.root / ".ci" / "locks" / f"{kind}.txt"

    def fingerprint(self, kind: Kind) -> str:
        """Digest all that a `.venv` of `kind` depends on; scripts in it carry its own path."""
        digest = hashlib.sha256(f"{self.root}\n{self.version}\n{kind}\n".encode())
        for file in (self.root / "pyproject.toml", self.lock(kind)):
            digest.update(file.read_bytes())
        return digest.hexdigest()


def read_stamp(house: House) -> Stamp | None:
    """Give what `.venv` was made from; None if it was never finished or not by us."""
    try:
        words = json.loads(house.stamp_file.read_text(encoding="utf-8"))
        return Stamp(Kind(words["kind"]), str(words["fingerprint"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def wanted_kind(house: House, asked: Kind) -> Kind:
    """Give the kind to make: a `.venv` for tests is never made smaller."""
    stamp = read_stamp(house)
    return Kind.DEV if stamp is not None and stamp.kind is Kind.DEV else asked


def stands(house: House, kind: Kind) -> bool:
    """Tell whether `.venv` is complete and of this very lock, project, place and Python."""
    programs_there = house.python.exists() and (house.venv / "bin" / "shilu").exists()
    return programs_there and read_stamp(house) == Stamp(kind, house.fingerprint(kind))


def installers(house: House, environment: Mapping[str, str]) -> Iterator[list[str]]:
    """Give each command that can install into `.venv` here, the quickest first."""
    uv = shutil.which("uv", path=environment.get("PATH"))
    if uv is not None and works([uv, "--version"]):
        yield [uv, "pip", "install", "--quiet", "--python", str(house.python)]
    pip = [str(house.python), "-m", "pip"]
    if works([*pip, "--version"]) or works([str(house.python), "-m", "ensurepip"]):
        yield [*pip, "install", "--quiet", "--disable-pip-version-check"]
    elif works([sys.executable, "-m", "pip", "--version"]):
        outside = [sys.executable, "-m", "pip", "--python", str(house.python), "install"]
        yield [*outside, "--quiet", "--disable-pip-version-check"]
    elif bring_ensurepip() and works([str(house.python), "-m", "ensurepip"]):
        yield [*pip, "install", "--quiet", "--disable-pip-version-check"]


def bring_ensurepip() -> bool:
    """Install Debian's missing part of `venv` if we are root anyway, as in a container."""
    apt = programs.apt_get(os.environ) if os.geteuid() == 0 else None
    if apt is None:
        return False
    print(f"  installing {VENV_PACKAGE} …", flush=True)
    programs.install(apt, [VENV_PACKAGE], attempts=1)
    return True


def works(command: list[str]) -> bool:
    """Tell whether a command is here and ends well."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def make_empty_venv(house: House) -> None:
    """Make `.venv` anew, without pip: Debian's Python can do that without python3-venv."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", "--without-pip", str(house.venv)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        reason = (made.stderr or made.stdout).strip().rpartition("\n")[2]
        raise SetupFailed(f"Python could not make .venv ({reason}). {venv_remedy()}")


def venv_remedy() -> str:
    """Say what a Debian or Ubuntu machine lacks."""
    return f"Run 'sudo apt-get install {VENV_PACKAGE}', or install uv; then this command again."


def fill(house: House, kind: Kind, environment: Mapping[str, str]) -> None:
    """Install the locked packages, then the project itself as a link to this checkout.

    Raises SetupFailed if nothing can install here, or everything that can has failed.
    """
    tried = 0
    for install in installers(house, environment):
        tried += 1
        steps = (
            [*install, "--require-hashes", "-r", str(house.lock(kind))],
            [*install, "--no-deps", "--no-build-isolation", "-e", str(house.root)],
        )
        if all(subprocess.run(step, check=False).returncode == 0 for step in steps):
            return
        print(f"  {Path(install[0]).name} could not install them (see above)", file=sys.stderr)
    if tried == 0:
        raise SetupFailed(f"There is neither uv nor pip for this Python. {venv_remedy()}")
    raise SetupFailed(
        "The packages could not be installed: check that the package index is reachable "
        "and that the disk has 500 MB free, then run this command again; "
        "what was fetched already is kept."
    )


def version_inside(house: House) -> str:
    """Give the Python version of a `.venv`, or nothing if it does not run."""
    if not house.python.exists():
        return ""
    ask = [str(house.python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(ask, check=False, capture_output=True, text=True).stdout.strip()


def set_up(house: House, asked: Kind, environment: Mapping[str, str]) -> None:
    """Bring `.venv` to what is asked; leave no stamp behind unless all went well."""
    kind = wanted_kind(house, asked)
    if stands(house, kind):
        return
    began = time.monotonic()
    names = {Kind.RUN: "bench unit and station", Kind.DEV: "bench unit, station and tests"}
    print(f"setting up .venv with Python {house.version} for {names[kind]} …", flush=True)
    house.stamp_file.unlink(missing_ok=True)
    if version_inside(house) != house.version:
        make_empty_venv(house)
    fill(house, kind, environment)
    unfinished = house.stamp_file.with_suffix(".unfinished")
    stamp = {"kind": str(kind), "fingerprint": house.fingerprint(kind)}
    unfinished.write_text(json.dumps(stamp), encoding="utf-8")
    unfinished.replace(house.stamp_file)
    print(f"ready: .venv/bin/shilu ({time.monotonic() - began:.1f} s)", flush=True)


def main(arguments: list[str]) -> int:
    """Set up the checkout that this file lies in."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    house = House(Path(__file__).resolve().parents[1], version)
    try:
        set_up(house, Kind(arguments[0] if arguments else Kind.RUN), os.environ)
    except SetupFailed as failure:
        print(f"Set-up stopped. {failure}", file=sys.stderr)
        return 1
    except OSError as failure:
        print(f"Set-up stopped: {failure}. Mend that and run it again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
