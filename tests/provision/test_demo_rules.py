"""`shilu demo --rules NAME`: five agencies, five stories; only the data differs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.load import shipped_rules
from config.notice import notice_text
from recorder.devices.prompts import load_prompts
from recorder.programs.demo.agency import agency, make_prompts
from recorder.programs.demo.founding import Given, found
from recorder.programs.demo.places import make_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.schema import Rules

SHILU = Path(sys.executable).with_name("shilu")
NAMES = ("张三", "李四")


@pytest.mark.parametrize("name", shipped_rules())
def test_each_agency_has_its_own_unit_and_speaks_its_own_notice(
    name: str, regulations: dict[str, Rules], tmp_path: Path
) -> None:
    of = agency(name)
    spoken = load_prompts(make_prompts(of, tmp_path / "prompts"))[of.clip]
    assert spoken.text == notice_text(regulations[name], of.name, NAMES)
    assert of.name in spoken.text


def test_no_two_agencies_share_a_unit_or_a_clip() -> None:
    agencies = [agency(name) for name in shipped_rules()]
    assert len({one.unit for one in agencies}) == len({one.clip for one in agencies}) == 5


def test_the_notice_is_spoken_anew_where_somebody_can_speak(
    tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("espeak-ng")
    of = agency("luohe-xumu")
    folder = make_prompts(of, tmp_path / "prompts")
    with wave.open(str(folder / f"{of.clip}.wav"), "rb") as clip:
        assert clip.getnframes() > 7 * 16_000


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_rules())
def test_a_station_and_a_unit_are_founded_under_each_regulation(
    name: str, regulations: dict[str, Rules], tmp_path: Path
) -> None:
    places = make_places(tmp_path / "out")
    founded = found(places, Given(None, None, None, "embedded", name))
    assert founded.config.rules == regulations[name]
    assert founded.config.unit.number == agency(name).unit
    assert agency(name).clip in founded.conductor
    shutil.rmtree(places.sockets)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_another_agency_tells_the_whole_story_by_its_own_rules(tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = subprocess.run(
        [SHILU, "demo", "--headless", "--rules", "luohe-xumu", "--out", out],
        capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr
    steps = json.loads((out / "story.json").read_text())
    assert all(step["ok"] for step in steps)
    for said in (
        "unit LH-0007 of 漯河市畜牧兽医执法大队",
        "我们是漯河市畜牧兽医执法大队执法人员张三、李四",
        "交回 hand in：当天",
        "法制办公室 → 主管领导",
        "一般资料 1 年",
    ):
        assert said in steps[0]["seen"]
    assert next(step for step in steps if step["name"] == "notice")["seen"].startswith("heard")
    verified = next(step for step in steps if step["name"] == "verify")["seen"]
    assert "LH-0007" in verified
    shutil.rmtree(out)


def test_an_unknown_agency_is_refused_with_those_there_are() -> None:
    ran = subprocess.run(
        [SHILU, "demo", "--rules", "beijing"], capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert ran.returncode == 2
    assert all(name in ran.stderr for name in shipped_rules())
