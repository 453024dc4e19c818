"""A wall clock that can be set for some processes, while this machine's stays as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SOURCE = Path(__file__).with_name("wall_clock.c")


class WallClock:
    """Preloaded into processes; every other clock goes on untouched in them."""

    def __init__(self, folder: Path, need: Callable[[str], Path]) -> None:
        self._library = folder / "wall_clock.so"
        self._file = folder / "wall_clock"
        subprocess.run(
            [need("cc"), "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", self._library,
             _SOURCE],
            check=True,
        )  # fmt: skip
        self._file.write_bytes(bytes(8))

    def step(self, seconds: int) -> None:
        """It is off by so much from now on."""
        with self._file.open("r+b") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))

    def around(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Give the environment of a process that goes by this clock."""
        preloaded = f"{self._library} {environment.get('LD_PRELOAD', '')}"
        return {**environment, "LD_PRELOAD": preloaded.strip(), "WALL_CLOCK": str(self._file)}
