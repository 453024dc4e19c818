"""The broker's door: closed to whoever is revoked or out of date, and to a stranger's station."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from config.provision.request import courier_public
from tests.uplink.fleet import AGENCY, Fleet, ask
from uplink.station.authority.founding import UnitKeys, enrol, write_unit_papers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SINCE = "2026-11-21T08:00:00.000Z"
KNOCKS = 6  # Mosquitto does not write down each refusal; a unit knocks again and again


@pytest.fixture(params=["embedded", "mosquitto"])
def fleet(
    request: pytest.FixtureRequest, tmp_path: Path, need: Callable[[str], Path]
) -> Iterator[Fleet]:
    if request.param == "mosquitto":
        need("mosquitto")
    made = Fleet(tmp_path, request.param)
    made.unit.boot()
    made.unit.record(1)
    made.spool.flush()
    yield made
    made.close()


def of_station(fleet: Fleet, *arguments: str) -> tuple[int, str, str]:
    config = str(fleet.station_folder / "station.toml")
    return ask("recorder.programs.shilu", "station", "--config", config, *arguments)


def said_of_the_door(fleet: Fleet) -> str:
    _code, status, _said = of_station(fleet, "status")
    _code, metrics, _said = of_station(fleet, "status", "--metrics")
    assert 'shilu_events_total{unit="station",what="TurnedAway"}' in metrics
    return next(line for line in status.splitlines() if line.startswith("station"))


def test_a_revoked_unit_loses_its_line_and_does_not_get_in_again(fleet: Fleet) -> None:
    station = fleet.station()
    station.named("Serving")
    courier = fleet.courier(once=False)
    courier.named("Docked")
    assert of_station(fleet, "revoke", fleet.unit.number, "--from", SINCE)[0] == 0
    courier.await_event(lambda one: "revoked" in str(one.get("sentence", "")))
    station.named("TurnedAway")
    assert f"{fleet.unit.number} is revoked" in said_of_the_door(fleet)
    courier.stop()
    assert station.stop()[0] == 0


def test_without_the_authoritys_key_the_door_stays_open_and_the_clerk_is_told(
    fleet: Fleet,
) -> None:
    (fleet.station_folder / "ca/tls.key").rename(fleet.folder / "safe")
    code, out, said = of_station(fleet, "revoke", fleet.unit.number, "--from", SINCE)
    assert (code, "is revoked from" in out) == (1, True)
    assert "bring ca/tls.key from the safe, and revoke again" in said
    (fleet.folder / "safe").rename(fleet.station_folder / "ca/tls.key")
    assert of_station(fleet, "revoke", fleet.unit.number, "--from", SINCE)[0] == 0


def test_an_expired_certificate_is_said_at_both_ends(fleet: Fleet) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=4 * 365)
    courier = courier_public((fleet.papers / "tls.key").read_bytes())
    for old in fleet.papers.glob("*.pem"):
        old.unlink()
    keys = UnitKeys(fleet.unit.identity.public_key(), courier)
    papers = enrol(fleet.station_folder, AGENCY, fleet.unit.number, keys, long_ago)
    write_unit_papers(fleet.papers, papers)
    station = fleet.station()
    station.named("Serving")
    for _ in range(KNOCKS):
        code, said = fleet.courier().end()
        assert code == 1
        assert "expired" in said
        if station.tells("TurnedAway", within_seconds=3):
            break
    assert f"{fleet.unit.number}'s expired on" in said_of_the_door(fleet)
    assert station.stop()[0] == 0
    assert not fleet.archived()


def test_a_strangers_station_at_the_right_address_gets_nothing(
    fleet: Fleet, tmp_path: Path
) -> None:
    stranger = Fleet(tmp_path / "stranger", "embedded")
    text = stranger.courier_file.read_text()
    # The unit has its own agency's papers; what answers at the address is somebody else.
    for paper in stranger.papers.iterdir():
        paper.write_bytes((fleet.papers / paper.name).read_bytes())
    stranger.courier_file.write_text(text)
    station = stranger.station()
    station.named("Serving")
    code, said = stranger.courier().end()
    assert code == 1
    assert "is not accepted" in said
    assert station.stop()[0] == 0
    assert {"UnitSeen", "Arriving", "LetterIgnored"}.isdisjoint(
        one["event"] for one in station.rest()
    )
    assert not stranger.archived()
    stranger.close()
