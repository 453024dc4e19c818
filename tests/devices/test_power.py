"""Battery, mains, voltage and heat from a real folder tree in the kernel's own form."""

from __future__ import annotations

import queue
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture.ports import NO_THERMOMETER, Supply
from recorder.devices.power import Drain, SysPower

if TYPE_CHECKING:
    from pathlib import Path

MINUTE_NS = 60 * 10**9
NOTHING = Supply(
    on_mains=False,
    percent=-1,
    minutes=-1,
    under_voltage=False,
    throttled=False,
    degrees=NO_THERMOMETER,
)


class Sys:
    """A /sys of one's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ns = 0
        self.sentences: list[str] = []
        self.power = SysPower(folder, lambda: self.now_ns, self.sentences.append)

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def battery(self, **files: object) -> None:
        for name, value in {"type": "Battery", "status": "Discharging", **files}.items():
            self.write(f"class/power_supply/BAT0/{name}", f"{value}\n")


@pytest.fixture
def sys(tmp_path: Path) -> Sys:
    return Sys(tmp_path)


def test_a_unit_that_measures_nothing_claims_nothing(sys: Sys) -> None:
    assert sys.power.look() == NOTHING
    assert sys.sentences == []


def test_a_gauge_that_states_the_seconds_is_believed(sys: Sys) -> None:
    sys.battery(capacity=63, time_to_empty_now=7_250)
    assert sys.power.look() == replace(NOTHING, percent=63, minutes=120)


@pytest.mark.parametrize(
    ("held", "drawn"),
    [("energy_now", "power_now"), ("charge_now", "current_now")],
)
@pytest.mark.parametrize("sign", [1, -1])  # some gauges state a discharge as negative
def test_a_gauge_that_states_what_it_holds_and_what_is_drawn(
    sys: Sys, held: str, drawn: str, sign: int
) -> None:
    sys.battery(capacity=50, **{held: 10_000_000, drawn: sign * 4_000_000})
    assert sys.power.look().minutes == 150


def test_a_gauge_that_knows_only_its_percent_is_timed(sys: Sys) -> None:
    sys.battery(capacity=50)
    assert sys.power.look().minutes == -1
    sys.now_ns = 10 * MINUTE_NS
    sys.battery(capacity=48)
    assert sys.power.look().minutes == 240  # two percent in ten minutes
    sys.battery(capacity=48, status="Charging")
    assert sys.power.look().minutes == -1
    sys.battery(capacity=48)
    assert sys.power.look().minutes == -1  # what was measured before the charge is over


@pytest.mark.parametrize(("status", "on_mains"), [
    ("Charging", True), ("Full", True), ("Not charging", True), ("Discharging", False),
])  # fmt: skip
def test_what_the_battery_says_goes_before_what_is_plugged_in(
    sys: Sys,
    status: str,
    on_mains: bool,  # noqa: FBT001
) -> None:
    sys.battery(capacity=80, status=status, time_to_empty_now=600)
    sys.write("class/power_supply/usb/type", "USB\n")
    sys.write("class/power_supply/usb/online", "1\n")
    look = sys.power.look()
    assert look.on_mains is on_mains
    assert look.minutes == (-1 if on_mains else 10)


def test_a_unit_without_battery_on_a_cable_is_on_mains(sys: Sys) -> None:
    sys.write("class/power_supply/usb/type", "USB\n")
    sys.write("class/power_supply/usb/online", "1\n")
    assert sys.power.look() == replace(NOTHING, on_mains=True)


def test_a_battery_of_something_else_and_one_that_is_taken_out_do_not_count(sys: Sys) -> None:
    sys.battery(capacity=9, scope="Device")
    assert sys.power.look() == NOTHING
    shutil.rmtree(sys.folder / "class/power_supply/BAT0")
    sys.battery(capacity=9, present=0)
    assert sys.power.look() == NOTHING


def test_the_hottest_zone_counts_and_cold_is_cold(sys: Sys) -> None:
    sys.write("class/thermal/thermal_zone0/temp", "61234\n")
    sys.write("class/thermal/thermal_zone1/temp", "-5000\n")
    assert sys.power.look().degrees == 61
    sys.write("class/thermal/thermal_zone0/temp", "-7000\n")
    assert sys.power.look().degrees == -5


def test_the_pis_own_watch_on_the_voltage(sys: Sys) -> None:
    sys.write("class/hwmon/hwmon0/name", "cpu_thermal\n")
    sys.write("class/hwmon/hwmon1/name", "rpi_volt\n")
    sys.write("class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    assert not sys.power.look().under_voltage
    sys.write("class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert sys.power.look().under_voltage


@pytest.mark.parametrize(
    ("flags", "weak", "slowed"),
    [("0", False, False), ("1", True, False), ("4", False, True), ("50005", True, True),
     ("0x8", False, True), ("50000", False, False)],
)  # fmt: skip
def test_what_the_firmware_says_of_now_and_not_of_before(
    sys: Sys,
    flags: str,
    weak: bool,  # noqa: FBT001
    slowed: bool,  # noqa: FBT001
) -> None:
    sys.write("devices/platform/soc/soc:firmware/get_throttled", f"{flags}\n")
    look = sys.power.look()
    assert (look.under_voltage, look.throttled) == (weak, slowed)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("class/power_supply/BAT0/capacity", "101\n"),
        ("class/power_supply/BAT0/capacity", "+5\n"),
        ("class/power_supply/BAT0/capacity", "5 \n"),
        ("class/power_supply/BAT0/capacity", "9" * 5000),
        ("class/power_supply/BAT0/status", "Exploding\n"),
        ("class/power_supply/BAT0/time_to_empty_now", "-3\n"),
    ],
)
def test_a_gauge_that_talks_nonsense_is_not_believed_and_told_once(
    sys: Sys, path: str, text: str
) -> None:
    sys.battery(capacity=50, time_to_empty_now=600)
    sys.write("class/thermal/thermal_zone0/temp", "50000\n")
    sys.write(path, text)
    for _ in range(3):
        assert sys.power.look() == replace(NOTHING, degrees=50)
    (sentence,) = sys.sentences
    assert path in sentence
    assert "not believed" in sentence


@pytest.mark.parametrize(
    ("path", "text"),
    [("class/thermal/thermal_zone0/temp", "hot"), ("class/thermal/thermal_zone0/temp", "999999"),
     ("devices/platform/soc/soc:firmware/get_throttled", "zz")],
)  # fmt: skip
def test_nonsense_about_heat_costs_nothing_else(sys: Sys, path: str, text: str) -> None:
    sys.battery(capacity=50, time_to_empty_now=600)
    sys.write(path, text)
    assert sys.power.look() == replace(NOTHING, percent=50, minutes=10)
    assert len(sys.sentences) == 1


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_a_timed_battery_never_promises_less_than_nothing(percents: list[int]) -> None:
    drain = Drain()
    for step, percent in enumerate(percents):
        assert -1 <= drain.minutes(percent, step * MINUTE_NS) <= 6_000


def test_it_reports_at_once_and_stops(sys: Sys) -> None:
    heard: queue.SimpleQueue[Supply] = queue.SimpleQueue()
    sys.battery(capacity=50, time_to_empty_now=600)
    sys.power.listen(heard.put)
    assert heard.get(timeout=5).minutes == 10
    sys.power.stop()
    assert heard.empty()
