"""A scene that many tests begin with: one unit, its station, and an honest package."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.verify.station import Station
from tests.verify.unit import Unit


@dataclass(frozen=True)
class Scene:
    unit: Unit
    station: Station


def enrolled(seed: int = 1, number: str = "BF-0007", fragment_bytes: int = 9000) -> Scene:
    """A unit that is switched on, anchored, and has recorded nothing yet."""
    unit, station = Unit(seed=seed, number=number, fragment_bytes=fragment_bytes), Station()
    station.enrol(unit)
    unit.boot()
    station.anchor(unit)
    return Scene(unit, station)


@pytest.fixture
def scene() -> Scene:
    return enrolled()


@pytest.fixture(scope="session")
def honest() -> tuple[Scene, dict[str, bytes]]:
    """One recording of three segments, 16 s, several blocks each; it is never changed."""
    scene = enrolled(fragment_bytes=90_000)
    scene.unit.record(6, 6, 4)
    return scene, scene.station.package(scene.unit)
