"""Custody as it is started on a unit: its configuration file, and the command line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.custody.rig import AGENCY, NUMBER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.custody.rig import Rig


def config_text(rig: Rig, **changes: str) -> str:
    s = rig.settings
    values = {
        "agency": f'"{AGENCY}"',
        "unit": f'"{NUMBER}"',
        "unit_kind": '"bench"',
        "spool": f'"{s.spool}"',
        "keys": f'"{s.keys}"',
        "state": f'"{s.state}"',
        "socket": f'"{s.socket}"',
        "recipients": json.dumps([r.text() for r in s.recipients]),
        "protect": "false",
        "sync_ms": "50",
        "floor_minutes": "0",
        "software": '"shilu 0.1.0"',
        "software_sha256": '"' + "cd" * 32 + '"',
        "config_sha256": '"' + "ef" * 32 + '"',
        "command_key": f'"{s.command_key.text()}"' if s.command_key is not None else "",
        **changes,
    }
    lines = [f"{key} = {value}" for key, value in values.items() if value]
    return "\n".join(lines) + "\n" + station_table(rig)


def station_table(rig: Rig) -> str:
    policy = rig.settings.policy
    witnesses = json.dumps([key.text() for key in policy.witnesses])
    return f'[station]\nlog_key = "{policy.station.text()}"\nwitnesses = {witnesses}\nquorum = 2\n'


def written(rig: Rig, text: str) -> Path:
    path = rig.folder / "custody.toml"
    path.write_text(text, encoding="utf-8")
    return path


def command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-I", "-m", f"recorder.programs.{program}", *map(str, arguments)]
