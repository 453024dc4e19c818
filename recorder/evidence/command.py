"""Commands: what a station may order of a unit, as a note signed by a key of its own (§12).

Promises that a command is spelt in one way only, that it can order nothing but officers and a
self-check, and that each refusal is a sentence. Which numbers were taken already is the log's to
know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence import canonical
from recorder.evidence.causes import Ordered
from recorder.evidence.errors import Malformed, NotObeyed
from recorder.evidence.moment import utc_ms
from recorder.evidence.note import Note, VerifierKey, check_note, parse_note, sign_note
from recorder.evidence.shape import Shape
from recorder.evidence.sidecar import Officers
from recorder.evidence.words import (
    MAX_COMMAND_BYTES,
    check_agency,
    check_salt,
    check_unit_origin,
    decimal_number,
    digest,
    parse_origin,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from recorder.evidence.moment import Moment

MAX_OFFICERS = 16
MAX_NAME_CHARACTERS = 64

_FIRST = "shilu.command/v1"
_SALT = "salt "
_OFFICERS = f"{Ordered.OFFICERS} "
_SHAPE = Shape(Officers)
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,32}")
# What would steer the line, the picture text or the label that a name stands in.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def command_key_name(agency: str) -> str:
    """Name the key that signs an agency's commands."""
    return f"{check_agency(agency)}.shilu/command"


@dataclass(frozen=True, slots=True)
class Command:
    """An order to one unit, to be taken from `since` until before `until` (UTC, 24 characters).

    `unit` is the origin of its log. `officers` are bound from the next recording on; None orders a
    self-check.
    """

    unit: str
    number: int
    since: str
    until: str
    officers: Officers | None
    salt: str

    @property
    def what(self) -> Ordered:
        """What is ordered, as its record says it."""
        return Ordered.CHECK if self.officers is None else Ordered.OFFICERS

    def text(self) -> str:
        """Write the six lines that are signed."""
        what: str = self.what
        if self.officers is not None:
            what = _OFFICERS + canonical.encode(_SHAPE.value(self.officers, what)).decode()
        times = f"{self.since} {self.until}"
        return f"{_FIRST}\n{self.unit}\n{self.number}\n{times}\n{what}\n{_SALT}{self.salt}\n"


@dataclass(frozen=True, slots=True)
class SignedCommand:
    """A command, the note it was read from, and the digest of that note."""

    command: Command
    note: Note
    sha256: str


def sign_command(command: Command, private: Ed25519PrivateKey) -> bytes:
    """Sign a command by its agency's command key; Malformed if no unit would read it."""
    agency, _ = parse_origin(command.unit)
    note = sign_note(command.text(), command_key_name(agency), private)
    parse_command(note)
    return note


def parse_command(note: bytes) -> SignedCommand:
    """Read a command as it travels and lies in a sidecar, verifying no signature.

    Raises Malformed for every other spelling, and unless the command key of the unit's agency is
    the one that claims to have signed.
    """
    if len(note) > MAX_COMMAND_BYTES:
        raise Malformed(f"A command has at most {MAX_COMMAND_BYTES} bytes, not {len(note)}.")
    signed = parse_note(note)
    command = _parse_text(signed.text)
    agency, _ = parse_origin(command.unit)
    names = [signature.name for signature in signed.signatures]
    if names != [command_key_name(agency)]:
        raise Malformed(f"A command has one signature, and it is of {command_key_name(agency)}.")
    return SignedCommand(command, signed, digest(note))


def check_command(signed: SignedCommand, key: VerifierKey) -> None:
    """Raise BadSignature unless `key`, the pinned one, signed the command."""
    check_note(signed.note, key)


def check_due(command: Command, unit: str, newest: int, now: Moment) -> None:
    """Raise NotObeyed unless the unit of the log `unit` is to obey the command now.

    `newest` is the greatest number among the `command` records of this unit's life, 0 if there is
    none. The time counts only where the clock states an error.
    """
    if command.unit != unit:
        raise NotObeyed(f"The command is for {command.unit}; this is {unit}.")
    if command.number <= newest:
        raise NotObeyed(f"Command {command.number} is old: {newest} was taken already.")
    when = of_its_time(command, now)
    if when:
        raise NotObeyed(f"Command {command.number} {when}; the clock says {now.utc}.")


def of_its_time(command: Command, now: Moment) -> str:
    """Say how the command's time is surely not now; empty if it may be, or nobody can tell."""
    if not now.utc or now.error_ms < 0:
        return ""
    now_ms = utc_ms(now.utc)
    if now_ms + now.error_ms < utc_ms(command.since):
        return f"counts only from {command.since}"
    if now_ms - now.error_ms >= utc_ms(command.until):
        return f"was to be taken before {command.until}"
    return ""


def _parse_text(text: str) -> Command:
    lines = text.split("\n")
    if len(lines) != 7 or lines[0] != _FIRST or lines[6]:
        raise Malformed(f"A command has six lines, and the first is {_FIRST!r}.")
    unit, number, times, what, salt = lines[1:6]
    since, _, until = times.partition(" ")
    if utc_ms(since) >= utc_ms(until):
        raise Malformed("A command's time ends before it begins.")
    if not salt.startswith(_SALT):
        raise Malformed("The last line of a command is its salt.")
    return Command(
        unit=check_unit_origin(unit),
        number=_check_number(decimal_number(number)),
        since=since,
        until=until,
        officers=_parse_what(what),
        salt=check_salt(salt.removeprefix(_SALT)),
    )


def _check_number(number: int) -> int:
    if number < 1:
        raise Malformed("Commands are numbered from 1.")
    return number


def _parse_what(what: str) -> Officers | None:
    if what == Ordered.CHECK:
        return None
    if not what.startswith(_OFFICERS):
        raise Malformed(f"Nobody may order {what[:40]!r}; a command is 'officers' or 'check'.")
    value = canonical.decode(what.removeprefix(_OFFICERS).encode())
    return _check_officers(_SHAPE.of(value, Ordered.OFFICERS))


def _check_officers(officers: Officers) -> Officers:
    names, numbers = officers.names, officers.numbers
    if len(names) != len(numbers):
        raise Malformed(f"A command names {len(names)} officers and {len(numbers)} numbers.")
    if not 1 <= len(names) <= MAX_OFFICERS:
        raise Malformed(f"A command names 1 to {MAX_OFFICERS} officers, not {len(names)}.")
    for name in names:
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS or name.strip(" ") != name:
            raise Malformed(
                f"{name[:80]!r} is no officer's name of 1 to {MAX_NAME_CHARACTERS} characters "
                "without a space at an end."
            )
        if _STEERING.search(name):
            raise Malformed(f"The officer's name {name!r} holds a character that steers a line.")
    for number in numbers:
        if not _NUMBER.fullmatch(number):
            raise Malformed(
                f"{number[:80]!r} is no officer's number of 1 to 32 of A-Z, a-z, 0-9, '-'."
            )
    if len(set(numbers)) != len(numbers):
        raise Malformed("A command names an officer's number twice.")
    return officers
