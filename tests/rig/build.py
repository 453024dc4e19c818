"""Build the rigs that need compiling, once, into `.cache/rig`; do nothing while they stand.

The software camera: libcamera from Debian's source index, our plug-in for it, the stand-in for
the kernel's picture memory, and the device libraries that only a unit has otherwise. What was
built carries a stamp over everything it was built from; without the stamp it is built anew.
Takes about five minutes on two cores the first time.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.rig.libcamera_source import DEBIAN_REVISION, LIBCAMERA, libcamera_source
from tests.rig.steps import BuildFailed, do

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = (
    "g++", "dpkg-dev", "libasound2-plugins", "libcap-dev", "libevent-dev", "libgnutls28-dev",
    "libudev-dev", "libyaml-dev", "libyuv-dev", "pkg-config", "portaudio19-dev", "pulseaudio",
    "pulseaudio-utils",
)  # fmt: skip
OPTIONS = (
    "-Dpipelines=virtual", "-Dipas=", "-Dpycamera=enabled", "-Dcam=disabled", "-Dqcam=disabled",
    "-Dgstreamer=disabled", "-Ddocumentation=disabled", "-Dlc-compliance=disabled",
    "-Dtracing=disabled", "-Dlibunwind=disabled", "-Dlibdw=disabled", "-Dv4l2=disabled",
    "-Dsoftisp-gpu=disabled", "-Dtest=false", "-Dwerror=false",
)  # fmt: skip


class Part(StrEnum):
    """What is built, each only when what it is made from has changed."""

    SITE = "site"
    LIBCAMERA = "libcamera"
    PLUG_IN = "plug-in"


@dataclass(frozen=True, slots=True)
class Rig:
    """Where the built parts lie, and what they are made from."""

    home: Path
    python: str  # such as 3.11; libcamera's binding is made for one

    @property
    def site(self) -> Path:
        """Python libraries that only the rig needs: picamera2, PyAudio and theirs."""
        return self.home / "site"

    @property
    def libcamera(self) -> Path:
        """Where libcamera is installed."""
        return self.home / "libcamera"

    @property
    def binding(self) -> Path:
        """The folder with libcamera's Python binding."""
        return self.libcamera / "lib" / f"python{self.python}" / "site-packages"

    @property
    def plug_in(self) -> Path:
        """The camera made of software."""
        return self.home / "cicam.so"

    @property
    def memory(self) -> Path:
        """The stand-in for /dev/dma_heap."""
        return self.home / "fake_dmabuf.so"

    @property
    def headers(self) -> Path:
        """libcamera's internal headers, for the plug-in."""
        return self.home / "headers"

    def stamp(self, part: Part) -> Path:
        """Where the digest of what a part was made from lies; written last."""
        return self.home / f"{part}.stamp"

    def stands(self, part: Part) -> bool:
        """Tell whether a part is there, made from what lies here now."""
        stamp = self.stamp(part)
        return stamp.exists() and stamp.read_text() == self.fingerprint(part)

    def fingerprint(self, part: Part) -> str:
        """Digest everything that a part depends on."""
        made_from = {
            Part.SITE: [HERE / "locked.txt"],
            Part.LIBCAMERA: [HERE / "tools.txt"],
            Part.PLUG_IN: sorted((HERE / "camera").glob("*.c*")),
        }[part]
        words = (
            self.home,
            self.python,
            sysconfig.get_platform(),
            LIBCAMERA,
            DEBIAN_REVISION,
            OPTIONS,
        )
        digest = hashlib.sha256(repr(words).encode())
        for file in made_from:
            digest.update(file.read_bytes())
        return digest.hexdigest()


def standing_rig() -> Rig:
    """Name the rig of this checkout and this Python."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Rig(ROOT / ".cache" / "rig" / f"python{version}", version)


def camera_environment(rig: Rig, base: Mapping[str, str], control: Path) -> dict[str, str]:
    """Give the environment in which picamera2 sees the software camera.

    A fault written into `control` (stall, freeze, black, error, drop 20, slow 3, ok) happens.
    """
    paths = (str(ROOT), str(rig.site), str(rig.binding), str(HERE / "camera" / "stubs"))
    return {
        **base,
        "PYTHONPATH": ":".join(paths),
        "LD_LIBRARY_PATH": str(rig.libcamera / "lib"),
        "LD_PRELOAD": f"{rig.memory} {rig.plug_in}",
        "CICAM_CONTROL": str(control),
        "LIBCAMERA_LOG_LEVELS": "*:ERROR,CiCam:WARN",
    }


def build(rig: Rig) -> None:
    """Build what does not stand; BuildFailed names the step, and the log that says more."""
    lacking = [part for part in Part if not rig.stands(part)]
    work = rig.home / "build"
    work.mkdir(parents=True, exist_ok=True)
    bring_packages()
    if Part.SITE in lacking:
        install(rig, HERE / "locked.txt", rig.site)
        finish(rig, Part.SITE)
    if Part.LIBCAMERA in lacking:
        install(rig, HERE / "tools.txt", work / "tools")
        source = libcamera_source(work)
        compile_libcamera(rig, work, source, work / "tools")
        for folder in (source / "include", work / "meson" / "include"):
            shutil.copytree(folder, rig.headers, dirs_exist_ok=True)
        shutil.copy(work / "meson" / "config.h", rig.headers)
        finish(rig, Part.LIBCAMERA)
    if Part.PLUG_IN in lacking or Part.LIBCAMERA in lacking:
        compile_ours(rig, work)
        finish(rig, Part.PLUG_IN)
    shutil.rmtree(work)  # 300 MB that nobody needs any more


def finish(rig: Rig, part: Part) -> None:
    """Say that a part is complete."""
    rig.stamp(part).write_text(rig.fingerprint(part))


def bring_packages() -> None:
    """Install the Debian packages that are missing, where that is allowed."""
    programs = house_script("programs")
    lacking = [name for name in PACKAGES if not installed(name)]
    apt = programs.apt_get(os.environ) if lacking else None
    if apt is not None:
        programs.install(apt, lacking)
        lacking = [name for name in lacking if not installed(name)]
    if lacking:
        raise BuildFailed(f"Install these first: sudo apt-get install {' '.join(lacking)}")


def house_script(name: str) -> Any:  # noqa: ANN401 – a script outside every package
    """Give one of the house's own scripts in .ci."""
    sys.path.insert(0, str(ROOT / ".ci"))
    return importlib.import_module(name)


def installed(package: str) -> bool:
    """Tell whether a Debian package is here."""
    ask = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    answer = subprocess.run(ask, check=False, capture_output=True, text=True)
    return answer.stdout == "installed"


def install(rig: Rig, lock: Path, folder: Path) -> None:
    """Put locked Python packages into `folder`; some are compiled here."""
    make_venv = house_script("make_venv")
    shutil.rmtree(folder, ignore_errors=True)
    house = make_venv.House(ROOT, rig.python)
    for command in make_venv.installers(house, os.environ):
        asked = [*command, "--require-hashes", "--no-deps", "--target", str(folder)]
        if subprocess.run([*asked, "-r", str(lock)], check=False).returncode == 0:
            return
    raise BuildFailed(f"The packages of {lock.name} could not be installed (see above).")


def compile_libcamera(rig: Rig, work: Path, source: Path, tools: Path) -> None:
    """Compile and install libcamera with its Python binding and nothing else."""
    environment = {
        **os.environ,
        "PATH": f"{tools / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(tools),
    }
    meson = [sys.executable, "-m", "mesonbuild.mesonmain"]
    folder = work / "meson"
    setup = [*meson, "setup", str(folder), str(source), f"--prefix={rig.libcamera}",
             "--libdir=lib", "--buildtype=release", *OPTIONS]  # fmt: skip
    do(setup, work, environment)
    do(["nice", "-n", "5", *meson, "install", "-C", str(folder), "--quiet"], work, environment)


def compile_ours(rig: Rig, work: Path) -> None:
    """Compile the plug-in against libcamera's internal headers, and the memory stand-in."""
    do(
        ["g++", "-std=c++20", "-O2", "-fPIC", "-shared", "-DLIBCAMERA_BASE_PRIVATE",
         "-include", f"{rig.headers}/config.h", f"-I{rig.headers}",
         "-o", str(rig.plug_in), str(HERE / "camera" / "cicam.cpp"),
         f"-L{rig.libcamera}/lib", "-lcamera", "-lcamera-base", "-lyuv"],
        work, os.environ,
    )  # fmt: skip
    do(
        ["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(rig.memory),
         str(HERE / "camera" / "fake_dmabuf.c")],
        work, os.environ,
    )  # fmt: skip


def main() -> int:
    """Build what does not stand."""
    rig = standing_rig()
    if all(rig.stands(part) for part in Part):
        return 0
    began = time.monotonic()
    print("building the software camera, about five minutes the first time …", flush=True)  # noqa: T201 – a program speaks
    try:
        build(rig)
    except (BuildFailed, OSError) as failure:
        print(f"The rig was not built: {failure}", file=sys.stderr)  # noqa: T201 – a program speaks
        return 1
    print(f"ready: {rig.home} ({time.monotonic() - began:.0f} s)", flush=True)  # noqa: T201 – a program speaks
    return 0


if __name__ == "__main__":
    sys.exit(main())
