"""Orders to units: `order` gives one, `orders` shows how each stands, `order-key` makes the key."""

import argparse
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms, utc_text
from recorder.evidence.sidecar import Officers
from uplink.programs.events_out import complain
from uplink.programs.wiring import registrar_for, roll_for, system_unix_ms
from uplink.station.authority.command_key import add_command_key
from uplink.station.care.orders import Asked, Desk, How, Standing, standings
from uplink.station.settings import StationSettings, read_settings, read_signing_key
from uplink.station.steps import no_step
from uplink.station.store.layout import Layout
from uplink.station.store.order_book import OrderBook

COMMANDS = ("order", "orders", "order-key")
_HOURS = 24


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the station's."""
    order = commands.add_parser("order", help="order officers, or a self-check, of units")
    order.add_argument("--unit", action="append", required=True)
    what = order.add_mutually_exclusive_group(required=True)
    what.add_argument("--officers", nargs="+", metavar="NAME=NUMBER", help="张三=41042101 …")
    what.add_argument("--check", action="store_true", help="look at yourself now")
    order.add_argument("--by", required=True, help="who orders it; stands in the log")
    order.add_argument("--reason", default="", help="why; stands in the log")
    order.add_argument("--from", dest="since", default="", help="2026-11-21T08:00:00.000Z; now")
    order.add_argument("--until", default="", help=f"taken before then, or not at all; {_HOURS} h")
    orders = commands.add_parser("orders", help="how every order stands, by the units' own logs")
    orders.add_argument("--unit", default="", help="of this unit only")
    commands.add_parser("order-key", help="make the key for orders, where a station has none")


def run(asked: argparse.Namespace) -> int:
    """Run one of them; return the exit code."""
    settings = read_settings(asked.config)
    match asked.command:
        case "order":
            return _order(settings, asked)
        case "orders":
            return _show(settings, asked.unit)
        case _:
            return _make_key(settings, asked)


def _order(settings: StationSettings, asked: argparse.Namespace) -> int:
    if settings.command_key is None:
        return complain(
            "this station has no key for orders; `shilu station order-key` makes one, and "
            "docs/station.md (Orders) says how units come to know it"
        )
    private = read_signing_key(settings.command_key)
    by, units = asked.by.strip(), tuple(dict.fromkeys(asked.unit))
    if not by:
        return complain("say who orders it: --by")
    strangers = sorted(set(units) - set(roll_for(settings).units(settings.agency)))
    if strangers:
        return complain(f"{strangers[0]} is not on the roll of this station; check its number")
    officers = _officers(asked.officers) if asked.officers else None
    span = _Span.of(asked.since, asked.until)
    layout = Layout(settings.data)
    desk = Desk(layout, settings.agency, private, registrar_for(settings), os.urandom, no_step)
    for unit in units:
        wanted = Asked(unit, officers, span.since, span.until, by, asked.reason.strip())
        number, entry = desk.give(wanted, _utc())
        print(_said(number, entry, wanted))
        for one in standings(desk.registrar, OrderBook(layout, settings.agency), unit, _utc()):
            if one.how is How.EARLY and one.given.number < number:
                print(f"第 {one.given.number} 号命令不会再被取走 will be passed over by {number}")
    return 0


@dataclass(frozen=True, slots=True)
class _Span:
    """From when and until when a unit may take an order."""

    since: str
    until: str

    @classmethod
    def of(cls, since: str, until: str) -> "_Span":
        """Fill in what was not said; Malformed if it is no time, or over."""
        now_ms = system_unix_ms()
        since = since or utc_text(now_ms)
        utc_ms(since)
        if not until:
            later = datetime.fromisoformat(since) + timedelta(hours=_HOURS)
            until = utc_text(int(later.astimezone(UTC).timestamp() * 1000))
        if utc_ms(until) <= now_ms:
            raise Malformed(f"{until} is over; no unit would take it")
        return cls(since, until)


def _officers(named: list[str]) -> Officers:
    pairs = [one.partition("=") for one in named]
    for name, gap, number in pairs:
        if not name or not gap or not number:
            raise Malformed(f"{name + gap + number!r} is no officer; write 张三=41042101")
    return Officers(tuple(name for name, _, _ in pairs), tuple(badge for _, _, badge in pairs))


def _said(number: int, entry: int, asked: Asked) -> str:
    if asked.officers is None:
        zh, en = "立即自检", "looks at itself as soon as it records nothing"
    else:
        officers = asked.officers
        pairs = zip(officers.names, officers.numbers, strict=True)
        who = "、".join(f"{name} {badge}" for name, badge in pairs)
        zh, en = f"下一段录像起由 {who} 执法", f"films for {who} from its next recording on"
    return (
        f"{asked.unit} 第 {number} 号命令：{zh}；{asked.until} 前有效（登记项 {entry}）\n"
        f"order {number}: {asked.unit} {en}, if it takes it before {asked.until} (entry {entry})\n"
        f"是否已执行，以设备自己的日志为准 whether it did, its own log says: "
        f"shilu station orders --unit {asked.unit}"
    )


def _show(settings: StationSettings, unit: str) -> int:
    registrar = registrar_for(settings)
    registrar.catch_up()
    book = OrderBook(Layout(settings.data), settings.agency)
    for one in (unit,) if unit else book.units():
        for standing in standings(registrar, book, one, _utc()):
            print(_line(one, standing))
    return 0


def _line(unit: str, standing: Standing) -> str:
    command = standing.given.signed.command
    what = "自检 check"
    if command.officers is not None:
        named = zip(command.officers.names, command.officers.numbers, strict=True)
        what = "、".join(f"{name} {badge}" for name, badge in named)
    where = "" if standing.taken is None else f" ({standing.taken.seq}, {standing.taken.utc})"
    return (
        f"{unit}  {command.number}  {what}  {command.since} – {command.until}  {standing.by}  "
        f"{standing.how.value}{where}"
    )


def _make_key(settings: StationSettings, asked: argparse.Namespace) -> int:
    key = add_command_key(asked.config, settings.agency, os.urandom)
    print(
        f'写进 fleet.toml 的 [station] into [station] of fleet.toml: command_key = "{key.text()}"\n'
        "然后把 fleet.toml 发到每台设备，把 trust.toml 发给每个核验的人 · then bring that file to "
        "every unit, and trust.toml to everybody who checks packages"
    )
    return 0


def _utc() -> str:
    return utc_text(system_unix_ms())
