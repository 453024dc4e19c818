"""units.csv: every mistake at once, with its line; a passphrase never goes any further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.provision.batch import batch_text, hashed_psk, read_batch
from config.words import ConfigRefused

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "unit,ssid,psk,officer1,officer1_number,officer2,officer2_number\n"


def read(folder: Path, text: str) -> list[str]:
    """Read a list that is wrong; give what is said of it."""
    path = folder / "units.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigRefused) as refused:
        read_batch(path)
    for problem in refused.value.problems:
        assert problem.zh
        assert problem.en
    return [problem.zh for problem in refused.value.problems]


def test_the_hash_of_a_passphrase_is_the_one_of_the_standard() -> None:
    known = "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"  # IEEE 802.11 J.4.2
    assert hashed_psk("IEEE", "password") == known


def test_a_list_from_a_spreadsheet_is_read_and_its_passphrase_hashed(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    text = f"{HEAD}BF-0001,IEEE,password,张三,41042101,李四,41042102\nBF-0002,,,,,,\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    first, second = read_batch(path)
    assert [person.name for person in first.officers] == ["张三", "李四"]
    assert first.psk == hashed_psk("IEEE", "password")
    assert (second.ssid, second.psk, second.officers) == ("", "", ())
    path.write_text(batch_text((first, second)))
    assert "password" not in path.read_text()
    assert [row.psk for row in read_batch(path)] == [first.psk, ""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "缺少“unit”这一列"),
        (HEAD, "没有列出任何一台设备"),
        ("unit,ssid\nBF-0001,a\n", "缺少“psk”这一列"),
        (HEAD.replace("psk", "pskk"), "没有“pskk”这一列，或写了两次。可用的列：psk"),
        (f"{HEAD}bf-0001,,,,,,\n", '第 2 行 unit = "bf-0001"：须为 3 到 16 个大写字母'),
        (f"{HEAD}BF-0001,,,,,,\nBF-0001,,,,,,\n", "与第 2 行是同一台"),
        (f"{HEAD}BF-0001,dock,,,,,\n", "要么都写要么都空"),
        (f"{HEAD}BF-0001,{'采' * 11},passphrase,,,,\n", "不超过 32 字节"),
        (f"{HEAD}BF-0001,dock,short,,,,\n", "须为 8 到 63 个英文字符的口令"),
        (f"{HEAD}BF-0001,,,张三,,,\n", "姓名和执法证号要一起写"),
        (f"{HEAD}BF-0001,,,,,,,,\n", "这一行的列比第一行多"),
        (f'{HEAD}BF-0001,"a\n', "不成表格"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(read(tmp_path, text))


def test_every_wrong_line_is_named_at_once(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD}x,,,,,,\nBF-0001,,,,,,\nBF-0001,dock,short,,,,\n")
    assert [one.split("：")[0].split(" = ")[0] for one in found] == [
        "units.csv 第 2 行 unit",
        "units.csv 第 4 行 unit",
        "units.csv 第 4 行 psk",
    ]


def test_a_refused_passphrase_is_not_repeated(tmp_path: Path) -> None:
    assert "geheim" not in "\n".join(read(tmp_path, f"{HEAD}BF-0001,dock,geheim,,,,\n"))


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="读不出来") as refused:
        read_batch(tmp_path / "none.csv")
    assert refused.value.unreadable
