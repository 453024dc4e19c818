"""Custody's configuration: one small TOML file, read strictly.

Every key must be there; an unknown one is refused. Secrets stand in no configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.firmware import VcMailbox
from recorder.custody.token import TokenPlace
from recorder.evidence.age import Recipient
from recorder.evidence.command import command_key_name
from recorder.evidence.errors import Malformed
from recorder.evidence.note import VerifierKey
from recorder.evidence.record import UnitKind
from recorder.evidence.words import check_digest, unit_origin
from recorder.handover.errors import BadSettings
from recorder.handover.packets import Role
from recorder.handover.table import Table, read_policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from recorder.custody.firmware import Mailbox
    from recorder.evidence.receipt import LogPolicy

MAX_SYNC_MS = 500


@dataclass(frozen=True, slots=True)
class Settings:
    """What custody is told; folders are absolute."""

    agency: str
    unit: str
    unit_kind: UnitKind
    origin: str
    spool: Path
    keys: Path
    state: Path
    socket: Path
    recipients: tuple[Recipient, ...]
    policy: LogPolicy
    users: Mapping[Role, int] | None  # None: a bench where one user takes every role
    protect: bool
    sync_ms: int
    floor_minutes: int
    software: str
    software_sha256: str
    config_sha256: str
    token: TokenPlace | None = None  # where the identity key is, if not in a file
    firmware: Mailbox | None = None  # or this, with the device's own key
    command_key: VerifierKey | None = None  # whose commands are obeyed; None: nobody's


def load(path: Path) -> Settings:
    """Read the configuration; BadSettings with a sentence for everything that is wrong."""
    table = Table.load(path)
    agency, unit = table.take("agency", str), table.take("unit", str)
    try:
        origin = unit_origin(agency, unit)
    except Malformed as error:
        raise BadSettings(f"{path}: {error}") from None
    kind = table.parsed("unit_kind", UnitKind)
    settings = Settings(
        agency=agency,
        unit=unit,
        unit_kind=kind,
        origin=origin,
        spool=table.folder("spool"),
        keys=table.folder("keys"),
        state=table.folder("state"),
        socket=table.folder("socket"),
        recipients=_recipients(table),
        policy=read_policy(table.table("station"), agency),
        users=_users(table) if kind is UnitKind.DEVICE or table.has("users") else None,
        protect=table.take("protect", bool),
        sync_ms=table.number("sync_ms", 10, MAX_SYNC_MS),
        floor_minutes=table.number("floor_minutes", 0, 600),
        software=table.take("software", str),
        software_sha256=table.parsed("software_sha256", check_digest),
        config_sha256=table.parsed("config_sha256", check_digest),
        token=_token(table.table("token")) if table.has("token") else None,
        firmware=_firmware(table.table("firmware")) if table.has("firmware") else None,
        command_key=_command_key(table, agency) if table.has("command_key") else None,
    )
    table.end()
    if settings.token is not None and settings.firmware is not None:
        raise BadSettings(
            f"{path}: the identity key is in a token or in the firmware, not in both."
        )
    return settings


def _recipients(table: Table) -> tuple[Recipient, ...]:
    try:
        recipients = tuple(map(Recipient.parse, table.texts("recipients")))
    except Malformed as error:
        raise BadSettings(f"A recipient is wrong: {error}") from None
    if not recipients:
        raise BadSettings("There is no recipient; name the station's and the recovery key (age1…).")
    return recipients


def _command_key(table: Table, agency: str) -> VerifierKey:
    """Read whose commands are obeyed: the agency's own command key, and no other of its keys."""
    key = table.parsed("command_key", VerifierKey.parse)
    if key.name != command_key_name(agency):
        raise BadSettings(f"The command key is named {key.name}, not for {agency}.")
    return key


def _token(table: Table) -> TokenPlace:
    """Read `[token]`: where the identity key is, if a PKCS#11 token holds it."""
    place = TokenPlace(
        table.folder("library"),
        table.take("label", str),
        table.take("key", str),
        table.folder("pin_file"),
    )
    table.end()
    return place


def _firmware(table: Table) -> Mailbox:
    """Read `[firmware]`: where the mailbox is, if a Raspberry Pi's firmware holds the key."""
    mailbox = VcMailbox(table.folder("device"))
    table.end()
    return mailbox


def _users(table: Table) -> Mapping[Role, int]:
    """Read `[users]`: a user number for each role that may connect."""
    given = table.table("users")
    users = {role: given.number(role.value, 0, 2**32 - 2) for role in Role if given.has(role)}
    given.end()
    return users
