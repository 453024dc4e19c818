"""A parser to be fuzzed, and what it must keep."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.evidence.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Target:
    """One parser; `read` raises `refusals` and nothing else, and asserts what it promises."""

    name: str
    seeds: tuple[bytes, ...]
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = (EvidenceError,)
    mend: Callable[[bytes], bytes] = field(default=bytes)
    # True if what `read` returns tells one good input from another.
    names_answers: bool = False


def by_text(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    """Feed a parser of text: what is no text never reaches it."""
    return lambda data: parse(data.decode("utf-8", "replace"))


def same(
    parse: Callable[[bytes], object], written: Callable[..., bytes]
) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        assert written(parse(data)) == data, "it was read, and is written differently"

    return read


def by_file(parse: Callable[[Path], object], suffix: str = ".toml") -> Callable[[bytes], object]:
    """Feed a parser that reads a file."""

    def read(data: bytes) -> object:
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(data)
            file.flush()
            return parse(Path(file.name))

    return read
