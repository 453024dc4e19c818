"""Build the Debian package: `python systemd/debian/build.py --arch arm64 --out dist`.

The wheel of this checkout and the locked wheels it needs go to /opt/shilu, beside Debian's own
Python; units, users, folders and rules go where systemd looks. docs/decisions/0020-packaging.md
says why. Needs dpkg-deb, hatchling, and uv or pip; it runs anywhere and needs no root.
"""  # noqa: INP001  a script that is run by its path, in no package

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TRIXIE_PYTHON = "3.13"
FROM_DEBIAN = {"numpy": "python3-numpy", "pillow": "python3-pil"}
"""Debian's own are new enough, and its camera and sound libraries are built against them."""
LEFT_OUT = {"editables", "hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers"} | {
    "bagit"  # only tests read our bags with it, and it comes as source alone
}
"""Locked for building and for tests; nothing of it runs on a unit or a station."""
EVIDENCE_DEVICE = "usr/lib/systemd/system/dev-disk-by\\x2dlabel-shilu.device"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_GLIBC_MINORS = range(17, 41)
_EPOCH_SECONDS = 1_767_225_600
"""Every file carries this time, so that the same tree gives the same package."""


class BuildFailed(Exception):
    """A sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which package: of what version, for which architecture and which Python."""

    version: str
    arch: str
    python: str
    compression: str = "xz"

    @property
    def file(self) -> str:
        """Its name, as Debian spells it."""
        return f"shilu_{self.version}_{self.arch}.deb"


def build(order: Order, out: Path) -> Path:
    """Return the built package's path. Raise BuildFailed."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shilu-deb-") as folder:
        tree = Path(folder) / "tree"
        lay_out_python(order, tree, Path(folder))
        lay_out_system(tree)
        lay_out_control(order, tree)
        for path in (tree, *tree.rglob("*")):
            os.utime(path, (_EPOCH_SECONDS, _EPOCH_SECONDS), follow_symlinks=False)
        _run(
            "dpkg-deb", "--root-owner-group", f"-Z{order.compression}", "-z1", "--build",
            str(tree), str(out / order.file),
        )  # fmt: skip
    return out / order.file


def lay_out_python(order: Order, tree: Path, work: Path) -> None:
    """Write /opt/shilu: what Python takes for a virtual environment, without its own Python."""
    home = tree / "opt" / "shilu"
    site = home / "lib" / f"python{order.python}" / "site-packages"
    site.mkdir(parents=True)
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to(f"/usr/bin/python{order.python}")
    (home / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = true\nversion = {order.python}\n",
        encoding="ascii",
    )
    lock = work / "vendored.txt"
    text = (ROOT / ".ci" / "locks" / "run.txt").read_text(encoding="utf-8")
    lock.write_text(vendored(text), encoding="utf-8")
    _install(order, lock, site)
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work), at=ROOT)
    for wheel in work.glob("shilu-*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(site)
    # Debian's way: byte code is made on the machine it runs on, by its own Python (postinst).
    for leftover in (*site.rglob("__pycache__"), site / "bin"):
        shutil.rmtree(leftover, ignore_errors=True)


def vendored(lock: str) -> str:
    """Return the lock without what Debian gives and what is never run there; no markers."""
    kept: list[str] = []
    keeping = False
    for line in lock.splitlines():
        if line and not line.startswith((" ", "#")):
            requirement, _, _ = line.partition(";")
            keeping = requirement.partition("==")[0] not in FROM_DEBIAN.keys() | LEFT_OUT
            line = requirement.rstrip(" \\") + " \\"  # noqa: PLW2901  the same line, without marker
        if keeping and not line.strip().startswith("#"):
            kept.append(line)
    return "\n".join(kept) + "\n"


def lay_out_system(tree: Path) -> None:
    """Write units, users, folders, rules, the alert and the command."""
    systemd = HERE.parent
    placed = {
        systemd / "shilu.sysusers": "usr/lib/sysusers.d/shilu.conf",
        systemd / "shilu.tmpfiles": "usr/lib/tmpfiles.d/shilu.conf",
        systemd / "shilu.rules": "usr/lib/udev/rules.d/70-shilu.rules",
        systemd
        / "journald-capture.conf": "usr/lib/systemd/journald@shilu-capture.conf.d/shilu.conf",
        systemd / "alert": "usr/lib/shilu/alert",
        systemd / "fault-lamp": "usr/lib/shilu/fault-lamp",
        HERE / "shilu": "usr/bin/shilu",
        systemd / "evidence-device.conf": f"{EVIDENCE_DEVICE}.d/shilu.conf",
        ROOT / "docs" / "services.md": "usr/share/doc/shilu/services.md",
        ROOT / "docs" / "flashing.md": "usr/share/doc/shilu/flashing.md",
        ROOT / "LICENSE": "usr/share/doc/shilu/copyright",
    }
    # What a unit says is said by the alert too, which is no Python: in a place of its own.
    for prompt in (ROOT / "config" / "prompts").iterdir():
        if prompt.suffix in {".wav", ".toml"}:
            placed[prompt] = f"usr/share/shilu/prompts/{prompt.name}"
    for unit in (systemd / "units").iterdir():
        placed[unit] = f"usr/lib/systemd/system/{unit.name}"
    for source, name in placed.items():
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755 if source.name in {"alert", "fault-lamp", "shilu"} else 0o644)


def lay_out_control(order: Order, tree: Path) -> None:
    """Write what dpkg reads: control and the three scripts."""
    control = tree / "DEBIAN"
    control.mkdir()
    major, minor = order.python.split(".")
    size_kib = sum(file.lstat().st_size for file in tree.rglob("*") if file.is_file()) // 1024
    (control / "control").write_text(
        (HERE / "control.in").read_text(encoding="utf-8").format(
            version=order.version,
            arch=order.arch,
            size_kib=size_kib,
            python=order.python,
            next_python=f"{major}.{int(minor) + 1}",
            from_debian=", ".join(sorted(FROM_DEBIAN.values())),
        ),
        encoding="utf-8",
    )  # fmt: skip
    for name in ("postinst", "prerm"):
        text = (HERE / name).read_text(encoding="utf-8")
        script = control / name
        script.write_text(text.replace("@PYTHON@", order.python), encoding="utf-8")
        script.chmod(0o755)


def _install(order: Order, lock: Path, site: Path) -> None:
    """Fetch wheels for the other machine and lay them into `site`, each checked by its digest."""
    machine = MACHINES[order.arch]
    words = [
        "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:",
        f"--python-version={order.python}", f"--target={site}", "-r", str(lock),
    ]  # fmt: skip
    uv = shutil.which("uv")
    if uv is not None and _works(uv, "--version"):
        _run(uv, "pip", *words, f"--python-platform={machine}-manylinux_2_36")
        return
    for python in (sys.executable, "python3"):
        if _works(python, "-m", "pip", "--version"):
            tags = [f"--platform=manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS]
            tags.append(f"--platform=manylinux2014_{machine}")
            _run(python, "-m", "pip", *words, *tags)
            return
    raise BuildFailed("There is neither uv nor pip here: install one and build again.")


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _run(*command: str, at: Path | None = None) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(_EPOCH_SECONDS)}
    try:
        ran = subprocess.run(
            command, cwd=at, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as missing:
        raise BuildFailed(f"{missing.filename} is not here: install it.") from missing
    if ran.returncode:
        said = (ran.stderr or ran.stdout).strip().splitlines()[-8:]
        raise BuildFailed("\n".join([f"{' '.join(command[:4])} … ended so:", *said]))


def _version() -> str:
    for line in (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("version = "):
            return line.split('"')[1]
    raise BuildFailed("pyproject.toml names no version; add it.")


def main() -> int:
    """Build what is asked for; 1 with a sentence if that cannot be."""
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__)
    parser.add_argument("--arch", choices=sorted(MACHINES), required=True)
    parser.add_argument("--python", default=TRIXIE_PYTHON, help="Debian's Python there")
    parser.add_argument(
        "--compression", choices=("xz", "none"), default="xz", help="none: three times as fast"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = parser.parse_args()
    try:
        package = build(Order(_version(), asked.arch, asked.python, asked.compression), asked.out)
    except BuildFailed as failure:
        sys.stderr.write(f"build: {failure}\n")
        return 1
    sys.stdout.write(f"{package}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
