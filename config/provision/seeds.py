"""A unit's cloud-init seed: what makes a copy of the image into this one unit. Pure text.

It holds no secret but the hash of the dock's Wi-Fi key, no user, no password, no key: the unit
makes its own key at its first start (docs/provisioning.md).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.provision.places import PROMPTS, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.provision.batch import UnitRow


@dataclass(frozen=True, slots=True)
class Layers:
    """The three files that a unit gets, as text."""

    rules: str
    fleet: str
    unit: str


MODEL = 'kind = "device"\n'
"""What units of one model share, where nobody says more: a real unit, and every default."""


def unit_text(row: UnitRow, model: str = MODEL) -> str:
    """Return a unit's own layer: its number, what its model shares with others, its officers."""
    lines = ["format = 1", f"number = {_quoted(row.unit)}", *model.rstrip("\n").split("\n")]
    for person in row.officers:
        lines += [
            "",
            "[[officers]]",
            f"name = {_quoted(person.name)}",
            f"number = {_quoted(person.number)}",
        ]
    return "\n".join(lines) + "\n"


def seed(
    row: UnitRow, layers: Layers, digest: str, prompts: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Return the three files by name; `digest` is that of the effective configuration."""
    return {
        "user-data": _user_data(row, layers, prompts).encode(),
        "network-config": _network(row).encode(),
        "meta-data": f"instance-id: {_quoted(f'{row.unit}-{digest[:16]}')}\n".encode(),
    }


def _user_data(row: UnitRow, layers: Layers, prompts: Mapping[str, bytes]) -> str:
    lines = [
        "#cloud-config",
        f"# {row.unit}",
        f"hostname: {_quoted('shilu-' + row.unit.lower().strip('-'))}",
        "timezone: Asia/Shanghai",
        "disable_root: true",
        "ssh_pwauth: false",
        # In the place of the image's own user, and unable to log in.
        "users:",
        "  - name: shilu-nobody",
        "    system: true",
        "    lock_passwd: true",
        "    shell: /usr/sbin/nologin",
        "write_files:",
    ]
    for name in ("rules", "fleet", "unit"):
        text: str = getattr(layers, name)
        lines += [
            f"  - path: {SETTINGS}/{name}.toml",
            '    permissions: "0644"',
            "    content: |",
            *(f"      {line}".rstrip() for line in text.splitlines()),
        ]
    for name, data in prompts.items():
        lines += [
            f"  - path: {PROMPTS}/{name}",
            '    permissions: "0644"',
            "    encoding: b64",
            f"    content: {base64.b64encode(data).decode()}",
        ]
    lines += [
        # Its first start is shilu-first.service: what goes wrong there is said aloud.
        "runcmd:",
        "  - [systemctl, enable, --now, shilu.target]",
    ]
    return "\n".join(lines) + "\n"


def _network(row: UnitRow) -> str:
    lines = ["version: 2", "ethernets:", "  eth0:", "    dhcp4: true", "    optional: true"]
    if row.ssid:
        lines += [
            "wifis:",
            "  wlan0:",
            "    dhcp4: true",
            "    optional: true",
            "    regulatory-domain: CN",
            "    access-points:",
            f"      {_quoted(row.ssid)}:",
            f"        password: {_quoted(row.psk)}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Quote for TOML and YAML alike: both read JSON's strings."""
    return json.dumps(text, ensure_ascii=False)
