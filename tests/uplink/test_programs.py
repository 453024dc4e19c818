"""The programs themselves: real processes, real brokers, mutual TLS, and real kills."""

from __future__ import annotations

import os
import resource
import socket
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.age import decrypt
from recorder.evidence.receipt import TlogProof, check_receipt
from recorder.evidence.record import Ending, MarkKind
from recorder.evidence.words import media_file, tail_of
from tests.conftest import ROOT
from tests.uplink.fleet import AGENCY, Fleet, Program, ask, free_port, run
from uplink.broker.embedded.server import EmbeddedBroker
from uplink.broker.mosquitto import MosquittoBroker
from uplink.broker.settings import BrokerSettings
from uplink.programs.access import access_table
from uplink.station.intake.journeys import Limits
from uplink.wire.post import Address, TlsFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

BROKERS = ("embedded", "mosquitto")


@pytest.fixture(params=BROKERS)
def fleet(
    request: pytest.FixtureRequest, tmp_path: Path, need: Callable[[str], Path]
) -> Iterator[Fleet]:
    if request.param == "mosquitto":
        need("mosquitto")
    made = Fleet(tmp_path, request.param)
    yield made
    made.close()


def broker_settings(fleet: Fleet) -> BrokerSettings:
    papers = fleet.station_folder
    tls = TlsFiles(papers / "ca/tls.pem", papers / "tls/broker.pem", papers / "tls/broker.key")
    return BrokerSettings(Address("127.0.0.1", fleet.port), tls, access_table(AGENCY))


@pytest.fixture(params=BROKERS)
def harbour(
    request: pytest.FixtureRequest, tmp_path: Path, need: Callable[[str], Path]
) -> Iterator[Fleet]:
    """A fleet whose broker is nobody's child but ours, so that it outlives a killed station."""
    made = Fleet(tmp_path, "none")
    settings = broker_settings(made)
    broker: MosquittoBroker | EmbeddedBroker = EmbeddedBroker(settings)
    if request.param == "mosquitto":
        broker = MosquittoBroker(settings, need("mosquitto"), tmp_path)
    with broker:
        yield made
    made.close()


def check_home(fleet: Fleet) -> None:
    archived = fleet.archived()
    for name, data in fleet.sealed().items():
        assert archived[name] == data
    receipts = [data for name, data in fleet.unit.files.items() if name.startswith("receipts/")]
    checked = [check_receipt(TlogProof.parse(one), fleet.spool.policy) for one in receipts]
    confirmed = [one.file for receipt in checked for one in receipt.entry.files]
    assert sorted(confirmed) == sorted(fleet.sealed())


def test_a_unit_comes_home_over_a_real_broker(fleet: Fleet) -> None:
    fleet.unit.boot()
    fleet.unit.record(2, 1)
    fleet.spool.flush()
    station = fleet.station()
    station.named("Serving")
    courier = fleet.courier()
    home = courier.named("Home")
    assert courier.end() == (0, "")
    assert home["refused"] == 0
    assert station.stop()[0] == 0
    check_home(fleet)
    faults = {"LetterIgnored", "Misplaced", "RefusedFile", "ReceiptWithheld", "Stopped"}
    assert faults.isdisjoint(one["event"] for one in station.rest())


def test_a_station_killed_on_the_way_and_a_courier_killed_later_lose_nothing(
    harbour: Fleet,
) -> None:
    fleet = harbour
    fleet.unit.boot()
    fleet.unit.fragment_bytes = 2_000_000
    fleet.unit.record(4, 4, 4)
    fleet.spool.flush()
    station = fleet.station()
    station.named("Serving")
    courier = fleet.courier()
    station.named("Archived")
    station.kill()
    station = fleet.station()
    station.named("Serving")
    courier.named("Offered")
    courier.kill()
    courier = fleet.courier()
    courier.named("Home")
    assert courier.end() == (0, "")
    assert station.stop()[0] == 0
    check_home(fleet)


def test_a_broker_killed_on_the_way_costs_a_window_and_nothing_else(
    tmp_path: Path, need: Callable[[str], Path]
) -> None:
    fleet = Fleet(tmp_path, "none")
    settings = broker_settings(fleet)
    broker = MosquittoBroker(settings, need("mosquitto"), tmp_path).start()
    fleet.unit.boot()
    fleet.unit.fragment_bytes = 3_000_000
    fleet.unit.record(4, 4)
    fleet.spool.flush()
    station = fleet.station()
    station.named("Serving")
    courier = fleet.courier()
    courier.named("StoredFile")
    os.kill(broker.process_id, 9)
    broker.stop()
    broker = MosquittoBroker(settings, need("mosquitto"), tmp_path).start()
    home = courier.named("Home")
    assert courier.end() == (0, "")
    assert station.stop()[0] == 0
    broker.stop()
    check_home(fleet)
    fleet.close()
    sizes = sum(len(data) for name, data in fleet.unit.files.items() if "receipts" not in name)
    sent_bytes = home["sent_bytes"]
    assert isinstance(sent_bytes, int)
    assert sent_bytes <= sizes + Limits().window_bytes


def go_home(fleet: Fleet) -> None:
    fleet.unit.record(1)
    fleet.spool.flush()
    courier = fleet.courier()
    courier.named("Home")
    assert courier.end() == (0, "")


def test_two_workers_share_the_offers_of_one_unit(harbour: Fleet) -> None:
    """Whom an offer goes to the broker chooses: whoever had one leaves, and the other has to."""
    workers = [harbour.station(), harbour.station()]
    for worker in workers:
        worker.named("Serving")
    harbour.unit.boot()
    for _ in range(2):
        go_home(harbour)
    busy = next(one for one in workers if one.has_told("ReceiptSent"))
    assert busy.stop()[0] == 0
    (other,) = (one for one in workers if one is not busy)
    for _ in range(2):
        go_home(harbour)
    assert other.has_told("ReceiptSent")
    assert other.stop()[0] == 0
    check_home(harbour)


def test_a_disk_that_breaks_ends_the_station_in_one_sentence_and_loses_nothing(
    harbour: Fleet,
) -> None:
    harbour.unit.boot()
    harbour.unit.fragment_bytes = 2_000_000
    harbour.unit.record(2)
    harbour.spool.flush()
    station = harbour.station()
    station.named("Serving")
    # The nearest to a broken disk that a process can be given: no file beyond a mebibyte.
    resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE, (2**20, 2**20))
    courier = harbour.courier()
    code, said = station.end()
    assert code == 1
    assert said.count("\n") == 1
    assert "the station cannot go on" in said
    station = harbour.station()
    courier.named("Home")
    assert courier.end() == (0, "")
    assert station.stop()[0] == 0
    check_home(harbour)


def test_the_station_packs_what_it_has_and_shows_the_films(harbour: Fleet) -> None:
    harbour.unit.boot()
    number = harbour.unit.start()
    harbour.unit.segment(number, 1, 1, Ending.TURN)
    harbour.unit.mark(MarkKind.PHOTO)
    harbour.unit.go_on(number, 2, 1)
    harbour.unit.power_cut(harbour.unit.start(), 1, 1)
    harbour.spool.flush()
    station = harbour.station()
    station.named("Serving")
    courier = harbour.courier()
    courier.named("Home")
    assert courier.end() == (0, "")
    assert station.stop()[0] == 0
    config = str(harbour.station_folder / "station.toml")
    package, clear = harbour.folder / "package", harbour.folder / "clear"
    arguments = ("package", harbour.unit.number, "--out", str(package), "--clear", str(clear))
    assert run("uplink.programs.station", "--config", config, *arguments) == (0, "")
    for name, data in harbour.sealed().items():
        assert (package / "data" / "unit" / name).read_bytes() == data
    whole = decrypt(harbour.unit.files[media_file(1, 1)], [harbour.unit.station_key])
    assert (clear / "000001-0001.mp4").read_bytes() == whole
    cut = (clear / "000002-0001.mp4").read_bytes()
    assert cut.endswith(
        decrypt(harbour.unit.files[tail_of(media_file(2, 1))], [harbour.unit.station_key])
    )
    listed = (clear / "清单.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[2] for line in listed] == ["类别", *["视音频"] * 3, "照片"]
    assert "cannot be read" in listed[-1]  # the pictures of this film are noise
    again = run("uplink.programs.station", "--config", config, *arguments)
    assert again == (1, f"{package} is not empty; choose a new folder\n")


def test_a_station_is_founded_and_serves_by_two_commands_from_where_one_stands(
    tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("mosquitto")
    here = os.path.relpath(tmp_path / "s", ROOT)
    arguments = ("init", here, "--agency", AGENCY, "--port", str(free_port()), "--not-immutable")
    code, said, _complaint = ask("recorder.programs.shilu", "station", *arguments)
    assert code == 0
    assert "broker: mosquitto" in said
    config = ("--config", f"{here}/station.toml")
    station = Program("recorder.programs.shilu", ["station", *config, "serve"]).start()
    station.named("Serving")
    assert station.stop() == (0, "")


def test_an_absent_broker_is_one_sentence(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "none")
    code, said = run("uplink.programs.courier", "--config", str(fleet.courier_file), "--once")
    fleet.close()
    assert code == 1
    assert said.count("\n") == 1
    assert f"no broker answers at 127.0.0.1:{fleet.port}" in said


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "embedded")
    fleet.close()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", fleet.port))
        taken.listen()
        code, said = run(
            "uplink.programs.station", "--config", str(fleet.station_folder / "station.toml")
        )
    assert code == 1
    assert said.count("\n") == 1
    assert str(fleet.port) in said


@pytest.mark.parametrize("program", ["station", "courier", "witness"])
def test_a_bad_configuration_is_one_sentence(tmp_path: Path, program: str) -> None:
    config = tmp_path / "bad.toml"
    config.write_text(f"version = 1\nport = {free_port()}\n")
    code, said = run(f"uplink.programs.{program}", "--config", str(config))
    assert code == 1
    assert said.count("\n") == 1
    assert "bad.toml needs" in said
