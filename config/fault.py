"""A deviation before it has a file and a line, and how keys and values are written for people."""

import json
from dataclasses import dataclass

from config.keys import is_secret
from config.lines import KeyPath
from config.words import Words

_LONGEST_SHOWN = 48


@dataclass(frozen=True, slots=True)
class Fault:
    """One deviation: at which key, what it says there (as TOML), why not, what instead."""

    path: KeyPath
    value: str
    reason: Words
    remedy: Words


def as_toml(value: object) -> str:
    """Return `value` as TOML writes it, shortened; empty for sections, arrays and secrets."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
        return "" if is_secret(value) else json.dumps(shown, ensure_ascii=False)
    return "" if isinstance(value, list | dict) else str(value)


def dotted(path: KeyPath) -> str:
    """Return `path` as people write it; elements of arrays count from 1."""
    said = ""
    for part in path:
        said += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if said else part
    return said
