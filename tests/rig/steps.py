"""One step of a build after the other, each with its output in the log."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class BuildFailed(Exception):
    """A sentence for the person who waits for the rig."""


def ran(command: Sequence[str], work: Path, environment: Mapping[str, str]) -> bool:
    """Run one step with its output in the log; tell whether it ended well."""
    with (work / "log").open("a") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        done = subprocess.run(
            command, check=False, cwd=work, env=environment, stdout=log, stderr=log
        )
    return done.returncode == 0


def do(command: Sequence[str], work: Path, environment: Mapping[str, str]) -> None:
    """Run one step; BuildFailed with the end of the log if it fails."""
    if not ran(command, work, environment):
        tail = "\n".join((work / "log").read_text(errors="replace").splitlines()[-25:])
        raise BuildFailed(f"{tail}\nThis step failed: {' '.join(command[:4])} … ({work}/log)")
