"""The technician's computer on the day before: a station, rules, a list of one unit, its seed.

All by the commands that a technician runs. The unit's sensors are tapes, as its model file says.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recorder.devices.sample import make_tapes

# Its rule clears at once after the receipt, so that a release can be awaited.
AGENCY, PREFIX, UNIT = "lingchuan-ziran", "LC", "LC-0001"
OFFICERS = ("王建国", "欧阳解")
SHILU = Path(sys.executable).with_name("shilu")


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder that the machine sees as /host."""

    given: Path

    @property
    def seed(self) -> Path:
        """The unit's seed, as flash wrote it."""
        return self.given / "seeds" / UNIT

    def prepare(self) -> None:
        """Leave station, settings and seed."""
        run("station", "init", self.given / "station", "--agency", AGENCY, "--port", "8883",
            "--run-broker", "embedded")  # fmt: skip
        fleet = self.given / "fleet"
        run("config", "init", "--to", fleet, "--agency", AGENCY, "--rules", AGENCY, "--prefix",
            PREFIX, "--units", "1", "--ssid", "", "--station", self.given / "station",
            "--host", "127.0.0.1")  # fmt: skip
        listed = fleet / "units.csv"
        people = f"{OFFICERS[0]},14052401,{OFFICERS[1]},14052402"
        row = f"{UNIT},,,{people}"  # on a cable: no network, no key
        listed.write_text(listed.read_text("utf-8-sig").replace(f"{UNIT},,,,,,", row), "utf-8")
        assert row in listed.read_text("utf-8")
        tapes = make_tapes(self.given / "tapes", datetime.now(UTC))
        model = self.given / "model.toml"
        model.write_text(
            f"""kind = "bench"
[picture]
width = 640
height = 360
rate_hz = 25
bits_per_second = 1_000_000
[record]
segment_seconds = 5
[devices]
camera = "/host/tapes/{tapes.film.name}"
microphone = "/host/tapes/{tapes.sound.name}"
gps = "/host/tapes/{tapes.nmea.name}"
""",
            "utf-8",
        )
        run("config", "flash", "--batch", listed, "--rules", fleet / "rules.toml",
            "--fleet", fleet / "fleet.toml", "--model", model, "--to", self.given / "seeds",
            )  # fmt: skip
        for part in ("fleet", "tapes", "seeds"):  # the station's keys stay as they are
            for path in (self.given / part, *(self.given / part).rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)


def run(*words: str | Path) -> None:
    """Run a command of ours as the technician does."""
    ran = subprocess.run([SHILU, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{words}: {ran.stdout}{ran.stderr}"
