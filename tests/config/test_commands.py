"""`shilu config` as a technician and a script meet it: what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from config.command import COMMANDS, main
from config.load import load_rules, shipped, shipped_rules
from config.rule_draft import SECTIONS
from config.rule_manual import sections

if TYPE_CHECKING:
    from config.schema import Rules

SAMPLES = Path(__file__).parent / "samples"
SHILU = Path(sys.executable).with_name("shilu")
DRAFT = ("--id", "nanshan-shuiwu", "--title", "南山县水务局音像记录办法", "--agency",
         "南山县水务局", "--articles", "12", "--hand-in", "same-day", "--keep", "3",
         "--inside", "科长", "--inside", "分管领导", "--outside", "局长")  # fmt: skip


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    for name in ("rules", "fleet", "unit"):
        shutil.copy(SAMPLES / f"{name}.toml", tmp_path)
    return tmp_path


def config(*words: str | Path) -> int:
    return main([str(word) for word in words])


def break_unit(layers: Path) -> None:
    unit = layers / "unit.toml"
    unit.write_text(unit.read_text().replace("segment_seconds = 60", "segment_seconds = 0"))


def test_what_is_in_order_is_said_in_one_line(
    layers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config("check", "--config", layers) == 0
    number, agency, digest = capsys.readouterr().out.split()
    assert (number, agency, len(digest)) == ("NS-0007", "南山县水务局", 64)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "unit.toml 第 13 行 record.segment_seconds = 0：须在 5 到 600 之间。改为 60 可用。"),
        ("en", "unit.toml line 13 record.segment_seconds = 0: must be between 5 and 600."),
    ],
)
def test_what_is_wrong_is_said_in_either_language(
    layers: Path, capsys: pytest.CaptureFixture[str], lang: str, said: str
) -> None:
    break_unit(layers)
    assert config("check", "--config", layers, "--lang", lang) == 2
    assert said in capsys.readouterr().err


def test_a_script_gets_every_problem_as_json_in_both_languages(
    layers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    break_unit(layers)
    assert config("check", "--config", layers, "--json") == 2
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    (problem,) = told["problems"]
    assert (problem["file"], problem["line"]) == ("unit.toml", 13)
    assert problem["zh"] != problem["en"]


def test_a_file_that_is_not_there_is_another_exit_code(layers: Path) -> None:
    (layers / "fleet.toml").unlink()
    assert config("check", "--config", layers) == 1


def test_show_names_the_line_of_each_value_or_says_default(
    layers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config("show", "--config", layers) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "unit record.segment_seconds = 60  ← unit.toml:13" in shown
    assert "unit gestures.double_press_ms = 400  ← 默认 default" in shown
    assert 'unit officers[2].name = "李四"  ← unit.toml:31' in shown
    assert "fleet witnesses.quorum = 2  ← fleet.toml:20" in shown
    assert 'rules access.outside.approvers = ["局长"]  ← rules.toml:92' in shown


def test_show_agrees_with_the_files_line_by_line(
    layers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config("show", "--config", layers, "--json", "--set") == 0
    values = json.loads(capsys.readouterr().out)["values"]
    assert len(values) > 80
    for one in values:
        line = (layers / one["file"]).read_text().splitlines()[one["line"] - 1]
        assert line.split("=")[0].strip() == one["key"].rpartition(".")[2]


def test_a_wrong_configuration_is_not_shown_as_if_it_were_in_force(
    layers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    break_unit(layers)
    assert config("show", "--config", layers) == 2
    assert capsys.readouterr().out == ""


def test_the_schemas_know_every_key_and_are_not_overwritten(tmp_path: Path) -> None:
    assert config("schema", "--to", tmp_path) == 0
    rules = json.loads((tmp_path / "rules.schema.json").read_text())
    assert set(rules["$defs"]["Rules"]["properties"]) >= {"hand_in", "retention", "access"}
    assert rules["$defs"]["Rules"]["additionalProperties"] is False
    assert {path.name for path in tmp_path.iterdir()} == {
        "rules.schema.json", "fleet.schema.json", "unit.schema.json",
    }  # fmt: skip
    assert config("schema", "--to", tmp_path) == 2


def test_an_editor_accepts_by_the_schema_what_is_good_and_underlines_what_is_not(
    layers: Path, tmp_path: Path
) -> None:
    assert config("schema", "--to", tmp_path / "schemas") == 0

    validators = {}
    for layer in ("rules", "fleet", "unit"):
        schema = json.loads((tmp_path / "schemas" / f"{layer}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[layer] = jsonschema.Draft202012Validator(schema)

    def judge(layer: str, text: str) -> int:
        """Count what a validator of JSON Schema, not ours, has to say."""
        # An editor gives a day to its validator as it stands there.
        document = json.loads(json.dumps(tomllib.loads(text), default=str))
        return len(list(validators[layer].iter_errors(document)))

    for layer in validators:
        good = (layers / f"{layer}.toml").read_text("utf-8")
        assert judge(layer, good) == 0
        assert judge(layer, f"colour = 1\n{good}") == 1
    for name in shipped_rules():
        assert judge("rules", shipped(name).data.decode()) == 0
    unit = (layers / "unit.toml").read_text("utf-8")
    assert judge("unit", unit.replace("segment_seconds = 60", "segment_seconds = 0")) == 1
    assert judge("unit", unit.replace('number = "NS-0007"', "number = 7")) == 1


def test_a_sixth_agency_begins_with_a_valid_file_and_no_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nanshan.toml"
    cite = (
        "--cite",
        "hand_in=第八条=当天交回",
        "--cite",
        "access.inside=第十条=科长、分管领导同意",
    )
    assert config("rules", "new", "--to", file, *DRAFT, *cite) == 0
    rules = load_rules(file)
    assert rules.hand_in.within == "same_day"
    assert (rules.hand_in.article, rules.hand_in.source) == ("第八条", "article")
    assert rules.access.inside.approvers == ("科长", "分管领导")
    assert rules.retention[0].years == 3
    uncited = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]]
    assert "span" in uncited
    assert "hand_in" not in uncited
    assert rules.span.source == "default"


def test_a_person_at_a_terminal_is_asked_again_until_the_answer_fits(tmp_path: Path) -> None:
    file = tmp_path / "nanshan.toml"
    answers = ["Nanshan", "nanshan-shuiwu", "南山县水务局办法", "南山县水务局", "十八", "18",
               "24小时", "24", "3", "法制办、分管局长", "局长"]  # fmt: skip
    ours, theirs = os.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-I", "-m", "recorder.programs.shilu", "config", "rules", "new",
         "--to", str(file)],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    said, _ = asking.communicate(timeout=40)
    os.close(ours)
    assert asking.returncode == 0, said
    rules = load_rules(file)
    assert (rules.regulation.id, rules.regulation.articles) == ("nanshan-shuiwu", 18)
    assert rules.access.inside.approvers == ("法制办", "分管局长")
    assert said.count("须为") == 3


def test_a_sixth_agencys_file_works_with_a_fleet_and_a_unit(layers: Path) -> None:
    (layers / "rules.toml").unlink()
    assert config("rules", "new", "--to", layers / "rules.toml", *DRAFT) == 0
    assert config("check", "--config", layers) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--hand-in", "tomorrow"), '--hand-in = "tomorrow"|须为整数'),
        (("--keep", "0"), "须在 1 到 100 之间"),
        (("--id", "Nanshan"), "regulation.id"),
        (("--cite", "hand_in=第十三条=迟"), "原文只有 12 条"),
        (("--cite", "handin=第八条=当天"), "写法是 节=条=原文"),
        (("--wording", ""), "notice.wording.say"),
    ],
)
def test_a_wrong_answer_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], said: str
) -> None:
    file = tmp_path / "x.toml"
    assert config("rules", "new", "--to", file, *DRAFT, *change) == 2
    told = capsys.readouterr().err
    assert any(one in told for one in said.split("|"))
    assert not file.exists()


def test_a_draft_shows_every_section_that_a_regulation_may_have(tmp_path: Path) -> None:
    """Taken in, each is valid; so a writer never has to look for what another agency has."""
    file = tmp_path / "nanshan.toml"
    assert config("rules", "new", "--to", file, *DRAFT) == 0
    text = re.sub(r"^#(?=[^ ]|    )", "", file.read_text("utf-8"), flags=re.MULTILINE)
    file.write_text(re.sub(r'^article = ".*"', 'article = "第一条"', text, flags=re.MULTILINE))
    rules = load_rules(file)
    assert [name for name in rules.__struct_fields__ if not getattr(rules, name)] == []
    assert rules.hand_in.exceptions
    assert len(rules.retention) == 2
    assert rules.scenes[0].must_show


def test_the_manual_above_a_section_is_the_same_in_every_shipped_file() -> None:
    said: dict[str, set[str]] = {}
    for name in shipped_rules():
        for section, above, _ in sections(shipped(name).data.decode()):
            if above:
                said.setdefault(section, set()).add(above)
    assert [section for section, manuals in said.items() if len(manuals) > 1] == []
    assert len(said) > 35


def test_every_section_of_a_draft_can_be_cited(tmp_path: Path) -> None:
    cite = [word for name in SECTIONS for word in ("--cite", f"{name}=第一条=原文")]
    assert config("rules", "new", "--to", tmp_path / "x.toml", *DRAFT, *cite) == 0
    assert "default" not in (tmp_path / "x.toml").read_text().split("format = 1")[1]


def test_the_five_regulations_compare_as_five_different_ones(
    capsys: pytest.CaptureFixture[str], rules: dict[str, Rules]
) -> None:
    assert config("rules", "compare") == 0
    told = capsys.readouterr().out
    assert all(one.regulation.title in told for one in rules.values())
    for name in ("交回", "告知", "外单位调阅", "保存"):
        lines = [line for line in told.splitlines() if line.strip().startswith(name)]
        assert len(lines) == len(shipped_rules()) == 5
        assert len(set(lines)) >= 3, name
    assert len({line for line in told.splitlines() if "保存 kept" in line}) == 5


@pytest.mark.parametrize("words", [[], ["flush"]])
def test_an_unknown_command_lists_those_there_are(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err
    assert all(f"shilu config {name}" in told for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"shilu config {name}" in capsys.readouterr().out


@pytest.mark.slow
def test_a_reader_who_has_enough_sees_no_traceback() -> None:
    with subprocess.Popen(
        [SHILU, "config", "rules", "compare"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as told:
        assert told.stdout is not None
        assert told.stderr is not None
        told.stdout.close()
        assert told.stderr.read() == b""
