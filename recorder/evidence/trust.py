"""What the reader of a verdict chooses to believe: roots, a station, witnesses, revocations.

The trust file never comes from the package. This module parses it (`docs/format.md` §10) and
refuses what it does not know, since a misspelt word here would silently believe too much.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.certificates import parse_certificates
from recorder.evidence.command import command_key_name
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms
from recorder.evidence.note import VerifierKey
from recorder.evidence.receipt import LogPolicy
from recorder.evidence.words import check_agency, check_unit, station_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

KEYS = frozenset(
    {"version", "agency", "quorum", "roots", "station", "witnesses", "commands", "revoked"}
)
NOTE_KEY = 0x01
COSIGNER_KEY = 0x04


@dataclass(frozen=True, slots=True)
class Revoked:
    """A unit whose key counts no more from an instant on (milliseconds since 1970, UTC)."""

    unit: str
    from_ms: int


@dataclass(frozen=True, slots=True)
class Trust:
    """The parsed trust file."""

    agency: str
    policy: LogPolicy
    roots: tuple[x509.Certificate, ...]
    revoked: tuple[Revoked, ...]
    commands: tuple[VerifierKey, ...] = ()

    def revoked_from_ms(self, unit: str) -> int | None:
        """Give the earliest revocation of `unit` in milliseconds since 1970, or None."""
        instants = [entry.from_ms for entry in self.revoked if entry.unit == unit]
        return min(instants) if instants else None


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise Malformed(f'The trust file needs {key} = "…"; add it or put it in quotes.')
    return value


def _texts(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    values = table.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Malformed(f'The trust file needs {key} = ["…"], a list of texts.')
    return tuple(values)


def _number(table: Mapping[str, object], key: str) -> int:
    value = table.get(key)
    if type(value) is not int:
        raise Malformed(f"The trust file needs {key} = a whole number.")
    return value


def _roots(texts: tuple[str, ...]) -> tuple[x509.Certificate, ...]:
    try:
        roots = tuple(parse_certificates(text.encode())[0] for text in texts)
    except Malformed as error:
        raise Malformed(
            "A certificate under roots in the trust file cannot be read; paste it whole, with "
            "its BEGIN and END lines."
        ) from error
    if not roots:
        raise Malformed("The trust file names no root; nobody could be known by it. Add one.")
    return roots


def _log_key(text: str, kind: int, whose: str) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.kind != kind:
        raise Malformed(
            f"The key of {whose} in the trust file is of type {key.kind}; it must be {kind}. "
            "Ask for the key line again."
        )
    return key


def _policy(table: Mapping[str, object], agency: str) -> LogPolicy:
    station = _log_key(_text(table, "station"), NOTE_KEY, "the station")
    if station.name != station_origin(agency):
        raise Malformed(
            f"The station key in the trust file is of {station.name}, the agency's station is "
            f"{station_origin(agency)}; use the key of that one."
        )
    witnesses = tuple(
        _log_key(text, COSIGNER_KEY, "a witness") for text in _texts(table, "witnesses")
    )
    if len({key.public_key for key in witnesses}) != len(witnesses):
        raise Malformed("The trust file names a witness twice; each may count only once.")
    quorum = _number(table, "quorum")
    if not 1 <= quorum <= len(witnesses):
        raise Malformed(
            f"The trust file asks for {quorum} of {len(witnesses)} witnesses; "
            "quorum must lie between 1 and their number."
        )
    return LogPolicy(station=station, witnesses=witnesses, quorum=quorum)


def _commands(
    table: Mapping[str, object], agency: str, station: VerifierKey
) -> tuple[VerifierKey, ...]:
    if "commands" not in table:
        return ()
    keys = tuple(_log_key(text, NOTE_KEY, "commands") for text in _texts(table, "commands"))
    for key in keys:
        if key.name != command_key_name(agency):
            raise Malformed(
                f"A command key in the trust file is of {key.name}, the agency's are of "
                f"{command_key_name(agency)}; use a key of that name."
            )
        if key.public_key == station.public_key:
            raise Malformed("The trust file takes the station's log key for its command key.")
    if len({key.key_id for key in keys}) != len(keys):
        raise Malformed("The trust file names a command key twice; name it once.")
    return keys


def _revoked(table: Mapping[str, object]) -> tuple[Revoked, ...]:
    entries = table.get("revoked", [])
    if not isinstance(entries, list):
        raise Malformed("The trust file writes a revocation as a table: [[revoked]].")
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != {"unit", "from"}:
            raise Malformed("Each [[revoked]] in the trust file has exactly unit and from.")
        unit = check_unit(_text(entry, "unit"))
        found.append(Revoked(unit=unit, from_ms=utc_ms(_text(entry, "from"))))
    return tuple(found)


def parse_trust(text: str) -> Trust:
    """Give the trust file `text` as facts; raise Malformed with a remedy otherwise."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The trust file is not TOML: {error}. Mend that line.") from error
    unknown = sorted(set(table) - KEYS)
    if unknown:
        raise Malformed(f"The trust file has an unknown key {unknown[0]}; remove or correct it.")
    if _number(table, "version") != 1:
        raise Malformed("The trust file is not of version 1; use one made for this program.")
    agency = check_agency(_text(table, "agency"))
    policy = _policy(table, agency)
    return Trust(
        agency=agency,
        policy=policy,
        roots=_roots(_texts(table, "roots")),
        revoked=_revoked(table),
        commands=_commands(table, agency, policy.station),
    )
