"""The acceptance report stands alone: whoever changes it, or signs it with another key, shows."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from config.command import main
from config.provision.accepted import check_report, make_report, read_report
from config.words import ConfigRefused
from recorder.evidence.events import SelfCheckItem
from recorder.evidence.record import CheckVerdict, SelfCheck
from recorder.evidence.trust import parse_trust
from tests.verify.conftest import Scene, enrolled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def checked(verdict: CheckVerdict, seed: int = 1) -> Scene:
    """A unit that has recorded, then checked itself, then recorded again."""
    scene = enrolled(seed)
    scene.unit.record(2)
    items = (
        SelfCheckItem("camera", verdict, 25, "frames"),
        SelfCheckItem("key", CheckVerdict.PASS, 1, "yes"),
    )
    scene.unit.say(SelfCheck(verdict, items))
    scene.unit.record(2)
    return scene


def worsened(scene: Scene) -> Scene:
    """That unit, whose card then runs low: one item gets worse, and is stated alone."""
    item = SelfCheckItem("storage", CheckVerdict.WARN, 20, "minutes")
    scene.unit.say(SelfCheck(CheckVerdict.WARN, (item,)))
    return scene


def spool_of(scene: Scene, folder: Path) -> Path:
    for name, data in scene.unit.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "trust.toml").write_text(scene.station.trust_text())
    return folder


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return spool_of(checked(CheckVerdict.PASS), tmp_path / "spool")


def selftest(*words: str | Path) -> int:
    return main(["selftest", *map(str, words)])


def test_a_report_is_made_of_the_log_and_can_be_checked_elsewhere(
    spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, trust = tmp_path / "report.json", spool / "trust.toml"
    assert selftest("--spool", spool, "--trust", trust, "--to", report) == 0
    assert selftest("--check", report, "--trust", trust) == 0
    assert "BF-0007" in capsys.readouterr().out


def test_the_station_makes_the_report_of_a_unit_that_docked(spool: Path, tmp_path: Path) -> None:
    data, trust = tmp_path / "station" / "data", spool / "trust.toml"
    shutil.copytree(spool / "log", data / "archive" / "bf" / "BF-0007" / "log")
    (data / "units" / "bf" / "BF-0007").mkdir(parents=True)
    shutil.copy(spool / "identity/chain.pem", data / "units/bf/BF-0007/identity.pem")
    report = tmp_path / "report.json"
    of = ("--station", data.parent, "--trust", trust, "--unit")
    assert selftest(*of, "BF-0007", "--to", report) == 0
    assert selftest("--check", report, "--trust", trust) == 0
    assert selftest(*of, "BF-0008") == 2


def test_a_unit_that_failed_is_not_accepted(tmp_path: Path) -> None:
    spool = spool_of(checked(CheckVerdict.FAIL), tmp_path / "spool")
    assert selftest("--spool", spool, "--trust", spool / "trust.toml") == 2


def test_one_item_that_got_worse_since_is_not_the_self_check(tmp_path: Path) -> None:
    spool = spool_of(worsened(checked(CheckVerdict.PASS)), tmp_path / "spool")
    roots = parse_trust((spool / "trust.toml").read_text()).roots
    accepted = check_report(make_report(spool), roots)
    assert [one.item for one in accepted.check.items] == ["camera", "key"]


def test_a_report_on_one_item_alone_accepts_no_unit(tmp_path: Path) -> None:
    whole = checked(CheckVerdict.PASS)
    spool = spool_of(whole, tmp_path / "spool")
    roots = parse_trust((spool / "trust.toml").read_text()).roots
    report = make_report(spool)
    parts = json.loads(report.record)
    parts["items"] = [item for item in parts["items"] if item["item"] != "key"]
    with pytest.raises(ConfigRefused, match="no self-check of a whole unit"):
        check_report(replace(report, record=json.dumps(parts, separators=(",", ":")) + "\n"), roots)


@pytest.mark.parametrize("scene", [enrolled, lambda: worsened(enrolled())])
def test_a_unit_that_never_checked_itself_is_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scene: Callable[[], Scene]
) -> None:
    spool = spool_of(scene(), tmp_path / "spool")
    assert selftest("--spool", spool, "--trust", spool / "trust.toml") == 2
    assert "日志里还没有自检。开机" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("record", '"value":25', '"value":30'),
        ("record", '"pass"', '"fail"'),
        ("record", "BF-0007", "BF-0008"),
        ("record", '"seq":', '"seq":1'),
        ("epoch", "BF-0007", "BF-0008"),
        ("epoch", '"epoch":1', '"epoch":2'),
        ("head", "BF-0007", "BF-0008"),
        ("chain", "CERTIFICATE", "CERTIFICATES"),
    ],
)
def test_a_changed_report_is_refused(spool: Path, part: str, old: str, new: str) -> None:
    roots = parse_trust((spool / "trust.toml").read_text()).roots
    report = make_report(spool)
    assert check_report(report, roots).check.verdict is CheckVerdict.PASS
    assert old in getattr(report, part)
    with pytest.raises(ConfigRefused):
        check_report(replace(report, **{part: getattr(report, part).replace(old, new)}), roots)


@pytest.mark.parametrize("part", ["record", "epoch", "head", "chain", "proof"])
def test_no_part_of_another_units_report_fits(spool: Path, tmp_path: Path, part: str) -> None:
    roots = parse_trust((spool / "trust.toml").read_text()).roots
    other = make_report(spool_of(checked(CheckVerdict.PASS, seed=2), tmp_path / "other"))
    mixed = replace(make_report(spool), **{part: getattr(other, part)})
    with pytest.raises(ConfigRefused):
        check_report(mixed, roots)


def test_a_unit_of_another_authority_is_not_believed(spool: Path, agency: Path) -> None:
    strangers = parse_trust((agency / "station" / "trust.toml").read_text()).roots
    with pytest.raises(ConfigRefused, match=r"does not name|not issued"):
        check_report(make_report(spool), strangers)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}'])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(ConfigRefused):
        read_report(tmp_path / "r.json")


def test_a_report_of_a_later_version_is_refused(spool: Path, tmp_path: Path) -> None:
    value = json.loads(make_report(spool).text())
    (tmp_path / "r.json").write_text(json.dumps({**value, "version": 2}))
    with pytest.raises(ConfigRefused, match="version 2"):
        read_report(tmp_path / "r.json")
