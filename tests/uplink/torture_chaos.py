"""`make chaos`: ten minutes of kills and cuts at six units, and a minute without any network.

The seed is printed, to do it again.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.uplink.chaos import weather
from tests.uplink.test_lines import docked, home, lined

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STORM_SECONDS = 600.0
NO_NETWORK_SECONDS = 60.0


@pytest.mark.torture
@pytest.mark.timeout(STORM_SECONDS + 300)
def test_ten_minutes_of_chaos_change_nothing(tmp_path: Path, need: Callable[[str], Path]) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"the seed is {seed}")  # noqa: T201 - whoever tortures wants to see it
    tally = weather(tmp_path, need("mosquitto"), seed, STORM_SECONDS)
    print(tally.text())  # noqa: T201 - as above


@pytest.mark.torture
@pytest.mark.timeout(300)
def test_sixty_seconds_without_network_cost_nothing_but_time(
    tmp_path: Path, need: Callable[[str], Path]
) -> None:
    network = lined(need)
    wire = network.wires[0]
    wire.delay_seconds = 0.05
    fleet, station = docked(tmp_path, network, 4_000_000)
    courier = fleet.courier(once=False)
    station.await_event(lambda one: str(one.get("file", "")).endswith("0001.mp4.age"))
    wire.cut = True
    began_seconds = time.monotonic()
    pulled = station.named("Pulled")  # the unit's will, after one and a half times the keep-alive
    assert "goes on where it was" in str(pulled["sentence"])
    time.sleep(max(began_seconds + NO_NETWORK_SECONDS - time.monotonic(), 0))
    wire.cut = False
    home(fleet, station, courier)
    network.close()
