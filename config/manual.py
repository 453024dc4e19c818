"""Tables of the manual, made from the code so that they cannot disagree with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import NODEFAULT, inspect

from config.command import COMMANDS
from config.fault import as_toml
from config.load import load_rules, shipped, shipped_rules
from config.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator


def keys_table(layer: type[msgspec.Struct]) -> str:
    """Return every key of a layer with its bounds and default, as a Markdown table."""
    rows = ["| key | may be | default |", "|---|---|---|"]
    rows += [f"| `{key}` | {may} | {default} |" for key, may, default in _keys(layer, "")]
    return "\n".join(rows)


def commands_table() -> str:
    """Return the commands, a row each."""
    rows = ["| command | does |", "|---|---|"]
    rows += [f"| `shilu config {name}` | {what} |" for name, what in COMMANDS.items()]
    return "\n".join(rows)


def comparison_table() -> str:
    """Return what the shipped regulations say beside each other."""
    rows = ["| 制度 | 告知 | 交回 | 内部调阅 | 外单位调阅 | 保存 |", "|---|---|---|---|---|---|"]
    for name in shipped_rules():
        rules = load_rules(shipped(name))
        lines = summary(rules, rules.regulation.agency, ())
        cells = [f"{line.words}（{line.article}）" for line in lines if line.name != "用语"]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _keys(layer: type[msgspec.Struct], before: str) -> Iterator[tuple[str, str, str]]:
    for field in msgspec.structs.fields(layer):
        kind: inspect.Type = inspect.type_info(field.type)
        said = ""
        while isinstance(kind, inspect.Metadata):
            said = said or str((kind.extra_json_schema or {}).get("description", ""))
            kind = kind.type
        item = kind.item_type if isinstance(kind, inspect.VarTupleType) else kind
        many = "[ ]" if isinstance(kind, inspect.VarTupleType) else ""
        key = f"{before}{field.name}{many}"
        if isinstance(item, inspect.StructType):
            yield from _keys(item.cls, f"{key}.")
        else:
            default = "required" if field.default is NODEFAULT else f"`{as_toml(field.default)}`"
            yield key, _may_be(item, said), default


def _may_be(kind: inspect.Type, said: str) -> str:
    if isinstance(kind, inspect.IntType):
        return f"{kind.ge} to {kind.le}{'; ' + said if said else ''}"
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(f"`{as_toml(one)}`" for one in kind.values)
    if isinstance(kind, inspect.Metadata):
        return _may_be(kind.type, said or (kind.extra_json_schema or {}).get("description", ""))
    return said or "text"
