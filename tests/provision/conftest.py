"""An agency on the day before its units arrive: a founded station, and its first files."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import load
from config.provision.batch import hashed_psk
from config.provision.beginning import Beginning, begin
from uplink.station.authority.founding import Plan, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.schema import Rules

AGENCY = "baofeng-minzheng"
PASSPHRASE = "the dock's own passphrase"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
_IMAGE_BYTES, _FIRST_SECTOR = 16 << 20, 2048


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `station/` and `fleet/`, fifty units listed; tests copy it."""
    folder = tmp_path_factory.mktemp("agency")
    randomness = random.Random(7)  # noqa: S311 - a station that can be made again
    found(
        folder / "station",
        Plan(AGENCY, ("127.0.0.1",), 8883, "embedded", immutable=False, rules="", now=NOW,
             random=randomness.randbytes),
    )  # fmt: skip
    rules = load.shipped(AGENCY)
    psk = hashed_psk("采集点", PASSPHRASE)
    asked = Beginning(AGENCY, rules, "BF", 50, "采集点", psk, "station.local")
    begin(folder / "fleet", asked, folder / "station", "")
    return folder


@pytest.fixture
def agency(founded: Path, tmp_path: Path) -> Path:
    """Return an agency of one's own."""
    return Path(shutil.copytree(founded, tmp_path / "agency"))


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory, need: Callable[[str], Path]) -> Path:
    """Return a small image with a partition table and a FAT boot partition, as Raspberry Pi's."""
    path = tmp_path_factory.mktemp("image") / "golden.img"
    sectors = _IMAGE_BYTES // 512 - _FIRST_SECTOR
    table = bytearray(512)
    table[450], table[510:] = 0x0C, b"\x55\xaa"
    struct.pack_into("<II", table, 454, _FIRST_SECTOR, sectors)
    with path.open("wb") as raw:
        raw.write(table)
        raw.truncate(_IMAGE_BYTES)
    drive = f"{path}@@{_FIRST_SECTOR * 512}"
    subprocess.run([need("mformat"), "-i", drive, "-T", str(sectors), "::"], check=True)
    return path


@pytest.fixture(scope="session")
def regulations() -> dict[str, Rules]:
    """Return the five regulations by name."""
    return {name: load.load_rules(load.shipped(name)) for name in load.shipped_rules()}
