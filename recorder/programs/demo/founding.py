"""The day before: a station is founded, a unit is made and enrolled, tapes are put in."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config import load
from config.provision.enrolment import make_request
from config.provision.places import Where
from config.provision.process_files import courier_text, custody_text, release_text
from config.words import ConfigRefused
from recorder.capture.ports import DeviceLost
from recorder.devices.bench.gps import BenchGps
from recorder.devices.bench.tape import FilmTape, SoundTape
from recorder.devices.pace import BoottimePace
from recorder.devices.sample import make_tapes
from recorder.programs.demo.agency import FIRST, Agency, agency, make_prompts
from recorder.programs.demo.household import FellShort

if TYPE_CHECKING:
    from pathlib import Path

    from config.schema import Effective
    from recorder.programs.demo.places import Places

SEGMENT_SECONDS = 10
SOUND_HZ = 48_000
_FLOOR_MINUTES = 2
_CALL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever tells the story brings along; None: made here."""

    video: Path | None
    audio: Path | None
    nmea: Path | None
    broker: str
    rules: str = FIRST


@dataclass(frozen=True, slots=True)
class Founded:
    """What stands after set-up: the command line of each process, and what is in force."""

    config: Effective
    conductor: tuple[str, ...]
    custody: tuple[str, ...]
    courier: tuple[str, ...]
    release: tuple[str, ...]
    station: tuple[str, ...]


def found(places: Places, given: Given) -> Founded:
    """Make everything; FellShort with the sentence of whatever refused."""
    of = agency(given.rules)
    tapes = _tapes(places, given)
    port = _free_port()
    broker = given.broker if given.broker != "any" else _best_broker()
    _call(
        "uplink.programs.station", "init", str(places.station), "--agency", of.id,
        "--port", str(port), "--run-broker", broker, "--not-immutable",
        "--keep-free-mb", "1",
    )  # fmt: skip
    shutil.copy(places.station / "trust.toml", places.trust)
    shutil.copy(places.station / "station.agekey", places.age_key)
    layers = _layers(places, of, tapes, port)
    config = load.load(*layers)
    where = Where(
        places.unit,
        places.custody_socket,
        papers=places.unit / "papers",
        outbox=places.unit / "outbox.sqlite",
    )
    custody = _setting(places, "custody", custody_text(config, where, _FLOOR_MINUTES))
    request = places.unit / f"{of.unit}.csr"
    try:
        request.write_bytes(make_request(config, places.unit, where).pem)
    except ConfigRefused as refused:
        raise FellShort(refused.problems[0].en) from refused
    _call(
        "uplink.programs.station", "enrol", str(places.station), of.unit,
        "--csr", str(request), "--out", str(where.papers),
    )  # fmt: skip
    shutil.copy(where.papers / "chain.pem", places.spool / "identity" / "chain.pem")
    courier = _setting(places, "courier", courier_text(config, where))
    release = _setting(places, "release", release_text(config, where, least_age_hours=0))
    prompts = make_prompts(of, places.work / "prompts")
    rules, fleet, unit = layers
    return Founded(
        config,
        (
            "recorder.programs.conductor", "--rules", str(rules), "--fleet", str(fleet),
            "--unit", str(unit), "--custody", str(places.custody_socket),
            "--prompts", str(prompts), "--notice", of.clip,
            "--desk", str(places.desk_socket), "--grace-ms", "1000",
        ),
        ("recorder.programs.custody", "--config", str(custody)),
        ("uplink.programs.courier", "--config", str(courier), "--once", "--limit-seconds", "60"),
        ("recorder.programs.release", "--config", str(release)),
        ("uplink.programs.station", "--config", str(places.station / "station.toml")),
    )  # fmt: skip


def _tapes(places: Places, given: Given) -> tuple[Path, Path, Path]:
    for path in (given.video, given.audio, given.nmea):
        if path is not None and not path.is_file():
            raise FellShort(f"{path} is not a file; check its name")
    made = make_tapes(places.tapes, datetime.now(UTC))
    video = given.video or made.film
    audio = given.audio or given.video or made.sound
    nmea = given.nmea or made.nmea
    try:
        FilmTape(video)
        SoundTape(audio, SOUND_HZ)
        BenchGps(nmea, BoottimePace(), datetime.now(UTC))
    except DeviceLost as unplayable:
        raise FellShort(str(unplayable)) from unplayable
    return video.resolve(), audio.resolve(), nmea.resolve()


def _layers(
    places: Places, of: Agency, tapes: tuple[Path, Path, Path], port: int
) -> tuple[Path, Path, Path]:
    trust = tomllib.loads(places.trust.read_text(encoding="utf-8"))
    keys = {
        name: (places.station / f"{name}.agekey").read_text(encoding="utf-8").split()[3]
        for name in ("station", "recovery")
    }
    folder = places.unit / "config"
    folder.mkdir(parents=True)
    rules, fleet, unit = (folder / f"{name}.toml" for name in ("rules", "fleet", "unit"))
    rules.write_bytes(load.shipped(of.id).data)
    witnesses = ", ".join(f'"{key}"' for key in trust["witnesses"])
    fleet.write_text(
        f"""format = 1
[agency]
id = "{of.id}"
name = "{of.name}"
[station]
host = "127.0.0.1"
port = {port}
log_key = "{trust["station"]}"
age_recipient = "{keys["station"]}"
command_key = "{trust["commands"][0]}"
[recovery]
age_recipient = "{keys["recovery"]}"
[witnesses]
quorum = {trust["quorum"]}
keys = [{witnesses}]
""",
        encoding="utf-8",
    )
    camera, microphone, gps = tapes
    unit.write_text(
        f"""format = 1
number = "{of.unit}"
kind = "bench"
state_directory = "{places.unit}"
[picture]
width = 1280
height = 720
rate_hz = 25
bits_per_second = 2_000_000
[record]
segment_seconds = {SEGMENT_SECONDS}
[devices]
camera = "{camera}"
microphone = "{microphone}"
gps = "{gps}"
[[officers]]
name = "张三"
number = "41042101"
[[officers]]
name = "李四"
number = "41042102"
""",
        encoding="utf-8",
    )
    return rules, fleet, unit


def _setting(places: Places, process: str, text: str) -> Path:
    path = places.unit / f"{process}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _best_broker() -> str:
    return (
        "mosquitto"
        if shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        else "embedded"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _call(module: str, *words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-I", "-m", module, *words],
        capture_output=True,
        text=True,
        timeout=_CALL_SECONDS,
        check=False,
    )
    if ran.returncode:
        said = ran.stderr.strip().splitlines() or [f"{module} ended with {ran.returncode}"]
        raise FellShort(said[-1])
    return ran.stdout
