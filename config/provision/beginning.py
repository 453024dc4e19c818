"""An agency's first files: rules, fleet and list of units, from a station that was founded."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config import load
from config.provision.batch import UnitRow, batch_text
from config.provision.seeds import unit_text
from config.refusal import read_text, refusal, write_new
from config.words import Words

if TYPE_CHECKING:
    from pathlib import Path

_MARK = "# public key: "


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the six questions ask: whose units, how many of which name, which Wi-Fi, where."""

    agency: str
    rules: load.Source
    prefix: str
    units: int
    ssid: str
    psk: str
    host: str


def begin(to: Path, asked: Beginning, station: Path, recovery: str) -> tuple[str, ...]:
    """Write rules.toml, fleet.toml and units.csv; return the units' numbers.

    `recovery` is the recovery key's public half, or empty while recovery.agekey still lies in
    the station's folder. Raise ConfigRefused, with nothing written, if the three layers would
    not be in order together.
    """
    rows = tuple(
        UnitRow(number + 1, f"{asked.prefix}-{number:04d}", asked.ssid, asked.psk, ())
        for number in range(1, asked.units + 1)
    )
    fleet = fleet_text(asked, station, recovery)
    sources = (
        load.Source("rules.toml", asked.rules.data),
        load.Source("fleet.toml", fleet.encode()),
        load.Source("unit.toml", unit_text(rows[0]).encode()),
    )
    load.load(*sources)
    write_new(to / "rules.toml", asked.rules.data)
    write_new(to / "fleet.toml", fleet.encode())
    write_new(to / "units.csv", ("\ufeff" + batch_text(rows)).encode(), 0o600)
    return tuple(row.unit for row in rows)


def fleet_text(asked: Beginning, station: Path, recovery: str) -> str:
    """Return the fleet layer, with the keys as the station's founding left them."""
    try:
        trust = tomllib.loads(read_text(station / "trust.toml"))
        settings = tomllib.loads(read_text(station / "station.toml"))
        agency, log_key, witnesses = settings["agency"], trust["station"], trust["witnesses"]
        host, port, quorum = settings["broker"]["host"], settings["broker"]["port"], trust["quorum"]
        orders = [f"command_key = {_quoted(key)}" for key in trust.get("commands", [])[:1]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise refusal(
            station,
            Words(f"不是采集站的目录（{error}）", f"is no station's folder ({error})"),
            Words("先运行 shilu station init", "Run shilu station init first"),
        ) from error
    if agency != asked.agency:
        raise refusal(
            "--agency",
            Words(f"与采集站的 {agency} 不同", f"is not the station's, {agency}"),
            Words("用采集站的代号", "Use the station's"),
            asked.agency,
        )
    name = load.load_rules(asked.rules).regulation.agency
    lines = [
        "format = 1",
        "[agency]",
        f"id = {_quoted(agency)}",
        f"name = {_quoted(name)}",
        "[station]",
        f"host = {_quoted(asked.host or host)}",
        f"port = {port}",
        f"log_key = {_quoted(log_key)}",
        f"age_recipient = {_quoted(_public(station / 'station.agekey'))}",
        *orders,
        "[recovery]",
        f"age_recipient = {_quoted(recovery or _public(station / 'recovery.agekey'))}",
        "[witnesses]",
        f"quorum = {quorum}",
        f"keys = {_quoted(witnesses)}",
    ]
    return "\n".join(lines) + "\n"


def _public(path: Path) -> str:
    """Return the public half that the first line of an age key file states."""
    first = read_text(path).splitlines()[:1]
    if not first or not first[0].startswith(_MARK):
        raise refusal(
            path,
            Words("第一行没有公钥", "does not state its public key in the first line"),
            Words("用 --recovery 写公钥", "Give it with --recovery"),
        )
    return first[0].removeprefix(_MARK).strip()


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
