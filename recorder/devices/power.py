"""The Power port from what the kernel shows under /sys: battery, mains, voltage and heat.

Folders come in by argument. A file that is not there means that this unit does not have it; one
that says something else than it may is told once, and then counts as unknown.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from recorder.capture.ports import NO_THERMOMETER, Supply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")
LOOK_SECONDS = 5.0
UNKNOWN = -1
_MOST_BYTES = 256
_INTEGER = re.compile(r"-?[0-9]{1,12}")
_HEX = re.compile(r"(?:0x)?[0-9a-f]{1,8}")
_STATES = {"Charging", "Discharging", "Not charging", "Full", "Unknown"}
_FEEDS = {"Mains", "USB", "USB_C", "USB_PD", "Wireless"}
_VOLTAGE_ALARM = "in0_lcrit_alarm"
_THROTTLED_NOW = 0b1110  # capped, throttled, soft temperature limit; bit 0 is the voltage
_MOST_MINUTES = 6_000


class PowerUnreadable(Exception):
    """A file under /sys says what it may not; the sentence names it."""


@dataclass(frozen=True, slots=True)
class Battery:
    """What the gauge says: percent, minutes until empty, −1 for what it does not know."""

    percent: int
    minutes: int
    discharging: bool


class Drain:
    """How long a battery lasts, from how its percentage fell; for gauges that do not say."""

    def __init__(self) -> None:
        self._percent = UNKNOWN
        self._since_ns = 0

    def charged(self) -> None:
        """It hangs on mains: what was measured before is over."""
        self._percent = UNKNOWN

    def minutes(self, percent: int, now_ns: int) -> int:
        """Return the minutes left at the pace so far, −1 before it has fallen by two percent."""
        if self._percent == UNKNOWN or percent > self._percent:
            self._percent, self._since_ns = percent, now_ns
        fallen = self._percent - percent
        if fallen < 2:
            return UNKNOWN
        passed_minutes = (now_ns - self._since_ns) / 60e9
        return min(int(percent * passed_minutes / fallen), _MOST_MINUTES)


class SysPower:
    """Looks every few seconds on a thread of its own: a gauge on a slow bus delays nobody."""

    def __init__(
        self,
        sys: Path,
        now_ns: Callable[[], int],
        remember: Callable[[str], None],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._sys = sys
        self._look_seconds = look_seconds
        self._now_ns = now_ns
        self._remember = remember
        self._told: set[str] = set()
        self._drain = Drain()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self, on_supply: Callable[[Supply], None]) -> None:
        """Report at once, and from then on every few seconds."""
        self._thread = threading.Thread(
            target=self._run, args=(on_supply,), name="power", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Return when no further report will come."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def look(self) -> Supply:
        """What the kernel shows now; what cannot be read counts as unknown and is told once."""
        battery = self._tried(lambda: _battery(self._sys), None)
        fed = self._tried(lambda: _fed(self._sys), False)
        # A charger that does not keep up is no mains: the battery's own word goes first.
        on_mains = fed if battery is None else not battery.discharging
        percent = UNKNOWN if battery is None else battery.percent
        minutes = UNKNOWN if battery is None else battery.minutes
        if on_mains:
            self._drain.charged()
            minutes = UNKNOWN
        elif minutes == UNKNOWN and percent != UNKNOWN:
            minutes = self._drain.minutes(percent, self._now_ns())
        flags = self._tried(lambda: _firmware_flags(self._sys), 0)
        low = self._tried(lambda: _voltage_alarm(self._sys), False)
        return Supply(
            on_mains=on_mains,
            percent=percent,
            minutes=minutes,
            under_voltage=low or bool(flags & 1),
            throttled=bool(flags & _THROTTLED_NOW),
            degrees=self._tried(lambda: _degrees(self._sys), NO_THERMOMETER),
        )

    def _run(self, on_supply: Callable[[Supply], None]) -> None:
        while True:
            on_supply(self.look())
            if self._stop.wait(self._look_seconds):
                return

    def _tried(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except (PowerUnreadable, OSError) as error:
            sentence = str(error)
            if sentence not in self._told:
                self._told.add(sentence)
                self._remember(sentence)
            return otherwise


def _battery(sys: Path) -> Battery | None:
    """The first battery that is in its place; None if this unit has no gauge."""
    for supply in _supplies(sys, {"Battery"}):
        if _integer(supply / "present", 0, 1, otherwise=1) == 0:
            continue
        state = _word(supply / "status", _STATES)
        return Battery(
            percent=_integer(supply / "capacity", 0, 100),
            minutes=_minutes(supply),
            discharging=state in {"Discharging", ""},
        )
    return None


def _minutes(supply: Path) -> int:
    """As the gauge states it, or what it holds by what is drawn; −1 if it knows neither."""
    seconds = _integer(supply / "time_to_empty_now", 0, 10**7)
    if seconds > 0:
        return min(seconds // 60, _MOST_MINUTES)
    for held, drawn in (("energy_now", "power_now"), ("charge_now", "current_now")):
        micro = _integer(supply / held, 0, 10**12)
        draw = abs(_integer(supply / drawn, -(10**12), 10**12, otherwise=0))  # signed on some
        if micro != UNKNOWN and draw > 0:
            return min(micro * 60 // draw, _MOST_MINUTES)
    return UNKNOWN


def _fed(sys: Path) -> bool:
    """Whether any feed is plugged in."""
    return any(_integer(s / "online", 0, 2, otherwise=0) > 0 for s in _supplies(sys, _FEEDS))


def _supplies(sys: Path, kinds: set[str]) -> Iterator[Path]:
    folder = sys / "class/power_supply"
    if not folder.is_dir():
        return
    for supply in sorted(folder.iterdir()):
        # A mouse has a battery too: what does not feed this machine is of scope Device.
        kind, scope = _text(supply / "type"), _text(supply / "scope")
        if kind in kinds and scope != "Device":
            yield supply


def _voltage_alarm(sys: Path) -> bool:
    """Whether the Raspberry Pi's own watch says that the supply is too weak (rpi_volt)."""
    folder = sys / "class/hwmon"
    if not folder.is_dir():
        return False
    return any(
        _text(watch / "name") == "rpi_volt" and _integer(watch / _VOLTAGE_ALARM, 0, 1) == 1
        for watch in sorted(folder.iterdir())
    )


def _firmware_flags(sys: Path) -> int:
    """What the firmware says, where its driver shows it; the low four bits are now."""
    path = sys / "devices/platform/soc/soc:firmware/get_throttled"
    text = _text(path)
    if not text:
        return 0
    if not _HEX.fullmatch(text):
        raise _not(path, text, "a number in hexadecimal")
    return int(text, 16)


def _degrees(sys: Path) -> int:
    """The hottest part of the chip; `NO_THERMOMETER` if nothing is measured."""
    folder = sys / "class/thermal"
    if not folder.is_dir():
        return NO_THERMOMETER
    zones = [zone / "temp" for zone in sorted(folder.glob("thermal_zone*"))]
    thousandths = [_integer(z, -100_000, 200_000, otherwise=NO_THERMOMETER * 1000) for z in zones]
    return max((value // 1000 for value in thousandths), default=NO_THERMOMETER)


def _text(path: Path) -> str:
    """One short line, empty if there is no such file; PowerUnreadable if it is anything else."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    text = raw.decode("ascii", "replace").removesuffix("\n")
    if len(raw) > _MOST_BYTES or not text.isprintable():
        raise _not(path, text[:40], "one short line")
    return text


def _word(path: Path, words: set[str]) -> str:
    text = _text(path)
    if text and text not in words:
        raise _not(path, text, f"one of {', '.join(sorted(words))}")
    return text


def _integer(path: Path, least: int, most: int, otherwise: int = UNKNOWN) -> int:
    text = _text(path)
    if not text:
        return otherwise
    if not _INTEGER.fullmatch(text) or not least <= int(text) <= most:
        raise _not(path, text, f"a number from {least} to {most}")
    return int(text)


def _not(path: Path, text: str, wanted: str) -> PowerUnreadable:
    return PowerUnreadable(f"{path} says {text[:40]!r}, which is not {wanted}; it is not believed.")
