"""`make chaos`: ten minutes of kills and cuts at six units; the seed is printed, to do it again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.uplink.chaos import weather

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STORM_SECONDS = 600.0


@pytest.mark.torture
@pytest.mark.timeout(STORM_SECONDS + 300)
def test_ten_minutes_of_chaos_change_nothing(tmp_path: Path, need: Callable[[str], Path]) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"the seed is {seed}")  # noqa: T201 - whoever tortures wants to see it
    tally = weather(tmp_path, need("mosquitto"), seed, STORM_SECONDS)
    print(tally.text())  # noqa: T201 - as above
