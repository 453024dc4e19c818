"""What goes into the Debian package, and for which machine."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "systemd" / "debian" / "build.py"
LOCK = """# made by somebody
av==18.1.0 \\
    --hash=sha256:aa
    # via shilu
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:bb
cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\
    --hash=sha256:cc \\
    --hash=sha256:dd
hatchling==1.33.0 \\
    --hash=sha256:ee
"""
ARM64 = 183  # EM_AARCH64


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """The script, which lies in no package."""
    spec = importlib.util.spec_from_file_location("debian_build", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def test_locked_digests_travel_without_markers_and_without_what_debian_gives(
    build: ModuleType,
) -> None:
    assert build.vendored(LOCK) == (
        "av==18.1.0 \\\n    --hash=sha256:aa\n"
        "cffi==2.1.1 \\\n    --hash=sha256:cc \\\n    --hash=sha256:dd\n"
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_package_for_a_pi_holds_only_what_a_pi_can_run(
    need: Callable[[str], Path], tmp_path: Path
) -> None:
    dpkg_deb = need("dpkg-deb")
    ran = subprocess.run(
        [sys.executable, SCRIPT, "--arch", "arm64", "--out", tmp_path, "--compression", "none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    package = ran.stdout.strip()
    subprocess.run([dpkg_deb, "-x", package, tmp_path / "tree"], check=True)
    libraries = [*(tmp_path / "tree" / "opt").rglob("*.so*")]
    assert len(libraries) > 10
    machines = {int.from_bytes(one.read_bytes()[18:20], "little") for one in libraries}
    assert machines == {ARM64}
    units = {unit.name for unit in (ROOT / "systemd" / "units").iterdir()}
    system = tmp_path / "tree/usr/lib/systemd/system"
    assert units == {unit.name for unit in system.iterdir() if unit.is_file()}
    waits = system / "dev-disk-by\\x2dlabel-shilu.device.d" / "shilu.conf"
    assert waits.read_text() == (ROOT / "systemd" / "evidence-device.conf").read_text()
