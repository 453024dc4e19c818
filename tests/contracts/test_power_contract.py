"""What capture may rely on of battery, mains and heat: on the stand-in, and on files as in /sys."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import pytest

from recorder.devices.bench.hands import FULL, BenchPower
from recorder.devices.pace import BoottimePace
from recorder.devices.power import SysPower

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from recorder.capture.ports import Power, Supply


class World(Protocol):
    """Makes the unit live on something else."""

    def __call__(self, supply: Supply) -> None: ...


@dataclass
class PowerRig:
    power: Power
    become: World
    stop: Callable[[], None]
    heard: queue.SimpleQueue[Supply] = field(default_factory=queue.SimpleQueue)

    def until(self, wanted: Callable[[Supply], bool]) -> Supply:
        """The first report of this kind; queue.Empty if it does not come."""
        while not wanted(supply := self.heard.get(timeout=5)):
            pass
        return supply


def bench(_folder: Path) -> PowerRig:
    power = BenchPower()
    return PowerRig(power, power.become, lambda: None)


def files(folder: Path) -> PowerRig:
    def write(path: str, value: object) -> None:
        """Whole at once, as the kernel answers."""
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".new").write_text(f"{value}\n")
        file.with_suffix(".new").rename(file)

    def become(supply: Supply) -> None:
        battery = "class/power_supply/BAT0"
        write(f"{battery}/type", "Battery")
        write(f"{battery}/capacity", supply.percent)
        write(f"{battery}/time_to_empty_now", max(0, supply.minutes) * 60)
        write(f"{battery}/status", "Charging" if supply.on_mains else "Discharging")
        write("class/thermal/thermal_zone0/temp", supply.degrees * 1000)
        write("class/hwmon/hwmon0/in0_lcrit_alarm", int(supply.under_voltage))
        write("class/hwmon/hwmon0/name", "rpi_volt")
        write("devices/platform/soc/soc:firmware/get_throttled", "4" if supply.throttled else "0")

    become(FULL)
    told: list[str] = []
    power = SysPower(folder, BoottimePace().now_ns, told.append, look_seconds=0.05)

    def stop() -> None:
        power.stop()
        assert told == []

    return PowerRig(power, become, stop)


@pytest.fixture(params=[bench, files])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PowerRig]:
    made: PowerRig = request.param(tmp_path)
    made.power.listen(made.heard.put)
    yield made
    made.stop()


def test_the_first_report_comes_at_once(rig: PowerRig) -> None:
    assert rig.heard.get(timeout=5) == FULL


@pytest.mark.parametrize(
    "supply",
    [
        replace(FULL, percent=5, minutes=24),
        replace(FULL, percent=0, minutes=1),
        replace(FULL, on_mains=True, minutes=-1),
        replace(FULL, degrees=84, throttled=True),
        replace(FULL, under_voltage=True),
        replace(FULL, degrees=-12),
    ],
)
def test_what_changes_is_reported(rig: PowerRig, supply: Supply) -> None:
    rig.become(supply)
    assert rig.until(lambda reported: reported == supply) == supply


def test_on_mains_no_minutes_are_promised(rig: PowerRig) -> None:
    rig.become(replace(FULL, on_mains=True, minutes=-1))
    assert rig.until(lambda reported: reported.on_mains).minutes == -1
