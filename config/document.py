"""Looking into a document as it was read, whatever is wrong with it."""

from collections.abc import Iterator
from typing import Any

from config.fault import Fault, as_toml, dotted
from config.lines import KeyPath
from config.words import Words

Document = dict[str, Any]


def twice(items: object, key: str, path: KeyPath) -> Iterator[Fault]:
    """Yield each item of an array whose `key` another one before it has."""
    seen: dict[str, int] = {}
    for index, one in enumerate(items if isinstance(items, list) else ()):
        value = one.get(key) if isinstance(one, dict) else None
        if not isinstance(value, str):
            continue
        if value in seen:
            first = dotted((*path, seen[value]))
            yield Fault(
                (*path, index, key),
                as_toml(value),
                Words(f"与 {first} 重复", f"is taken by {first}"),
                Words("换一个，或删去重复的一项", "Choose another, or remove one of them"),
            )
        seen.setdefault(value, index)


def at(document: object, *path: str | int) -> object:
    """Return what stands at a path of sections; None if nothing does."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def section(document: Document, key: str) -> Document:
    """Return a section; an empty one if there is none, or something else stands there."""
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def integer(section: Document, key: str) -> int | None:
    """Return an integer; None if there is none, or something else stands there."""
    found = section.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
