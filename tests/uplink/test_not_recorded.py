"""未记录申报: no recording, for a reason that the regulation knows; never without an entry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from config.load import load_rules, rules_digest, shipped
from recorder.programs import shilu
from tests.uplink.dock import Dock
from uplink.station.care.standing import Standing
from uplink.station.log.declaration import parse_declaration

if TYPE_CHECKING:
    from pathlib import Path

RULES, UNIT = "luohe-xumu", "BF-0007"
SPAN = ("--from", "2026-11-21T08:00:00.000Z", "--until", "2026-11-21T08:40:00.000Z")
WHO = ("--officer", "张三", "--officer", "李四", "--by", "王五", "--basis", "堤坝决口")


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    made = Dock(tmp_path)
    made.enrol()
    name_rules(made, RULES)
    return made


def name_rules(dock: Dock, rules: str) -> None:
    file = dock.station_folder / "station.toml"
    kept = [one for one in file.read_text().splitlines() if not one.startswith("rules")]
    file.write_text("\n".join([kept[0], kept[1], f'rules = "{rules}"', *kept[2:]]) + "\n")


def station(dock: Dock, *arguments: str) -> int:
    config = ("--config", str(dock.station_folder / "station.toml"))
    return shilu.main(["station", *config, *arguments])


def entries(dock: Dock) -> list[bytes]:
    index = dock.index()
    lines = [line for _number, line in index.changes()]
    index.close()
    return lines


def test_a_declaration_is_an_entry_with_the_article_and_the_rules_that_it_stands_on(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(dock, "not-recorded", "--reason", "urgent", "--unit", UNIT, *SPAN, *WHO) == 0
    assert (
        "report it to 大队领导 after the activity (work record), 第七条" in capsys.readouterr().out
    )
    (line,) = entries(dock)
    said = parse_declaration(line)
    assert said is not None
    assert (said.unit, said.officers, said.by) == (UNIT, ("张三", "李四"), "王五")
    assert (said.since, said.until) == (SPAN[1], SPAN[3])
    assert (said.reason, said.article) == ("urgent", "第七条第（二）项")
    assert said.text == "情况紧急，不能进行执法记录的"
    assert said.rules_sha256 == rules_digest(load_rules(shipped(RULES)))
    assert not dock.archived()


def test_status_and_register_show_it(dock: Dock, capsys: pytest.CaptureFixture[str]) -> None:
    station(dock, "not-recorded", "--reason", "urgent", "--unit", UNIT, *SPAN, *WHO)
    standing = Standing(dock.layout.standing, lambda: "")
    (one,) = (unit for unit in standing.units() if unit.unit == UNIT)
    counts = {(count.unit, count.what): count.count for count in standing.counts()}
    standing.close()
    assert "not recorded from 2026-11-21T08:00" in one.sentence
    assert counts[(UNIT, "DeclaredNotRecorded")] == 1
    capsys.readouterr()
    assert station(dock, "register", "--unit", UNIT) == 0
    (told,) = capsys.readouterr().out.splitlines()
    assert "not-recorded" in told
    for word in (UNIT, "张三、李四", "urgent", "第七条第（二）项", "堤坝决口", "王五"):
        assert word in told
    assert station(dock, "register", "--unit", "BF-0008") == 0
    assert not capsys.readouterr().out


def test_without_a_reason_the_allowed_ones_are_listed(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(dock, "not-recorded") == 0
    listed = capsys.readouterr().out.splitlines()
    assert [one.split()[0] for one in listed] == ["secret-or-privacy", "urgent", "objective"]
    assert all("第七条" in one for one in listed)
    assert not entries(dock)


def refused(dock: Dock, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert station(dock, "not-recorded", *arguments) == 1
    assert not entries(dock)
    return capsys.readouterr().err


def test_a_reason_that_the_rules_do_not_know_is_refused_with_those_that_they_know(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(dock, capsys, "--reason", "forgotten", "--unit", UNIT, *SPAN, *WHO)
    assert "forgotten is no reason" in said
    assert "urgent (第七条第（二）项" in said


def test_a_regulation_that_names_no_reason_knows_no_declaration(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    name_rules(dock, "baofeng-minzheng")
    said = refused(dock, capsys, "--reason", "urgent", "--unit", UNIT, *SPAN, *WHO)
    assert "names no reason not to record" in said


def test_a_station_without_rules_says_which_line_is_missing(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    file = dock.station_folder / "station.toml"
    file.write_text(file.read_text().replace(f'rules = "{RULES}"\n', ""))
    said = refused(dock, capsys, "--reason", "urgent", "--unit", UNIT, *SPAN, *WHO)
    assert 'rules = "' in said


@pytest.mark.parametrize(
    ("without", "said"),
    [("--officer", "--officer or --unit"), ("--by", "--by"), ("--basis", "--basis"),
     ("--from", "--from and --until"), ("--until", "--from and --until")],
)  # fmt: skip
def test_what_is_missing_is_asked_for(
    dock: Dock, capsys: pytest.CaptureFixture[str], without: str, said: str
) -> None:
    given = dict(zip((*SPAN, *WHO)[::2], (*SPAN, *WHO)[1::2], strict=True))
    words = [one for key, value in given.items() if key != without for one in (key, value)]
    assert said in refused(dock, capsys, "--reason", "urgent", *words)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-11-21T08:40:00.000Z", "2026-11-21T08:00:00.000Z", "ends before it begins"),
        ("2026-11-21T08:40:00.000Z", "2126-11-21T08:00:00.000Z", "in the future"),
        ("2026-11-21", "2026-11-22", "2026-11-21"),
    ],
)
def test_a_span_that_cannot_be_is_refused(
    dock: Dock, capsys: pytest.CaptureFixture[str], since: str, until: str, said: str
) -> None:
    span = ("--from", since, "--until", until)
    assert said in refused(dock, capsys, "--reason", "urgent", "--unit", UNIT, *span, *WHO)


def test_a_unit_that_is_not_on_the_roll_is_refused(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(dock, capsys, "--reason", "urgent", "--unit", "BF-9999", *SPAN, *WHO)
    assert "BF-9999" in said


def test_the_log_with_a_declaration_is_backed_up_checked_and_indexed_anew(
    dock: Dock, tmp_path: Path
) -> None:
    station(dock, "not-recorded", "--reason", "urgent", "--unit", UNIT, *SPAN, *WHO)
    assert station(dock, "backup", str(tmp_path / "copy")) == 0
    assert station(dock, "restore", str(tmp_path / "copy"), "--check") == 0
    dock.layout.index.unlink()
    assert station(dock, "register") == 0
    assert [json.loads(line)["type"] for line in entries(dock)] == ["not_recorded"]


def test_the_doctor_looks_at_the_rules_that_are_named(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    station(dock, "doctor")
    assert "ok    rules: 漯河市畜牧兽医执法大队" in capsys.readouterr().out
    name_rules(dock, "luohe-xum")
    station(dock, "doctor")
    assert "MEND  rules: luohe-xum" in capsys.readouterr().out
