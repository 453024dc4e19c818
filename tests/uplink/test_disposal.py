"""What is held stays; what goes is named first, by two people, on an article; nothing else goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from recorder.programs import shilu
from tests.uplink.dock import Dock, Killed
from uplink.programs.wiring import registrar_for
from uplink.station.care.disposal import Keeper, footage
from uplink.station.log.changes import Change, What

if TYPE_CHECKING:
    from pathlib import Path

AGENCY, UNIT = "baofeng-mz", "BF-0007"


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    made = Dock(tmp_path)
    made.enrol()
    made.unit.boot()
    made.unit.record(1, 1)
    made.unit.record(1)
    made.dock()
    made.bring_home()
    return made


def station(dock: Dock, command: str, recording: int, *arguments: str) -> int:
    config = ("--config", str(dock.station_folder / "station.toml"))
    words = ("--recording", str(recording), "--by", "王五", "--reason", "到期")
    return shilu.main(["station", *config, command, UNIT, *words, *arguments])


SIGNED = ("--confirmed-by", "李四", "--article", "第十五条")


def films(dock: Dock) -> set[int]:
    return {int(name[6:12]) for name in dock.archived() if name.startswith("media/")}


def entries(dock: Dock) -> list[dict[str, object]]:
    index = dock.index()
    said = [json.loads(line) for _number, line in index.changes()]
    index.close()
    return said


def test_a_disposal_is_an_entry_by_two_people_on_an_article_and_then_the_films_go(
    dock: Dock,
) -> None:
    assert station(dock, "dispose", 1, *SIGNED) == 0
    assert films(dock) == {2}
    ((said),) = entries(dock)
    assert (said["type"], said["recordings"]) == ("disposal", [1])
    assert said["by"] == "王五, 李四"
    assert str(said["reason"]).startswith("第十五条")
    assert any(name.startswith("log/") for name in dock.archived())


def test_one_person_alone_disposes_of_nothing(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = ("--confirmed-by", "王五", "--article", "第十五条")
    assert station(dock, "dispose", 1, *alone) == 1
    assert "second person" in capsys.readouterr().err
    assert films(dock) == {1, 2}


def test_a_hold_blocks_and_its_end_is_an_entry_too(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(dock, "hold", 1) == 0
    capsys.readouterr()
    shilu.main(
        ["station", "--config", str(dock.station_folder / "station.toml"), "status", "--metrics"]
    )
    assert 'shilu_unit_recordings_on_hold{unit="BF-0007"} 1' in capsys.readouterr().out
    assert station(dock, "dispose", 1, *SIGNED) == 1
    assert "is under a hold; end the hold first" in capsys.readouterr().err
    assert films(dock) == {1, 2}
    assert station(dock, "unhold", 1) == 0
    assert station(dock, "dispose", 1, *SIGNED) == 0
    assert [one["type"] for one in entries(dock)] == ["hold", "unhold", "disposal"]
    assert films(dock) == {2}


def test_what_was_never_handed_in_cannot_be_held_or_disposed_of(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(dock, "hold", 9) == 1
    assert station(dock, "dispose", 9, *SIGNED) == 1
    assert "has not handed in recording 9" in capsys.readouterr().err
    assert entries(dock) == []


def test_the_rest_goes_on_new_receipts_a_package_and_a_whole_backup(
    dock: Dock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(dock, "dispose", 1, *SIGNED) == 0
    dock.restart()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert dock.courier.home
    assert films(dock) == {2, 3}
    config = ["station", "--config", str(dock.station_folder / "station.toml")]
    assert shilu.main([*config, "package", UNIT, "--out", str(tmp_path / "rest")]) == 0
    gone = [*config, "package", UNIT, "--out", str(tmp_path / "gone"), "--recording", "1"]
    assert shilu.main(gone) == 1
    assert "recording 1 of baofeng-mz.shilu/BF-0007 was disposed of" in capsys.readouterr().err
    assert shilu.main([*config, "backup", str(tmp_path / "copy")]) == 0
    assert shilu.main([*config, "restore", str(tmp_path / "copy"), "--check"]) == 0


def test_a_kill_at_any_moment_of_a_disposal_is_finished_by_the_same_order(dock: Dock) -> None:
    moments: list[str] = []

    def once(name: str) -> None:
        if name not in moments:
            moments.append(name)
            raise Killed(name)

    change = Change(
        What.DISPOSAL, f"{AGENCY}.shilu/{UNIT}", (1,), "a, b", "c", "s", "2026-11-21T08:00:00.000Z"
    )
    for _ in range(10):
        registrar = registrar_for(dock.settings)
        keeper = Keeper(dock.layout, registrar.index, registrar, once)
        known = footage((line for _n, line in registrar.index.changes()), change.log)
        if 1 not in known.gone:
            assert films(dock) == {1, 2}
        try:
            keeper.dispose(AGENCY, UNIT, change)
            break
        except Killed:
            continue
        finally:
            registrar.index.close()
    assert moments == [
        "dispose: before 1 (entry)", "dispose: before 2 (films)", "dispose: within 2 (films)",
    ]  # fmt: skip
    assert [one["type"] for one in entries(dock)] == ["disposal"]
    assert films(dock) == {2}
