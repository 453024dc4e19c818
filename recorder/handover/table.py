"""A small TOML file read strictly: every key once, every kind checked, nothing left over.

For the files that custody and the release process are started with; the agency's own
configuration is another matter, and lies in `config`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from recorder.evidence.errors import Malformed
from recorder.evidence.note import VerifierKey
from recorder.evidence.receipt import LogPolicy
from recorder.evidence.words import station_origin
from recorder.handover.errors import BadSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

Given = TypeVar("Given")


class Table:
    """A TOML table whose keys are taken out one by one."""

    def __init__(self, values: dict[str, Any], where: str) -> None:
        self._values = dict(values)
        self._where = where

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file; BadSettings if it cannot be."""
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadSettings(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, RecursionError) as error:
            raise BadSettings(f"{path} is not TOML: {error}.") from None
        return cls(values, str(path))

    def take(self, key: str, kind: type[Given]) -> Given:
        """Take a value of exactly this kind."""
        if key not in self._values:
            raise BadSettings(f"{self._where} lacks {key}; add it.")
        value = self._values.pop(key)
        if type(value) is not kind:
            raise BadSettings(f"{self._where}: {key} = {value!r} must be of kind {kind.__name__}.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts."""
        values = self.take(key, list)
        if not all(isinstance(value, str) for value in values):
            raise BadSettings(f"{self._where}: {key} is a list of texts; correct it.")
        return tuple(values)

    def table(self, key: str) -> Table:
        """Take a table within."""
        return Table(self.take(key, dict), f"{self._where} [{key}]")

    def number(self, key: str, least: int, most: int) -> int:
        """Take an integer between `least` and `most`."""
        value = self.take(key, int)
        if not least <= value <= most:
            raise BadSettings(f"{self._where}: {key} = {value} must be {least} to {most}.")
        return value

    def folder(self, key: str) -> Path:
        """Take an absolute path."""
        path = Path(self.take(key, str))
        if not path.is_absolute():
            raise BadSettings(f"{self._where}: {key} = {path} must be an absolute path.")
        return path

    def parsed(self, key: str, parse: Callable[[str], Given]) -> Given:
        """Take a text as what `parse` makes of it."""
        text = self.take(key, str)
        try:
            return parse(text)
        except (Malformed, ValueError) as error:
            raise BadSettings(f"{self._where}: {key} is wrong: {error}") from None

    def has(self, key: str) -> bool:
        """Say whether the key is still there to take."""
        return key in self._values

    def end(self) -> None:
        """Raise BadSettings if anything was not taken."""
        if self._values:
            raise BadSettings(f"{self._where} has unknown keys: {', '.join(sorted(self._values))}.")


def read_policy(table: Table, agency: str) -> LogPolicy:
    """Read whom to believe: `log_key`, `witnesses` and `quorum`."""
    station = table.parsed("log_key", VerifierKey.parse)
    if station.name != station_origin(agency):
        raise BadSettings(f"The station's log key is named {station.name}, not for {agency}.")
    try:
        witnesses = tuple(map(VerifierKey.parse, table.texts("witnesses")))
    except Malformed as error:
        raise BadSettings(f"A witness is wrong: {error}") from None
    quorum = table.number("quorum", 0, len(witnesses))
    table.end()
    return LogPolicy(station, witnesses, quorum)
