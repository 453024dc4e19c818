"""Does a TOML document have the shape of a layer? Every deviation at once, none twice.

msgspec stops at the first error, so this walks over msgspec's own description of the layer. What
passes here also passes `msgspec.convert`.
"""

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from config.fault import Fault, as_toml, dotted
from config.keys import is_secret
from config.lines import KeyPath
from config.regulation import Rule
from config.words import BadValue, Words

_SECRET_NAME = re.compile(r"passw|secret|psk|token|private|credential", re.IGNORECASE)
_KINDS: tuple[tuple[type, Words], ...] = (
    (bool, Words("真假值", "a boolean")),
    (int, Words("整数", "an integer")),
    (float, Words("小数", "a decimal number")),
    (str, Words("文字", "a string")),
    (list, Words("数组", "an array")),
    (dict, Words("一节", "a section")),
    (dt.datetime, Words("日期和时间", "a date with a time")),
    (dt.date, Words("日期", "a date")),
    (dt.time, Words("时间", "a time")),
)
_EXAMPLES: tuple[tuple[type[inspect.Type], type, str], ...] = (
    (inspect.StrType, str, '"…"'),
    (inspect.IntType, int, "60"),
    (inspect.BoolType, bool, "true"),
    (inspect.DateType, dt.date, "2019-02-17"),
    (inspect.VarTupleType, list, "[ ]"),
)


@dataclass(frozen=True, slots=True)
class _Slot:
    """What a key may hold: its type without wrappings, an example, and checks of its own."""

    type: inspect.Type
    example: str
    extra: dict[str, Any]


def faults_of(document: dict[str, Any], layer: type[Struct]) -> Iterator[Fault]:
    """Yield every deviation of `document` from the shape of `layer`."""
    info = inspect.type_info(layer)
    yield from _walk(document, _Slot(info, "", {}), ())


def _slot(declared: inspect.Type, default: object) -> _Slot:
    """Unwrap Annotated and `| None`."""
    example = "" if default in (NODEFAULT, None, "", ()) else as_toml(default)
    extra: dict[str, Any] = {}
    while isinstance(declared, inspect.Metadata | inspect.UnionType):
        if isinstance(declared, inspect.UnionType):
            declared = next(t for t in declared.types if not isinstance(t, inspect.NoneType))
            continue
        extra |= declared.extra or {}
        for one in (declared.extra_json_schema or {}).get("examples", ()):
            example = example or as_toml(one)
        declared = declared.type
    if isinstance(declared, inspect.LiteralType):
        example = as_toml(declared.values[0])
    for kind, _, sample in _EXAMPLES:
        if not example and isinstance(declared, kind):
            example = sample
    return _Slot(declared, example, extra)


def _walk(value: object, slot: _Slot, path: KeyPath) -> Iterator[Fault]:
    if isinstance(slot.type, inspect.StructType):
        if isinstance(value, dict):
            yield from _section(value, slot.type, path)
        else:
            yield _wrong_kind(value, dict, f"[{dotted(path)}]", path)
    elif isinstance(slot.type, inspect.VarTupleType):
        if isinstance(value, list):
            yield from _array(value, slot.type, path)
        elif isinstance(value, dict):
            yield _wrong_kind(value, list, f"[[{dotted(path)}]]", path)
        else:
            yield _wrong_kind(value, list, f"[{as_toml(value)}]", path)
    else:
        yield from _leaf(value, slot, path)


def _section(table: dict[str, Any], info: inspect.StructType, path: KeyPath) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in info.fields}
    for key, value in table.items():
        if key in fields:
            slot = _slot(fields[key].type, fields[key].default)
            yield from _walk(value, slot, (*path, key))
        else:
            yield _unknown(key, value, tuple(fields), path)
    for key, field in fields.items():
        if field.required and key not in table:
            yield _missing(key, _slot(field.type, field.default), path)
    if issubclass(info.cls, Rule):
        yield from _citation(table, path)


def _array(values: list[Any], info: inspect.VarTupleType, path: KeyPath) -> Iterator[Fault]:
    if info.min_length is not None and len(values) < info.min_length:
        yield Fault(
            path,
            "[ ]",
            Words(f"至少要有 {info.min_length} 项", f"needs at least {info.min_length} entry"),
            Words("写上一项", "Write one"),
        )
    slot = _slot(info.item_type, NODEFAULT)
    for index, value in enumerate(values):
        yield from _walk(value, slot, (*path, index))


def _leaf(value: object, slot: _Slot, path: KeyPath) -> Iterator[Fault]:
    use = Words(f"改为 {slot.example} 可用", f"Use {slot.example}, for example")
    declared = slot.type
    if isinstance(declared, inspect.LiteralType):
        if type(value) is not type(declared.values[0]) or value not in declared.values:
            yield _not_listed(value, declared.values, path)
        return
    for kind, python_type, _ in _EXAMPLES:
        if isinstance(declared, kind) and type(value) is not python_type:
            yield _wrong_kind(value, python_type, slot.example, path)
            return
    if isinstance(declared, inspect.IntType) and isinstance(value, int):
        yield from _integer(value, declared, use, path)
    elif isinstance(declared, inspect.StrType) and isinstance(value, str):
        yield from _string(value, slot, declared, use, path)


def _integer(value: int, info: inspect.IntType, use: Words, path: KeyPath) -> Iterator[Fault]:
    low, high, step = info.ge, info.le, info.multiple_of
    if low is not None and high is not None and not low <= value <= high:
        reason = Words(f"须在 {low} 到 {high} 之间", f"must be between {low} and {high}")
        yield Fault(path, as_toml(value), reason, use)
    elif step is not None and value % step:
        near = int(value - value % step)
        yield Fault(
            path,
            as_toml(value),
            Words(f"须为 {step} 的倍数", f"must be a multiple of {step}"),
            Words(f"改为 {near} 可用", f"Use {near}, for example"),
        )


def _string(
    value: str, slot: _Slot, info: inspect.StrType, use: Words, path: KeyPath
) -> Iterator[Fault]:
    if is_secret(value):
        yield Fault(
            path,
            "",
            Words(
                "这里写了私钥，配置文件里不许有秘密", "this is a private key; no secret may be here"
            ),
            Words(
                "删去它，换成公钥；这把私钥视为已泄露，须作废重做",
                "Put the public key here; treat the private key as leaked and make a new one",
            ),
        )
        return
    if info.min_length and not value.strip():
        reason = Words("不能为空", "must not be empty")
        yield Fault(path, as_toml(value), reason, Words("写上内容", "Write something"))
    elif info.pattern and not re.search(info.pattern, value):
        yield Fault(path, as_toml(value), slot.extra["reason"], use)
    check: Callable[[str], None] | None = slot.extra.get("check")
    if check is not None:
        try:
            check(value)
        except BadValue as bad:
            yield Fault(path, as_toml(value), bad.reason, bad.remedy)


def _citation(table: dict[str, Any], path: KeyPath) -> Iterator[Fault]:
    """Yield what keeps this rule from being either cited or an explained default."""
    cited = [key for key in ("article", "text") if table.get(key)]
    remedy = Words(
        '写上 article 和原文 text；制度没有规定的，写 source = "default" 和 reason',
        'Write article and the original text, or source = "default" and reason if there is none',
    )
    if table.get("source", "article") == "article":
        if len(cited) < 2:
            reason = Words(
                "没有写明出自哪一条及其原文", "does not cite its article and the words of it"
            )
            yield Fault(path, "", reason, remedy)
        if table.get("reason"):
            reason = Words("引了条文就不写默认理由", "a cited rule has no reason of a default")
            drop = Words("删去 reason", "Remove reason")
            yield Fault((*path, "reason"), as_toml(table["reason"]), reason, drop)
        return
    for key in cited:
        reason = Words("默认值不能引条文", "a default cites nothing")
        drop = Words(f"删去 {key}，或删去 source", f"Remove {key}, or remove source")
        yield Fault((*path, key), as_toml(table[key]), reason, drop)
    if not table.get("reason"):
        reason = Words("默认值没有写理由", "a default without its reason")
        add = Words('加上 reason = "…"', 'Add reason = "…"')
        yield Fault((*path, "source"), as_toml(table.get("source")), reason, add)


def _unknown(key: str, value: object, known: tuple[str, ...], path: KeyPath) -> Fault:
    if _SECRET_NAME.search(key) or (isinstance(value, str) and is_secret(value)):
        return Fault(
            (*path, key),
            "",
            Words("配置文件里不许有秘密", "no secret may be in a configuration file"),
            Words(
                "删去它，改由 systemd 凭据交给程序",
                "Remove it and hand it over as a systemd credential",
            ),
        )
    near = difflib.get_close_matches(key, known, n=1)
    remedy = (
        Words(f"是不是 {near[0]}？", f"Did you mean {near[0]}?")
        if near
        else Words(
            f"删去它；可用的有 {'、'.join(known)}", f"Remove it; there are {', '.join(known)}"
        )
    )
    reason = Words("没有这一项", "there is no such key")
    return Fault((*path, key), as_toml(value), reason, remedy)


def _missing(key: str, slot: _Slot, path: KeyPath) -> Fault:
    many = isinstance(slot.type, inspect.VarTupleType)
    item = slot.type.item_type if isinstance(slot.type, inspect.VarTupleType) else slot.type
    if isinstance(item, inspect.StructType):
        wanted = dotted((*path, key))
        wanted = f"[[{wanted}]]" if many else f"[{wanted}]"
    elif isinstance(item, inspect.LiteralType):
        values = " | ".join(as_toml(one) for one in item.values)
        wanted = f"{key} = [{values}]" if many else f"{key} = {values}"
    else:
        wanted = f"{key} = {slot.example}"
    return Fault(
        (*path, key),
        "",
        Words("缺少这一项", "is missing"),
        Words(f"加上 {wanted}", f"Add {wanted}"),
    )


def _not_listed(value: object, allowed: tuple[object, ...], path: KeyPath) -> Fault:
    listed = [as_toml(one) for one in allowed]
    near = difflib.get_close_matches(as_toml(value), listed, n=1) or listed
    return Fault(
        path,
        as_toml(value),
        Words(f"须为 {'、'.join(listed)} 之一", f"must be one of {', '.join(listed)}")
        if len(listed) > 1
        else Words(f"只能是 {listed[0]}", f"can only be {listed[0]}"),
        Words(f"改为 {near[0]} 可用", f"Use {near[0]}, for example"),
    )


def _wrong_kind(value: object, wanted: type, example: str, path: KeyPath) -> Fault:
    names = dict(_KINDS)
    found, want = names[type(value)], names[wanted]
    return Fault(
        path,
        as_toml(value),
        Words(f"须为{want.zh}，现为{found.zh}", f"must be {want.en}, not {found.en}"),
        Words(f"改为 {example} 可用", f"Use {example}, for example"),
    )
