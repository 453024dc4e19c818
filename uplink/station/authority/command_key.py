"""The key that signs orders to units, for a station that was founded before there was one.

Effects: 1 the key · 2 the trust file names its public half · 3 station.toml names the key. A crash
between is finished by doing it again; what is there already is not made anew.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path

from recorder.evidence.command import command_key_name
from recorder.evidence.note import ED25519, VerifierKey
from uplink.station.authority.founding import COMMAND_KEY, signing_key
from uplink.station.authority.trust import commands_line
from uplink.station.settings import read_signing_key
from uplink.station.store.durable import write_durably
from uplink.wire.table import BadConfig

_BEHIND = "log_key"
_REVOKED = "\n[[revoked]]\n"


def public_key(agency: str, private: Path) -> VerifierKey:
    """Return the public half of a command key, as units pin it. Raise BadConfig."""
    key = read_signing_key(private).public_key()
    return VerifierKey.of(command_key_name(agency), ED25519, key)


def add_command_key(config: Path, agency: str, random: Callable[[int], bytes]) -> VerifierKey:
    """Give a station a command key, and return its public half. Raise BadConfig, OSError."""
    folder = config.parent
    private = folder / COMMAND_KEY
    if not private.exists():
        signing_key(private, random)  # 1
    public = public_key(agency, private)
    trust = folder / "trust.toml"
    text = trust.read_text(encoding="utf-8")
    if "commands" not in tomllib.loads(text):
        head, gap, revoked = text.partition(_REVOKED)
        text = f"{head.rstrip()}\n{commands_line((public,))}\n{gap}{revoked}"
        write_durably(trust, text.encode())  # 2
    text = config.read_text(encoding="utf-8")
    if "command_key" not in tomllib.loads(text):
        lines = text.splitlines()
        places = [at for at, line in enumerate(lines) if line.startswith(_BEHIND)]
        if not places:
            raise BadConfig(f'{config} has no line {_BEHIND} = "…"; write command_key below it')
        lines.insert(places[0] + 1, f'command_key = "{COMMAND_KEY}"')
        write_durably(config, ("\n".join(lines) + "\n").encode())  # 3
    return public
