"""libcamera's source, from Debian's source index by name."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.rig.steps import BuildFailed, ran

if TYPE_CHECKING:
    from pathlib import Path

LIBCAMERA = "0.7.2"
DEBIAN_REVISION = "1"
# The newest that is known to work first; what Debian's testing has become since, after it.
SUITES = ("forky", "sid")


def libcamera_source(work: Path) -> Path:
    """Bring libcamera's source from Debian by name, its signature checked by apt."""
    standing = sorted(work.glob("libcamera-*/meson.build"))
    if standing:
        return standing[0].parent
    for suite in SUITES:
        environment = private_apt(work / "apt" / suite, suite)
        if not ran(["apt-get", "-qq", "update"], work, environment):
            continue
        for name in (f"libcamera={LIBCAMERA}-{DEBIAN_REVISION}", "libcamera"):
            if ran(["apt-get", "-qq", "source", name], work, environment):
                return next(work.glob("libcamera-*/meson.build")).parent
    raise BuildFailed(
        f"Debian's source index gave no libcamera (see {work}/log): is a mirror reachable?"
    )


def private_apt(folder: Path, suite: str) -> dict[str, str]:
    """Give apt a state of its own: this machine's sources stay as they are."""
    site = subprocess.run(
        [shutil.which("apt-get") or "/usr/bin/apt-get", "indextargets", "--format", "$(SITE)"],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    mirror = next((word for word in site if "security" not in word), None)
    if mirror is None:
        raise BuildFailed(
            "apt knows no Debian mirror: add one to its sources, then run this again."
        )
    for part in ("lists/partial", "cache/archives/partial", "state", "etc"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    sources = folder / "etc" / "sources.list"
    sources.write_text(f"deb-src [signed-by={keys}] {mirror} {suite} main\n")
    (folder / "status").touch()
    configuration = folder / "apt.conf"
    configuration.write_text(
        f'Dir::Etc "{folder}/etc"; Dir::Etc::sourcelist "{sources}";\n'
        f'Dir::Etc::sourceparts "-"; Dir::Etc::parts "-"; Dir::State "{folder}/state";\n'
        f'Dir::State::lists "{folder}/lists"; Dir::State::status "{folder}/status";\n'
        f'Dir::Cache "{folder}/cache"; APT::Sandbox::User "root";\n'
        # A mirror may be frozen in the past; signatures are checked all the same.
        'Acquire::Check-Valid-Until "false"; Acquire::Retries "5";\n'
    )
    return {**os.environ, "APT_CONFIG": str(configuration)}
