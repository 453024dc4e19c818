"""From three TOML files to one frozen configuration, or every reason why not.

Reads nothing but the paths it is given and the rule files shipped beside it. Says what is wrong
and where; what to do about it (exit code, voice, page) is the caller's.
"""

import difflib
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from config.checks import check_fleet, check_together, check_unit
from config.checks_of_rules import check_rules
from config.conform import faults_of
from config.fault import Fault, dotted
from config.lines import lines_of
from config.schema import Effective, Fleet, Rules, Unit
from config.words import ConfigRefused, Problem, Words

MOST_BYTES = 1 << 20
_LAYERS: dict[str, tuple[type[msgspec.Struct], Callable[[dict[str, Any]], Iterator[Fault]]]] = {
    "rules": (Rules, check_rules),
    "fleet": (Fleet, check_fleet),
    "unit": (Unit, check_unit),
}
_SYNTAX = (
    ("Expected '='", Words("键和值之间缺少等号", "no equals sign between key and value")),
    ("Invalid value", Words("值写得不对；文字要加引号", "a value is wrong; strings need quotes")),
    ("Cannot overwrite", Words("同一项写了两次", "the same key twice")),
    ("Duplicate inline", Words("同一项写了两次", "the same key twice")),
    ("Cannot declare", Words("同一节写了两次", "the same section twice")),
    ("Unclosed array", Words("方括号没有合上", "a bracket is not closed")),
    ("Unclosed inline", Words("花括号没有合上", "a brace is not closed")),
    ("Unterminated", Words("引号没有合上", "a quote is not closed")),
    ("Illegal character '\\n'", Words("引号没有合上", "a quote is not closed")),
    ("Illegal character", Words("有不允许的字符", "has a character that is not allowed")),
    ("Expected newline", Words("一行里多出了内容", "has more on the line than fits")),
    ("Unescaped", Words("文字里的反斜杠要写成两个", "write a backslash in a string twice")),
    ("Invalid statement", Words("这一行不成句", "this line is no statement")),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration file as it was read: the name to call it by, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Document:
    """One layer, read: its values, as far as TOML goes, or the problem that stopped that."""

    name: str
    text: str
    values: dict[str, Any] | None
    problems: tuple[Problem, ...]


def load(rules: Path | Source, fleet: Path | Source, unit: Path | Source) -> Effective:
    """Return the effective configuration of three files.

    Raise ConfigRefused with every problem of all three.
    """
    given = {"rules": rules, "fleet": fleet, "unit": unit}
    layers = {layer: _open(layer, source) for layer, source in given.items()}
    problems = [problem for one in layers.values() for problem in one.problems]
    values = {layer: one.values or {} for layer, one in layers.items()}
    for layer, fault in check_together(values["rules"], values["fleet"], values["unit"]):
        problems += _located(layers[layer], [fault])
    if problems:
        order = [one.name for one in layers.values()]
        problems.sort(key=lambda problem: (order.index(problem.file), problem.line))
        raise ConfigRefused(tuple(problems))
    return effective(
        msgspec.convert(values["rules"], Rules),
        msgspec.convert(values["fleet"], Fleet),
        msgspec.convert(values["unit"], Unit),
    )


def load_rules(rules: Path | Source) -> Rules:
    """Return one regulation on its own; raise ConfigRefused with every problem of it."""
    opened = _open("rules", rules)
    if opened.problems:
        raise ConfigRefused(opened.problems)
    return msgspec.convert(opened.values, Rules)


def effective(rules: Rules, fleet: Fleet, unit: Unit) -> Effective:
    """Return the three layers together, with the digests that go into the log."""
    return Effective(
        rules=rules,
        fleet=fleet,
        unit=unit,
        digest=_digest({"rules": rules, "fleet": fleet, "unit": unit}),
        rules_digest=rules_digest(rules),
    )


def rules_digest(rules: Rules) -> str:
    """Return the digest by which the evidence names a regulation."""
    return _digest(rules)


def canonical(value: object) -> bytes:
    """Return the canonical JSON (RFC 8785) of any part of a configuration, defaults filled in."""
    return msgspec.json.encode(value, order="sorted")


def shipped_rules() -> tuple[str, ...]:
    """Return the names of the rule files that come with the product."""
    names = (entry.name for entry in resources.files("config").joinpath("rules").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def shipped(name: str) -> Source:
    """Return a shipped rule file; raise ConfigRefused with a suggestion if there is none."""
    known = shipped_rules()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1) or known
        use = Words(f"现有 {'、'.join(near)}", f"There is {', '.join(near)}")
        raise ConfigRefused(
            (_unreadable(name, Words("没有这个规则文件", "there is no such rule file"), use),)
        )
    file = f"{name}.toml"
    return Source(file, resources.files("config").joinpath("rules", file).read_bytes())


def json_schema(layer: type[Rules | Fleet | Unit]) -> dict[str, Any]:
    """Return the JSON Schema of a layer, for editors."""
    return msgspec.json.schema(layer)


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _open(layer: str, given: Path | Source) -> _Document:
    """Read, parse and check one layer by itself."""
    if isinstance(given, Path):
        try:
            given = Source(given.name, given.read_bytes())
        except OSError as error:
            return _stopped(given.name, _cannot_read(given.name, error))
    if len(given.data) > MOST_BYTES:
        size = Words("大于 1 MiB，不像配置文件", "is over 1 MiB and no configuration")
        check = Words("检查是否给错了文件", "Check that this is the right file")
        return _stopped(given.name, _unreadable(given.name, size, check))
    try:
        text = given.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _stopped(given.name, _not_utf8(given, error))
    try:
        values = tomllib.loads(text)
    except RecursionError:
        deep = Words("嵌套太深", "is nested too deeply")
        check = Words("检查是否给错了文件", "Check that this is the right file")
        return _stopped(given.name, _unreadable(given.name, deep, check))
    except ValueError as error:  # a number of 5,000 digits is one that is no TOMLDecodeError
        return _stopped(given.name, _syntax(given.name, text, str(error)))
    shape, own_checks = _LAYERS[layer]
    document = _Document(given.name, text, values, ())
    problems = _located(document, [*faults_of(values, shape), *own_checks(values)])
    return _Document(given.name, text, values, problems)


def _stopped(name: str, problem: Problem) -> _Document:
    return _Document(name, "", None, (problem,))


def _located(document: _Document, faults: Iterable[Fault]) -> tuple[Problem, ...]:
    """Give each fault its line: that of its key, else of the section that lacks it."""
    lines = lines_of(document.text)
    found: list[Problem] = []
    for fault in faults:
        line = 1
        for depth in range(len(fault.path), 0, -1):
            if fault.path[:depth] in lines:
                line = lines[fault.path[:depth]]
                break
        key = dotted(fault.path)
        found.append(Problem(document.name, line, key, fault.value, fault.reason, fault.remedy))
    return tuple(sorted(found, key=lambda problem: problem.line))


def _unreadable(name: str, reason: Words, remedy: Words) -> Problem:
    return Problem(name, 0, "", "", reason, remedy, unreadable=True)


def _cannot_read(name: str, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        reason = Words("没有这个文件", "there is no such file")
        return _unreadable(name, reason, Words("检查路径和文件名", "Check its path and name"))
    if isinstance(error, IsADirectoryError):
        reason = Words("是目录，不是文件", "is a directory, not a file")
        return _unreadable(name, reason, Words("写出目录里的文件名", "Name the file inside it"))
    if isinstance(error, PermissionError):
        reason = Words("没有读取权限", "may not be read by this user")
        allow = Words("换用户运行，或放开读取权限", "Run as another user, or allow reading")
        return _unreadable(name, reason, allow)
    said = error.strerror or "?"
    check = Words("检查存储卡", "Check the card")
    return _unreadable(name, Words(f"读不出来（{said}）", f"cannot be read ({said})"), check)


def _not_utf8(source: Source, error: UnicodeDecodeError) -> Problem:
    line = source.data.count(b"\n", 0, error.start) + 1
    reason = Words("不是 UTF-8 编码", "is not UTF-8")
    save = Words("在编辑器里另存为 UTF-8", "Save it as UTF-8 in the editor")
    return Problem(source.name, line, "", "", reason, save, unreadable=True)


def _syntax(name: str, text: str, message: str) -> Problem:
    """Turn tomllib's words, which end in a position, into a problem on that line."""
    position = re.search(r"\(at line (\d+), column \d+\)|\(at end of document\)", message)
    ended = position is None or position[1] is None
    line = len(text.splitlines()) or 1 if ended or position is None else int(position[1])
    said = message[: position.start()].strip() if position else message
    why = next((words for start, words in _SYNTAX if said.startswith(start)), Words(said, said))
    return Problem(
        name,
        line,
        "",
        "",
        Words(f"不合 TOML 语法：{why.zh}", f"is not TOML: {why.en}"),
        Words("改好这一行再检查", "Mend this line and check again"),
    )
