"""Bring the programs that the tests call, where that is allowed; name those that stay missing.

Allowed means: apt-get is here, and we are root or sudo asks for no password. It ends well even
if some stay missing, since each test that needs one then fails and names it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Debian keeps daemons where a plain user's PATH does not look.
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Program:
    """A program, the names it may have, and the Debian package it comes in.

    A library or a font has no name on a path: `file` is a pattern that it matches instead.
    """

    names: tuple[str, ...]
    package: str
    file: str = ""


def parse_programs(text: str) -> tuple[Program, ...]:
    """Parse packages.toml; KeyError if an entry names no package."""
    return tuple(
        Program((name, *entry.get("also", ())), entry["package"], entry.get("file", ""))
        for name, entry in tomllib.loads(text).items()
    )


def missing(programs: Sequence[Program], search_path: str) -> tuple[Program, ...]:
    """Give those of which no name is found along `search_path`."""
    return tuple(program for program in programs if not _is_here(program, search_path))


def _is_here(program: Program, search_path: str) -> bool:
    if program.file:
        return any(Path("/").glob(program.file.lstrip("/")))
    return any(shutil.which(name, path=search_path) for name in program.names)


def apt_get(environment: Mapping[str, str]) -> list[str] | None:
    """Give the command that may install here without asking anybody, or None."""
    path = f"{environment.get('PATH', '')}:{SYSTEM_FOLDERS}"
    apt = shutil.which("apt-get", path=path)
    if apt is None:
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq"]
    quiet += ["-o", "Acquire::Retries=5", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"]
    if os.geteuid() == 0:
        return quiet
    sudo = shutil.which("sudo", path=path)
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode:
        sudo = None
    return [sudo, "-n", *quiet] if sudo else None


def install(apt: list[str], packages: Sequence[str], attempts: int = 3) -> None:
    """Install all at once; if that fails, each alone, so that one bad name spoils nothing."""
    for attempt in range(attempts):
        subprocess.run([*apt, "update"], check=False)
        command = [*apt, "install", "-y", "--no-install-recommends"]
        if subprocess.run([*command, *packages], check=False).returncode == 0:
            return
        for package in packages:
            subprocess.run([*command, package], check=False)
        if attempt + 1 < attempts:
            time.sleep(5 * (attempt + 1))


def main() -> int:
    """Install what is missing, or say what a person should install."""
    listed = Path(__file__).with_name("packages.toml").read_text(encoding="utf-8")
    programs = parse_programs(listed)
    search_path = f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}"
    lacking = missing(programs, search_path)
    if not lacking:
        return 0
    packages = sorted({program.package for program in lacking})
    apt = apt_get(os.environ)
    if apt is not None:
        print(f"installing {', '.join(packages)} …", flush=True)
        install(apt, packages)
        lacking = missing(programs, search_path)
    if lacking:
        packages = sorted({program.package for program in lacking})
        print(
            f"Missing: {', '.join(program.names[0] for program in lacking)}. Tests that need "
            f"them will fail; install them with: sudo apt-get install {' '.join(packages)}",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
