"""The technician's list of units, `units.csv`: read strictly, every mistake at once.

A passphrase is turned into its hash on reading and goes nowhere else.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.refusal import read_text
from config.words import ConfigRefused, Problem, Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUIRED = ("unit", "ssid", "psk")
OFFICERS = ("officer1", "officer1_number", "officer2", "officer2_number")
READINGS = ("officer1_pinyin", "officer2_pinyin")
"""How a name is read, where neither dictionary nor surname table know; seldom needed."""
COLUMNS = (*REQUIRED, *OFFICERS, *READINGS)
MOST_UNITS = 10_000
_PSK_ROUNDS = 4096
_HASHED = re.compile(r"[0-9a-fA-F]{64}")
_PASSPHRASE = re.compile(r"[\x20-\x7e]{8,63}")
_SYLLABLES = re.compile(r"[a-zü]{1,6}[1-5]( [a-zü]{1,6}[1-5])*")
_NUMBER = re.compile(r"[A-Z0-9-]{3,16}")


@dataclass(frozen=True, slots=True)
class Person:
    """An officer as bound to a unit at provisioning."""

    name: str
    number: str
    pinyin: str = ""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit of the list; `psk` is 64 hexadecimal digits, or empty for a unit on a cable."""

    line: int
    unit: str
    ssid: str
    psk: str
    officers: tuple[Person, ...]


def hashed_psk(ssid: str, passphrase: str) -> str:
    """Return the WPA key of a network, as `wpa_passphrase` computes it."""
    key = hashlib.pbkdf2_hmac("sha1", passphrase.encode(), ssid.encode(), _PSK_ROUNDS, 32)
    return key.hex()


def read_batch(path: Path) -> tuple[UnitRow, ...]:
    """Read the list; raise ConfigRefused with every mistake of it."""
    reader = csv.DictReader(io.StringIO(read_text(path)), strict=True, restval="")
    problems: list[Problem] = []
    rows: list[UnitRow] = []
    hashed: dict[tuple[str, str], str] = {}  # one network's hash takes a while; 50 units share it
    try:
        problems += _header(path.name, tuple(reader.fieldnames or ()))
        for fields in reader if not problems else ():
            found = tuple(_row_problems(path.name, reader.line_num, fields, rows))
            problems += found
            if not found:
                rows.append(_row(reader.line_num, fields, hashed))
    except csv.Error as error:
        torn = Words(f"不成表格（{error}）", f"is no table ({error})")
        save = Words("在表格软件里另存为 CSV UTF-8", "Save it again as CSV UTF-8")
        problems.append(Problem(path.name, reader.line_num, "", "", torn, save))
    if not rows and not problems:
        empty = Words("没有列出任何一台设备", "lists no unit")
        add = Words("每台设备写一行", "Write a line for each unit")
        problems.append(Problem(path.name, 1, "", "", empty, add))
    if problems:
        raise ConfigRefused(tuple(problems))
    return tuple(rows)


def batch_text(rows: tuple[UnitRow, ...]) -> str:
    """Write a list as it is read, keys hashed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    read = any(person.pinyin for row in rows for person in row.officers)
    writer.writerow(COLUMNS if read else (*REQUIRED, *OFFICERS))
    for row in rows:
        people = [word for person in row.officers for word in (person.name, person.number)]
        readings = [person.pinyin for person in row.officers] if read else []
        given = [*people, *[""] * (4 - len(people)), *readings]
        writer.writerow([row.unit, row.ssid, row.psk, *given])
    return out.getvalue()


def _header(file: str, names: tuple[str, ...]) -> Iterator[Problem]:
    for name in names:
        if name not in COLUMNS or names.count(name) > 1:
            near = difflib.get_close_matches(name, COLUMNS, n=1) or COLUMNS
            reason = Words(f"没有“{name}”这一列，或写了两次", f'has no column "{name}", or twice')
            use = Words(f"可用的列：{'、'.join(near)}", f"Use {', '.join(near)}")
            yield Problem(file, 1, "", "", reason, use)
    for name in REQUIRED:
        if name not in names:
            reason = Words(f"缺少“{name}”这一列", f'lacks the column "{name}"')
            add = Words(
                f"第一行写上 {','.join((*REQUIRED, *OFFICERS))}",
                f"First line: {','.join((*REQUIRED, *OFFICERS))}",
            )
            yield Problem(file, 1, "", "", reason, add)


def _row_problems(
    file: str, line: int, fields: dict[str, str], before: list[UnitRow]
) -> Iterator[Problem]:
    """Yield what is wrong with one line. The value of a key is never shown."""
    if None in fields:
        reason = Words("这一行的列比第一行多", "has more columns than the first line")
        yield Problem(file, line, "", "", reason, Words("删去多余的逗号", "Remove the commas"))
        return
    unit, ssid, psk = (fields[name] for name in REQUIRED)
    if not _NUMBER.fullmatch(unit):
        reason = Words(
            "须为 3 到 16 个大写字母、数字或短横线",
            "must be 3 to 16 capital letters, digits or hyphens",
        )
        yield _wrong((file, line, "unit"), unit, reason, "BF-0007")
    for row in before:
        if row.unit == unit:
            twice = Words(f"与第 {row.line} 行是同一台", f"is the unit of line {row.line} again")
            drop = Words("删去一行，或改编号", "Remove one, or number it anew")
            yield Problem(file, line, "unit", json.dumps(unit), twice, drop)
    if bool(ssid) != bool(psk) or len(ssid.encode()) > 32:
        reason = Words(
            "无线网络名和密钥要么都写要么都空，名称不超过 32 字节",
            "name and key go together, or neither; a name has at most 32 bytes",
        )
        yield _wrong((file, line, "ssid"), ssid, reason, "shilu-dock")
    elif psk and not _HASHED.fullmatch(psk) and not _PASSPHRASE.fullmatch(psk):
        reason = Words(
            "须为 8 到 63 个英文字符的口令，或 64 位十六进制的哈希",
            "must be a passphrase of 8 to 63 ASCII characters, or its hash of 64 digits",
        )
        ask = Words("向网络管理员要一份", "Ask who runs the network")
        yield Problem(file, line, "psk", "", reason, ask)
    for name in ("officer1", "officer2"):
        if bool(fields.get(name)) != bool(fields.get(f"{name}_number")):
            reason = Words("姓名和执法证号要一起写", "name and certificate number go together")
            yield _wrong((file, line, name), fields.get(name, ""), reason, "张三,41042101")
        read = fields.get(f"{name}_pinyin", "")
        if read and (
            not _SYLLABLES.fullmatch(read) or len(read.split()) != len(fields.get(name, ""))
        ):
            reason = Words(
                "每个字一个音节，后面写声调数字，用空格隔开",
                "is a syllable with its tone's number for each character, blanks between",
            )
            yield _wrong((file, line, f"{name}_pinyin"), read, reason, "shan4 xiong2 xin4")


def _wrong(at: tuple[str, int, str], value: str, reason: Words, example: str) -> Problem:
    use = Words(f"改为 {example} 可用", f"Use {example}, for example")
    return Problem(*at, json.dumps(value, ensure_ascii=False), reason, use)


def _row(line: int, fields: dict[str, str], hashed: dict[tuple[str, str], str]) -> UnitRow:
    unit, ssid, psk = (fields[name] for name in REQUIRED)
    if psk and not _HASHED.fullmatch(psk):
        if (ssid, psk) not in hashed:
            hashed[ssid, psk] = hashed_psk(ssid, psk)
        psk = hashed[ssid, psk]
    people = tuple(
        Person(fields[name], fields[f"{name}_number"], fields.get(f"{name}_pinyin", ""))
        for name in ("officer1", "officer2")
        if fields.get(name)
    )
    return UnitRow(line, unit, ssid, psk.lower(), people)
