"""Whatever dies, and in whatever order: every segment comes home once, byte for byte.

`make chaos` does it for ten minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.uplink.chaos import weather

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED, BREEZE_SECONDS = 20_261_121, 10.0


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_six_units_come_home_whole_through_kills_cuts_and_lost_packets(
    tmp_path: Path, need: Callable[[str], Path]
) -> None:
    for program in ("unshare", "nsenter", "ip"):
        need(program)
    weather(tmp_path, need("mosquitto"), SEED, BREEZE_SECONDS)
