"""A package as a real station writes it: docked twice, power cut once, receipted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.moment import utc_text
from recorder.evidence.trust import parse_trust
from tests.uplink.dock import Dock
from tests.verify.unit import NOON_MS
from uplink.station.package.bag import Order, Packer

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Exported:
    """A folder with the package, and what its reader got elsewhere: whom to trust, a key."""

    folder: Path
    dock: Dock

    @property
    def package(self) -> Path:
        return self.folder / "package"


def exported(folder: Path) -> Exported:
    dock = Dock(folder)
    dock.enrol()
    dock.unit.boot()
    dock.dock()
    dock.bring_home()
    dock.unit.clock.boottime_ms += 60_000
    dock.unit.record(2, 1)
    dock.dock()
    dock.bring_home()
    dock.unit.clock.boottime_ms += 60_000
    dock.unit.power_cut(dock.unit.start(), 1, 1, torn_log=b'{"at":')
    dock.dock()
    dock.bring_home()
    order = Order("baofeng-mz", dock.unit.number, (), "baofeng-mz.shilu/station", utc_text(NOON_MS))
    Packer(dock.layout, dock.index(), order, folder / "package").pack()
    station = dock.station_folder
    for name in ("trust.toml", "station.agekey"):
        (folder / name).write_bytes((station / name).read_bytes())
    trust = parse_trust((folder / "trust.toml").read_text(encoding="utf-8"))
    pem = (folder / "trust.toml").read_text(encoding="utf-8").split('"""')[1]
    assert trust.roots
    (folder / "root.pem").write_text(pem, encoding="ascii")
    return Exported(folder, dock)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("exported"))
