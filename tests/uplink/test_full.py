"""An archive without room: units keep everything, the station says so, and both go on later."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.uplink.fleet import AGENCY, Fleet

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

_SMALL_DISK = """
cp -a "$0" "$0.was" && mount -t tmpfs -o size=40m none "$0" && cp -a "$0.was/." "$0" && exec "$@"
"""


class SmallDisk:
    """A station's data folder on a disk of 40 MB, which only its own processes see."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._own_user = ("--map-root-user",) if os.geteuid() else ()
        self.process_id = 0

    @property
    def enter(self) -> tuple[str, ...]:
        alone = ("unshare", *self._own_user, "--mount", "--propagation", "private")
        return (*alone, "sh", "-c", _SMALL_DISK, str(self._data))

    def inside(self, *command: str) -> str:
        as_user = ("--user", "--preserve-credentials") if self._own_user else ()
        join = ("nsenter", f"--target={self.process_id}", *as_user, "--mount", "--wd=/")
        done = subprocess.run((*join, *command), check=False, capture_output=True, text=True)
        return done.stdout + done.stderr

    def grow(self) -> None:
        assert self.inside("mount", "-o", "remount,size=300m", str(self._data)) == ""

    def read(self, name: str) -> bytes:
        return Path(f"/proc/{self.process_id}/root{self._data}/{name}").read_bytes()


@pytest.mark.parametrize("how", ["it runs full by itself", "somebody else fills it to the brim"])
def test_a_full_archive_takes_nothing_loses_nothing_and_goes_on_when_there_is_room(
    tmp_path: Path, need: Callable[[str], Path], how: str
) -> None:
    for program in ("unshare", "nsenter"):
        need(program)
    fleet = Fleet(tmp_path, "embedded")
    settings = fleet.station_folder / "station.toml"
    settings.write_text(settings.read_text().replace("keep_free_mb = 512", "keep_free_mb = 16"))
    disk = SmallDisk(fleet.station_folder / "data")
    fleet.unit.boot()
    fleet.unit.fragment_bytes = 2_000_000
    fleet.unit.record(5, 5, 5)
    fleet.spool.flush()
    station = fleet.station(disk.enter)
    disk.process_id = station.process.pid
    station.named("Serving")
    courier = fleet.courier(once=False)
    if how != "it runs full by itself":
        station.named("UnitSeen")
        disk.inside("dd", "if=/dev/zero", f"of={fleet.station_folder}/data/junk", "bs=64k")
    full = station.named("ArchiveFull")
    assert "which keeps everything" in str(full["sentence"])
    assert full["unit"] == fleet.unit.number
    if how != "it runs full by itself":
        disk.inside("rm", f"{fleet.station_folder}/data/junk")
        station.named("Arriving")  # what could not be kept on a full disk is kept by now
    status = (sys.executable, "-m", "uplink.programs.station", "--config", str(settings), "status")
    assert "the archive is full" in disk.inside(*status)
    assert 'what="ArchiveFull"' in disk.inside(*status, "--metrics")
    disk.grow()
    courier.await_event(lambda one: one.get("pending_files") == 0)
    for name, data in fleet.sealed().items():
        assert disk.read(f"archive/{AGENCY}/{fleet.unit.number}/{name}") == data
    assert courier.stop()[0] == 0
    assert station.stop() == (0, "")
    fleet.close()
