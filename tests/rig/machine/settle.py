"""Runs inside the machine, by the packaged Python, as root: an agency, its station and one unit.

What a technician does with `station init`, `custody --init` and `station enrol`, at the places
where the units look. The unit is a device to custody, with a user for each role, and its sensors
are tapes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from config import load
from recorder.devices.sample import make_tapes

AGENCY, UNIT, PORT = "baofeng-minzheng", "BF-0007", 8883
ETC = Path("/etc/shilu")
STATION = Path("/var/lib/shilu-station")
STATE = Path("/var/lib/shilu")
TAPES = Path("/usr/share/shilu-tapes")
SOCKET = "/run/shilu/custody.sock"
ROLES = {"conductor": "capture", "lens": "capture", "courier": "courier", "release": "release"}


def main() -> None:
    """Leave everything ready for `systemctl start`."""
    station(
        "init", str(STATION), "--agency", AGENCY, "--port", str(PORT), "--run-broker", "embedded"
    )
    trust = tomllib.loads((STATION / "trust.toml").read_text(encoding="utf-8"))
    write_layers(trust)
    with resources.as_file(resources.files("config.prompts")) as shipped:
        shutil.copytree(shipped, ETC / "prompts")
    write_settings(trust)
    act_as(
        "shilu-custody", "recorder.programs.custody", "--config", f"{ETC}/custody.toml", "--init"
    )
    enrol()
    for path in (ETC, *ETC.rglob("*"), TAPES, *TAPES.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (ETC / "papers" / "tls.key").chmod(0o600)


def write_layers(trust: dict[str, object]) -> None:
    """Write rules, fleet and unit; the tapes are the sensors."""
    tapes = make_tapes(TAPES, datetime.now(UTC))
    ETC.mkdir(parents=True, exist_ok=True)
    (ETC / "rules.toml").write_bytes(load.shipped(AGENCY).data)
    (ETC / "fleet.toml").write_text(
        f"""format = 1
[agency]
id = "{AGENCY}"
name = "宝丰县民政局"
[station]
host = "127.0.0.1"
port = {PORT}
log_key = "{trust["station"]}"
age_recipient = "{recipient("station")}"
[recovery]
age_recipient = "{recipient("recovery")}"
[witnesses]
quorum = {trust["quorum"]}
keys = {witnesses(trust)}
""",
        encoding="utf-8",
    )
    (ETC / "unit.toml").write_text(
        f"""format = 1
number = "{UNIT}"
kind = "bench"
[picture]
width = 640
height = 360
rate_hz = 25
bits_per_second = 1_000_000
[record]
segment_seconds = 5
[devices]
camera = "{tapes.film}"
microphone = "{tapes.sound}"
gps = "{tapes.nmea}"
[[officers]]
name = "张三"
number = "41042101"
[[officers]]
name = "李四"
number = "41042102"
""",
        encoding="utf-8",
    )


def write_settings(trust: dict[str, object]) -> None:
    """Write the files of custody, courier and release."""
    digest = load.load(*(ETC / f"{name}.toml" for name in ("rules", "fleet", "unit"))).digest
    names = f'agency = "{AGENCY}"\nunit = "{UNIT}"\nspool = "{STATE}/spool"\n'
    believed = f"""[station]
log_key = "{trust["station"]}"
witnesses = {witnesses(trust)}
quorum = {trust["quorum"]}
"""
    users = "".join(
        f"{role} = {pwd.getpwnam(f'shilu-{user}').pw_uid}\n" for role, user in ROLES.items()
    )
    (ETC / "custody.toml").write_text(
        f"""{names}unit_kind = "device"
keys = "{STATE}/keys"
state = "{STATE}/state"
socket = "{SOCKET}"
recipients = ["{recipient("station")}", "{recipient("recovery")}"]
protect = true
sync_ms = 400
floor_minutes = 1
software = "shilu of the machine"
software_sha256 = "{digest}"
config_sha256 = "{digest}"
{believed}[users]
{users}""",
        encoding="utf-8",
    )
    (ETC / "release.toml").write_text(
        f'{names}socket = "{SOCKET}"\nleast_age_hours = 0\nkeep_marked = true\n{believed}',
        encoding="utf-8",
    )
    (ETC / "courier.toml").write_text(
        f"""version = 1
{names}outbox = "/var/lib/shilu-courier/outbox.sqlite"
custody_socket = "{SOCKET}"
[broker]
host = "127.0.0.1"
port = {PORT}
ca = "{ETC}/papers/ca.pem"
certificate = "{ETC}/papers/tls.pem"
key = "{ETC}/papers/tls.key"
""",
        encoding="utf-8",
    )


def enrol() -> None:
    """Carry the request to the station and the papers back, as a technician's stick would."""
    stick = Path("/tmp/stick")  # noqa: S108  a machine of its own, and nobody else in it
    stick.mkdir()
    shutil.copy(STATE / "keys" / "identity.csr", stick)
    (stick / "identity.csr").chmod(0o644)
    stick.chmod(0o777)
    papers = stick / "papers"
    station("enrol", str(STATION), UNIT, "--csr", f"{stick}/identity.csr", "--out", str(papers))
    shutil.copytree(papers, ETC / "papers")
    chain = STATE / "spool" / "identity" / "chain.pem"
    shutil.copy(papers / "chain.pem", chain)
    chain.chmod(0o440)
    os.chown(chain, pwd.getpwnam("shilu-custody").pw_uid, -1)


def station(*words: str) -> None:
    """Run a command of the station as its user."""
    act_as("shilu-station", "uplink.programs.station", *words)


def act_as(user: str, module: str, *words: str) -> None:
    """Run a module as `user`."""
    whole = [sys.executable, "-I", "-m", module, *words]
    subprocess.run(
        ["/usr/sbin/runuser", "-u", user, "--", *whole], check=True, cwd="/", umask=0o027
    )


def recipient(name: str) -> str:
    """Give the public half of an age identity file, from its comment."""
    return (STATION / f"{name}.agekey").read_text(encoding="utf-8").split()[3]


def witnesses(trust: dict[str, object]) -> str:
    """Give the witnesses' keys as a TOML list."""
    keys = trust["witnesses"]
    assert isinstance(keys, list)
    return "[" + ", ".join(f'"{key}"' for key in keys) + "]"


if __name__ == "__main__":
    main()
