"""What the picture text says: time and how far to trust it, the unit, its officers, the place.

In Chinese, for whoever watches the film. Pure, and told the time.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from recorder.capture.lens_words import Overlay
from recorder.capture.ports import NoFix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from recorder.capture.ports import Fix

_BEIJING = timezone(timedelta(hours=8))
_SECOND_NS = 1_000_000_000
_NO_CLOCK = "时间来源不明"
_NO_PLACE = "位置不明"
_TRUST = {
    "gps": "卫星授时",
    "station": "站点时间",
    "ntp": "网络时间",
    "rtc": "设备自带时钟未核对",
}
_LETTERS = "0123456789-:.° 北京时间预录记录仪执法人员未登记北南纬东西经" + _NO_CLOCK + _NO_PLACE


def overlay(clock: str, fix: Fix | NoFix) -> Overlay:
    """Give the order for the lens; what is not known is said to be unknown."""
    return Overlay(_TRUST.get(clock, _NO_CLOCK), _place(fix))


def who(officers: Iterable[tuple[str, str]]) -> str:
    """Write officers, names and numbers, as the picture shows them; empty if there are none."""
    return "  ".join(f"{name} {badge}" for name, badge in officers)


class PictureLines:
    """The lines of one unit's picture text. `utc_ns` turns CLOCK_BOOTTIME into wall time."""

    def __init__(
        self, number: str, officers: Iterable[tuple[str, str]], utc_ns: Callable[[int], int]
    ) -> None:
        """`officers` are names and numbers."""
        self._number = number
        self.bind(who(officers))
        self._utc_ns = utc_ns
        self._trust, self._place = _NO_CLOCK, _NO_PLACE
        self._before_press = False

    @property
    def letters(self) -> str:
        """Every character that these lines may ever need."""
        return self._who + "".join(_TRUST.values()) + _LETTERS

    def bind(self, officers: str) -> None:
        """Name these from now on, as `who` writes them."""
        self._who = f"记录仪 {self._number}  执法人员{f' {officers}' if officers else '未登记'}"

    def show(self, trust: str, place: str) -> None:
        """Say this of clock and place from now on."""
        self._trust, self._place = trust, place

    def show_before_press(self, before: bool) -> None:  # noqa: FBT001 – the only fact
        """Say from now on whether the pictures are from before a press."""
        self._before_press = before

    def at(self, boottime_ns: int) -> tuple[str, ...]:
        """Return the lines of the picture taken at this instant."""
        local = datetime.fromtimestamp(self._utc_ns(boottime_ns) // _SECOND_NS, _BEIJING)
        when = f"{local:%Y-%m-%d %H:%M:%S} 北京时间  {self._trust}"
        return (f"预录  {when}" if self._before_press else when), self._who, self._place


def _place(fix: Fix | NoFix) -> str:
    if isinstance(fix, NoFix):
        return _NO_PLACE
    north, east = fix.lat_e7 / 1e7, fix.lon_e7 / 1e7
    return (
        f"{'南' if north < 0 else '北'}纬 {abs(north):.5f}°"
        f"  {'西' if east < 0 else '东'}经 {abs(east):.5f}°"
    )
