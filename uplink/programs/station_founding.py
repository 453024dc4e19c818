"""The station's commands that let somebody in: `init` founds it, `enrol` takes a unit on."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from config.provision.request import parse_request
from config.provision.six_words import spoken
from uplink.programs.station_broker import broker_here
from uplink.programs.station_register import check_shipped
from uplink.station.authority.founding import Plan, UnitKeys, enrol, found, write_unit_papers
from uplink.station.authority.roll import IdentityRefused
from uplink.station.settings import KEEP_FREE_MB, RunsBroker, read_settings

COMMANDS = ("init", "enrol")


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the station's."""
    init = commands.add_parser("init", help="found a station in a new folder")
    init.add_argument("folder", type=Path)
    init.add_argument("--agency", required=True)
    init.add_argument("--host", action="append", help="name or address that units reach")
    init.add_argument("--port", type=int, default=8883)
    brokers = [one.value for one in RunsBroker]
    init.add_argument("--run-broker", choices=brokers, help="mosquitto, where it is installed")
    init.add_argument("--rules", default="", help="the agency's rule file: a shipped one, by name")
    init.add_argument(
        "--keep-free-mb", type=int, default=KEEP_FREE_MB, help="what the archive leaves free"
    )
    init.add_argument("--not-immutable", action="store_true", help="for a demo: can be removed")
    enrolment = commands.add_parser("enrol", help="certify a unit and put it on the roll")
    enrolment.add_argument("folder", type=Path)
    enrolment.add_argument("unit")
    enrolment.add_argument("--csr", type=Path, required=True, help="the unit's request, PEM")
    enrolment.add_argument("--out", type=Path, required=True, help="folder for its papers")
    enrolment.add_argument("--words", help="the six words that the unit shows; refused if others")


def run(asked: argparse.Namespace) -> int:
    """Run one of them; return the exit code."""
    return _init(asked) if asked.command == "init" else _enrol(asked)


def _init(asked: argparse.Namespace) -> int:
    hosts = tuple(asked.host or ("127.0.0.1", "localhost"))
    runs = asked.run_broker or broker_here().value
    found(
        asked.folder,
        Plan(
            asked.agency,
            hosts,
            asked.port,
            runs,
            immutable=not asked.not_immutable,
            rules=check_shipped(asked.rules),
            now=datetime.now(UTC),
            random=os.urandom,
            keep_free_mb=asked.keep_free_mb,
        ),
    )
    print(
        f"station of {asked.agency} founded in {asked.folder}, broker: {runs}; put recovery.agekey "
        "and ca/*.key into a safe and remove them here"
    )
    print(f"start it: shilu station --config {asked.folder / 'station.toml'} serve")
    return 0


def _enrol(asked: argparse.Namespace) -> int:
    agency = read_settings(asked.folder / "station.toml").agency
    request = parse_request(asked.csr.read_bytes(), asked.unit)
    words = spoken(request.identity)
    if asked.words is not None and asked.words.split() != words.split():
        raise IdentityRefused(
            f"the request of {asked.unit} has the words {words}, the unit shows {asked.words}; "
            "find out where this request came from"
        )
    keys = UnitKeys(request.identity, request.courier)
    papers = enrol(asked.folder, agency, asked.unit, keys, datetime.now(UTC))
    write_unit_papers(asked.out, papers)
    print(f"{asked.unit} of {agency} is enrolled ({words}); its papers are in {asked.out}")
    return 0
