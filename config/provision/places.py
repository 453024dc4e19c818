"""Where everything lies on a unit that systemd runs, and who its users are: one truth.

What provisioning writes and what `systemd/` expects are compared by tests/systemd/test_places.py.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config.refusal import refusal
from config.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.schema import Effective

SETTINGS = Path("/etc/shilu")
PROMPTS = SETTINGS / "prompts"
STATE = Path("/var/lib/shilu")
SOCKET = Path("/run/shilu/custody.sock")
OUTBOX = Path("/var/lib/shilu-courier/outbox.sqlite")
CUSTODY_USER = "shilu-custody"
"""The key is made by the one user that will ever read it."""
USERS = {
    "conductor": "shilu-capture",
    "lens": "shilu-capture",
    "courier": "shilu-courier",
    "release": "shilu-release",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Where a unit's things lie; `users` are the numbers of its users by role, None on a bench."""

    state: Path
    custody_socket: Path
    papers: Path
    outbox: Path
    users: Mapping[str, int] | None = None

    @property
    def spool(self) -> Path:
        """The evidence."""
        return self.state / "spool"

    @property
    def keys(self) -> Path:
        """What only custody reads."""
        return self.state / "keys"


def where(config: Effective, folder: Path) -> Where:
    """Say where things lie: fixed places under systemd, the unit's own folder on a bench.

    Raise ConfigRefused if the package is not installed, or the unit names another place than it.
    """
    state = Path(config.unit.state_directory)
    if config.unit.kind == "bench" and folder != SETTINGS:
        return Where(state, state / "custody.sock", folder / "papers", state / "outbox.sqlite")
    if state != STATE:
        raise refusal(
            "unit.toml",
            Words(f"state_directory 在设备上只能是 {STATE}", f"state_directory must be {STATE}"),
            Words("删去这一行", "Take that line out"),
            str(state),
        )
    try:
        users = {role: pwd.getpwnam(name).pw_uid for role, name in USERS.items()}
        pwd.getpwnam(CUSTODY_USER)
    except KeyError as missing:
        raise refusal(
            config.unit.number,
            Words(f"缺少系统用户（{missing}）", f"lacks a system user ({missing})"),
            Words("先安装 shilu 软件包", "Install the package shilu first"),
        ) from missing
    return Where(STATE, SOCKET, SETTINGS / "papers", OUTBOX, users)


@dataclass(frozen=True, slots=True)
class Self:
    """Whom a process that touches the keys runs as; empty: whoever asks."""

    user: int | None = None
    group: int | None = None
    groups: tuple[int, ...] | None = None


def custody_itself(place: Where) -> Self:
    """Say as whom custody's own program makes and uses the key."""
    if place.users is None:
        return Self()
    entry = pwd.getpwnam(CUSTODY_USER)
    groups = tuple(os.getgrouplist(CUSTODY_USER, entry.pw_gid))
    return Self(entry.pw_uid, entry.pw_gid, groups)
