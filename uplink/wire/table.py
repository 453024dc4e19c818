"""Read a small TOML file strictly: every key once, of the right kind, none left over."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BadConfig(Exception):
    """A configuration that cannot be used; the sentence names the file, the key and the remedy."""


@dataclass(slots=True)
class Table:
    """One table of a file; paths in it are relative to the file."""

    where: str
    folder: Path
    _left: dict[str, object]

    @classmethod
    def read(cls, path: Path) -> "Table":
        """Read a file. Raise BadConfig."""
        try:
            return cls(str(path), path.parent, tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise BadConfig(
                f"the configuration {path} cannot be read ({error.strerror}); check its path"
            ) from error
        except (ValueError, RecursionError) as error:
            raise BadConfig(f"the configuration {path} is not TOML: {error}") from error

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text."""
        value = self._left.pop(key, default)
        if not isinstance(value, str) or not value:
            raise BadConfig(f'{self.where} needs {key} = "…"')
        return value

    def number(self, key: str, lowest: int, highest: int, default: int | None = None) -> int:
        """Take a whole number within bounds."""
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise BadConfig(f"{self.where} needs {key} = a number from {lowest} to {highest}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        value = self._left.pop(key, default)
        if not isinstance(value, bool):
            raise BadConfig(f"{self.where} needs {key} = true or false")
        return value

    def path(self, key: str) -> Path:
        """Take a path."""
        return self.folder / self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts."""
        value = self._left.pop(key, None)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadConfig(f'{self.where} needs {key} = ["…"]')
        return tuple(value)

    def table(self, key: str) -> "Table":
        """Take a table."""
        value = self._left.pop(key, None)
        if not isinstance(value, Mapping):
            raise BadConfig(f"{self.where} needs a table [{key}]")
        return Table(f"{self.where} [{key}]", self.folder, dict(value))

    def tables(self, key: str) -> tuple["Table", ...]:
        """Take a list of tables; none is an empty list."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            raise BadConfig(f"{self.where} writes {key} as tables: [[{key}]]")
        return tuple(Table(f"{self.where} [[{key}]]", self.folder, dict(one)) for one in value)

    def has(self, key: str) -> bool:
        """Tell whether a key is there and not yet taken."""
        return key in self._left

    def end(self) -> None:
        """Refuse what nobody asked for."""
        if self._left:
            raise BadConfig(
                f"{self.where} has an unknown key {min(self._left)}; remove or correct it"
            )
