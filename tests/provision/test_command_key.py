"""Whose orders a unit obeys: pinned beside the log's key, from founding to custody."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from config import load
from config.provision.beginning import Beginning, fleet_text
from config.provision.places import Where
from config.provision.process_files import custody_text, release_text
from recorder.custody.settings import load as load_custody
from recorder.evidence.trust import parse_trust
from tests.provision.conftest import AGENCY

if TYPE_CHECKING:
    from pathlib import Path

UNIT = b'format = 1\nnumber = "BF-0001"\nkind = "bench"\n'


def asked() -> Beginning:
    return Beginning(AGENCY, load.shipped(AGENCY), "BF", 1, "", "", "station.local")


def test_what_the_station_was_founded_with_reaches_custody(agency: Path, tmp_path: Path) -> None:
    trust = (agency / "station" / "trust.toml").read_text()
    (public,) = parse_trust(trust).commands
    fleet = (agency / "fleet" / "fleet.toml").read_bytes()
    rules = load.shipped(AGENCY)
    config = load.load(rules, load.Source("fleet.toml", fleet), load.Source("unit.toml", UNIT))
    assert config.fleet.station.command_key == public.text()
    where = Where(tmp_path, tmp_path / "custody.sock", tmp_path / "papers", tmp_path / "outbox")
    settings = tmp_path / "custody.toml"
    settings.write_text(custody_text(config, where))
    assert load_custody(settings).command_key == public
    assert "command" not in release_text(config, where, 24)


def test_of_a_station_without_the_key_none_is_pinned(agency: Path, tmp_path: Path) -> None:
    trust = agency / "station" / "trust.toml"
    lines = [one for one in trust.read_text().splitlines() if not one.startswith("commands")]
    trust.write_text("\n".join(lines) + "\n")
    text = fleet_text(asked(), agency / "station", "")
    assert "command_key" not in tomllib.loads(text)["station"]
    sources = (load.shipped(AGENCY), load.Source("fleet.toml", text.encode()))
    config = load.load(*sources, load.Source("unit.toml", UNIT))
    where = Where(tmp_path, tmp_path / "custody.sock", tmp_path / "papers", tmp_path / "outbox")
    settings = tmp_path / "custody.toml"
    settings.write_text(custody_text(config, where))
    assert load_custody(settings).command_key is None
