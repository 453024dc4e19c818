"""The settings of a unit's processes, made from the three layers and from where things lie.

Nobody writes these files by hand. They hold no secret: keys are named by their paths.
"""

from __future__ import annotations

import hashlib
import json
from importlib import metadata, resources
from typing import TYPE_CHECKING

from config import live

if TYPE_CHECKING:
    from config.provision.places import Where
    from config.schema import Effective

_SYNC_MS = 400


def custody_text(config: Effective, where: Where, floor_minutes: int = 10) -> str:
    """Return custody.toml."""
    fleet = config.fleet
    lines = [
        *_names(config),
        f"unit_kind = {_quoted(config.unit.kind)}",
        f"spool = {_quoted(where.spool)}",
        f"keys = {_quoted(where.keys)}",
        f"state = {_quoted(where.state / 'state')}",
        f"socket = {_quoted(where.custody_socket)}",
        f"recipients = {_list(fleet.station.age_recipient, fleet.recovery.age_recipient)}",
        f"protect = {'false' if where.users is None else 'true'}",
        f"sync_ms = {_SYNC_MS}",
        f"floor_minutes = {floor_minutes}",
        f"software = {_quoted('shilu ' + metadata.version('shilu'))}",
        f"software_sha256 = {_quoted(software_digest())}",
        f"config_sha256 = {_quoted(config.digest)}",
        *_command_key(config),
        *_station(config),
    ]
    if where.users is not None:
        lines += ["[users]", *(f"{role} = {user}" for role, user in where.users.items())]
    return "\n".join(lines) + "\n"


def release_text(config: Effective, where: Where, least_age_hours: int) -> str:
    """Return release.toml."""
    lines = [
        *_names(config),
        f"spool = {_quoted(where.spool)}",
        f"socket = {_quoted(where.custody_socket)}",
        f"least_age_hours = {least_age_hours}",
        "keep_marked = true",
        *_station(config),
    ]
    return "\n".join(lines) + "\n"


def courier_text(config: Effective, where: Where) -> str:
    """Return courier.toml."""
    station = config.fleet.station
    lines = [
        "version = 1",
        *_names(config),
        f"spool = {_quoted(where.spool)}",
        f"outbox = {_quoted(where.outbox)}",
        f"custody_socket = {_quoted(where.custody_socket)}",
        f"live = {'true' if live.travels_live(config) else 'false'}",
        "[broker]",
        f"host = {_quoted(station.host)}",
        f"port = {station.port}",
        f"ca = {_quoted(where.papers / 'ca.pem')}",
        f"certificate = {_quoted(where.papers / 'tls.pem')}",
        f"key = {_quoted(where.papers / 'tls.key')}",
    ]
    return "\n".join(lines) + "\n"


def software_digest() -> str:
    """Return SHA-256 over the names and contents of the recorder's modules."""
    found = hashlib.sha256()
    with resources.as_file(resources.files("recorder")) as root:
        for path in sorted(root.rglob("*.py")):
            found.update(f"{path.relative_to(root)}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _names(config: Effective) -> tuple[str, str]:
    return f"agency = {_quoted(config.fleet.agency.id)}", f"unit = {_quoted(config.unit.number)}"


def _command_key(config: Effective) -> tuple[str, ...]:
    """Whose orders count; without a key nobody's do."""
    key = config.fleet.station.command_key
    return (f"command_key = {_quoted(key)}",) if key else ()


def _station(config: Effective) -> tuple[str, ...]:
    """Whose receipts count, as custody and release want it."""
    fleet = config.fleet
    return (
        "[station]",
        f"log_key = {_quoted(fleet.station.log_key)}",
        f"witnesses = {_list(*fleet.witnesses.keys)}",
        f"quorum = {fleet.witnesses.quorum}",
    )


def _quoted(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)


def _list(*values: str) -> str:
    return json.dumps(values)
