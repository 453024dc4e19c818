"""Parsers of what comes from outside: the satellite receiver, and files that people write."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from config.load import Source, load, load_rules, shipped, shipped_rules
from config.provision.batch import batch_text, read_batch
from config.words import ConfigRefused
from recorder.custody import settings as custody
from recorder.devices.nmea import NmeaReader
from recorder.evidence.errors import Malformed
from recorder.handover.errors import BadSettings
from tests.fuzz.mutate import nmea_mended
from tests.fuzz.target import Target, by_file
from uplink.programs.station_papers import read_paper
from uplink.station.settings import read_settings
from uplink.wire.table import BadConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLES = Path(__file__).resolve().parents[1] / "config/samples"


def _received(data: bytes) -> str:
    """Give the kinds of facts that were stated: another order of them is another answer."""
    reader = NmeaReader(datetime(2026, 1, 1, tzinfo=UTC))
    facts: list[object] = []
    for number, start in enumerate(range(0, len(data), 50)):
        facts += reader.feed(data[start : start + 50], number * 100_000_000)
    facts += reader.idle(60_000_000_000)
    return " ".join(getattr(fact, "cause", "fix") for fact in facts)


def outside(trust: str) -> Iterator[Target]:
    """Give the parsers; `trust` is a trust file, whose keys the settings name."""
    seconds = tuple(
        f"$GNRMC,0100{n:02}.00,A,3352.12800,N,11303.28200,E,2.7,0.0,211126,,,A*00\r\n"
        f"$GNGGA,0100{n:02}.00,3352.12800,N,11303.28200,E,1,09,0.98,112.3,M,-17.1,M,,*00\r\n".encode()
        for n in range(3)
    )
    yield Target(
        "NMEA", (nmea_mended(b"".join(seconds)),), _received, (), nmea_mended, names_answers=True
    )
    yield Target(
        "NMEA with noise", (nmea_mended(b"".join(seconds)),), _received, (), names_answers=True
    )
    good = {
        layer: Source(layer, (SAMPLES / f"{layer}.toml").read_bytes())
        for layer in ("rules", "fleet", "unit")
    }
    rules = tuple(shipped(name).data for name in shipped_rules())
    yield Target(
        "config regulation", rules, lambda data: load_rules(Source("fuzz", data)), (ConfigRefused,)
    )

    def configured(layer: str) -> Callable[[bytes], object]:
        return lambda data: load(**{**good, layer: Source("fuzz.toml", data)})

    for layer, source in good.items():
        yield Target(f"config {layer}", (source.data,), configured(layer), (ConfigRefused,))
    yield from _written_by_people(trust)


def _written_by_people(trust: str) -> Iterator[Target]:
    """The lists and settings of technicians and administrators."""
    batch = b"unit,ssid,psk,officer1,officer1_number\nBF-0001,dock," + b"ab" * 32 + b",A,1\n"
    batch += b"BF-0002,,,,\n"

    def units(path: Path) -> None:
        rows = read_batch(path)
        path.write_text(batch_text(rows), encoding="utf-8")
        assert [row.unit for row in read_batch(path)] == [row.unit for row in rows]

    yield Target("units.csv", (batch,), by_file(units, ".csv"), (ConfigRefused,))
    paper = b'case_name = "(2026) 12"\nofficers = ["A", "B"]\nplace = "x"\n'
    yield Target("paper.toml", (paper,), by_file(read_paper), (Malformed,))
    yield Target("custody.toml", (_custody(trust),), by_file(custody.load), (BadSettings,))
    yield Target("station.toml", (STATION,), by_file(read_settings), (BadConfig,))


def _custody(trust: str) -> bytes:
    station, witnesses = (
        next(line for line in trust.splitlines() if line.startswith(key))
        for key in ("station", "witnesses")
    )
    zeros = "0" * 64
    return f"""agency = "baofeng-mz"
unit = "BF-0007"
unit_kind = "device"
spool = "/var/lib/shilu/spool"
keys = "/var/lib/shilu/keys"
state = "/var/lib/shilu/state"
socket = "/run/shilu/custody"
recipients = ["age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"]
protect = true
sync_ms = 500
floor_minutes = 10
software = "shilu 0.1"
software_sha256 = "{zeros}"
config_sha256 = "{zeros}"
[token]
library = "/usr/lib/softhsm/libsofthsm2.so"
label = "shilu"
key = "identity"
pin_file = "/etc/shilu/pin"
[users]
conductor = 990
courier = 992
release = 993
[station]
{station.replace("station =", "log_key =")}
{witnesses}
quorum = 2
""".encode()


STATION = b"""version = 1
agency = "baofeng-mz"
worker = "w1"
data = "data"
immutable = false
log_key = "keys/log.key"
identities = ["station.agekey"]
roots = ["ca/identity.pem"]
quorum = 1
[broker]
host = "localhost"
port = 8883
run = "embedded"
client = { ca = "ca/tls.pem", certificate = "tls/station.pem", key = "tls/station.key" }
server = { ca = "ca/tls.pem", certificate = "tls/broker.pem", key = "tls/broker.key" }
[[witness]]
name = "witness-1.example"
key = "witness-1/witness.key"
folder = "witness-1"
"""
