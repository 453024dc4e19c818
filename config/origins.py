"""Each effective value, and where it comes from: a line of one of the three files, or a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from config.fault import as_toml, dotted
from config.lines import KeyPath, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.load import Source
    from config.schema import Effective

LAYERS = ("rules", "fleet", "unit")


@dataclass(frozen=True, slots=True)
class Origin:
    """One value in force; `line` is 0 where nobody wrote it and the default holds."""

    layer: str
    key: str
    value: str
    file: str
    line: int

    @property
    def text(self) -> str:
        """`unit record.segment_seconds = 60    unit.toml:6`."""
        where = f"{self.file}:{self.line}" if self.line else "默认 default"
        return f"{self.layer} {self.key} = {self.value}  ← {where}"


def origins(config: Effective, sources: Mapping[str, Source]) -> Iterator[Origin]:
    """Yield every value of the configuration in the order of its schema."""
    for layer in LAYERS:
        source = sources[layer]
        lines = lines_of(source.data.decode("utf-8-sig"))
        for path, value in _leaves(getattr(config, layer), ()):
            yield Origin(layer, dotted(path), value, source.name, lines.get(path, 0))


def _leaves(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name), (*path, name))
    elif isinstance(value, tuple) and any(isinstance(one, msgspec.Struct) for one in value):
        for index, one in enumerate(value):
            yield from _leaves(one, (*path, index))
    elif isinstance(value, tuple):
        yield path, f"[{', '.join(as_toml(one) for one in value)}]"
    elif value is not None:
        yield path, as_toml(value) or '""'
