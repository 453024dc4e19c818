"""A whole Debian machine with systemd as its first process, booted in a second, no emulator.

The tree is made once by mmdebstrap and kept in `.cache/rig/machine`; each machine writes to memory
only and is gone when it is closed. It has its own processes, network, users' view and control
groups, and shares nothing but the kernel. Needs root, and a kernel with overlay and loop devices.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

HERE = Path(__file__).resolve().parent
SUITE = "trixie"
PACKAGES = (
    "alsa-utils", "cloud-init", "e2fsprogs", "procps", "python3", "python3-numpy", "python3-pil",
    "systemd-sysv", "udev", "util-linux",
)  # fmt: skip
_LEFT_OUT = ("doc", "man", "locale", "info")
_EVIDENCE_BYTES = 2 << 30
_BOOT_SECONDS = 60
_LOOK_SECONDS = 0.1


class NoMachine(Exception):
    """What stands in the way of a machine, and what to do."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command in the machine came to."""

    code: int
    said: str


def make_root(home: Path, mmdebstrap: Path) -> Path:
    """Return the tree of a fresh Debian below `home`; made in a minute, once. Raise NoMachine."""
    recipe = f"{SUITE} {PACKAGES} {_LEFT_OUT}"
    root = home / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    if root.is_dir():
        return root
    _check_root()
    home.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=home))
    command = [
        str(mmdebstrap), "--quiet", "--variant=minbase", "--mode=root",
        '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Retries "5"',
        *(f"--dpkgopt=path-exclude=/usr/share/{one}/*" for one in _LEFT_OUT),
        f"--include={','.join(PACKAGES)}", SUITE, str(unfinished), *_mirrors(),
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise NoMachine(f"mmdebstrap made no Debian tree:\n{ran.stderr[-1500:]}")
    unfinished.chmod(0o755)
    unfinished.rename(root)
    return root


class Machine:
    """One booted machine; `given` is a folder of this side that it sees, read-only, as /host."""

    def __init__(self, root: Path, work: Path, given: Path) -> None:
        """Boot. Raise NoMachine."""
        _check_root()
        self._nsenter, unshare, mkfs = (
            _program(one) for one in ("nsenter", "unshare", "mkfs.ext4")
        )
        self._work = work
        (work / "console").touch()
        (work / "given").symlink_to(given, target_is_directory=True)
        with (work / "evidence").open("wb") as image:
            image.truncate(_EVIDENCE_BYTES)
        _must(mkfs, "-q", "-b", "4096", str(work / "evidence"))
        self._group = _new_group(f"shilu-{os.getpid()}-{work.name}")
        self._log = (work / "boot.log").open("wb")
        self._process = subprocess.Popen(
            [
                "/bin/sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', str(self._group),
                unshare, "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork",
                "--kill-child", str(HERE / "boot.sh"), str(root), str(work),
            ],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            self._first = self._await_first()
        except NoMachine:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Give the machine."""
        return self

    def __exit__(self, *_how: object) -> None:
        """Switch it off."""
        self.close()

    def close(self) -> None:
        """Switch it off as a cut cable does; nothing of it stays."""
        self._process.kill()
        self._process.wait()
        self._log.close()
        deadline = time.monotonic() + _BOOT_SECONDS
        while time.monotonic() < deadline:
            try:
                for folder, _, _ in os.walk(self._group, topdown=False):
                    Path(folder).rmdir()
            except FileNotFoundError:
                return
            except OSError:  # its processes are still being ended by the kernel
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def run(self, *command: str, seconds: float = 60) -> Ran:
        """Run a command in it as root, and give its exit code and everything it said."""
        ran = subprocess.run(
            [self._nsenter, "--all", "--target", str(self._first), "--", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=seconds, check=False, text=True,
            env={"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        return Ran(ran.returncode, ran.stdout)

    def do(self, *command: str, seconds: float = 60) -> str:
        """Run a command that must succeed, and give what it said."""
        ran = self.run(*command, seconds=seconds)
        assert ran.code == 0, f"{' '.join(command)} ended with {ran.code}:\n{ran.said}"
        return ran.said

    def until(self, what: str, there: Callable[[], bool], seconds: float) -> None:
        """Wait until something is there; fail with the journal's end if it does not come."""
        deadline = time.monotonic() + seconds
        while not there():
            if time.monotonic() > deadline:
                journal = self.run("journalctl", "--no-pager", "-o", "cat", "-n", "60").said
                raise AssertionError(f"{what} did not come within {seconds:g} s:\n{journal}")
            time.sleep(_LOOK_SECONDS)

    def _await_first(self) -> int:
        deadline = time.monotonic() + _BOOT_SECONDS
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while time.monotonic() < deadline and self._process.poll() is None:
            found = children.read_text(encoding="ascii").split()
            if found and self._answers(int(found[0])):
                return int(found[0])
            time.sleep(_LOOK_SECONDS)
        told = (self._work / "boot.log").read_text(encoding="utf-8", errors="replace")
        raise NoMachine(
            "The machine did not boot. It needs the rights of root, namespaces, overlay and loop "
            f"devices; in a container, run it privileged. It said:\n{told[-1500:]}"
        )

    def _answers(self, first: int) -> bool:
        self._first = first
        name = Path(f"/proc/{first}/comm")
        if not name.exists() or name.read_text(encoding="ascii").strip() != "systemd":
            return False
        return self.run("systemctl", "is-system-running").said.strip() in {"running", "degraded"}


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise NoMachine(f"{name} is not here: install util-linux and e2fsprogs.")
    return found


def _check_root() -> None:
    if os.geteuid() != 0:
        raise NoMachine("A machine is booted by root only: run this test as root.")


def _new_group(name: str) -> Path:
    """Make a control group of our own, in whichever place this system mounts version 2."""
    for top in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
        if (top / "cgroup.procs").exists():
            try:
                (top / name).mkdir()
            except OSError as error:
                raise NoMachine(
                    f"{top} takes no new control group ({error.strerror}); in a container, run it "
                    "privileged."
                ) from error
            return top / name
    raise NoMachine("There are no control groups of version 2 here: mount them at /sys/fs/cgroup.")


def _mirrors() -> list[str]:
    """Give the first place that this machine's own Debian packages come from, if it says so."""
    if shutil.which("apt-get") is None:
        return []
    words = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"]
    sites = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    return [site for site in sites if site.endswith("/debian")][:1]


def _must(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise NoMachine(f"{' '.join(command)} ended with {ran.returncode}: {ran.stderr[-500:]}")
