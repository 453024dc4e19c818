"""The fault lamp's script: in shell, and it tries every way it has."""

from __future__ import annotations

import subprocess
from pathlib import Path

ALERT = Path(__file__).resolve().parents[2] / "systemd" / "alert"


def alert(leds: Path) -> str:
    ran = subprocess.run(
        [ALERT, "shilu-custody", leds, "/nonexistent.wav"],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def lamp(leds: Path, name: str, *, trigger: bool) -> Path:
    folder = leds / name
    folder.mkdir()
    (folder / "brightness").write_text("0\n", encoding="ascii")
    if trigger:
        (folder / "trigger").write_text("none\n", encoding="ascii")
    return folder


def test_the_fault_lamp_blinks(tmp_path: Path) -> None:
    fault = lamp(tmp_path, "shilu-fault", trigger=True)
    other = lamp(tmp_path, "shilu-ready", trigger=True)
    assert alert(tmp_path) == "shilu-custody failed; shown by: light\n"
    assert (fault / "trigger").read_text(encoding="ascii") == "heartbeat\n"
    assert (other / "trigger").read_text(encoding="ascii") == "none\n"


def test_a_lamp_that_cannot_blink_is_lit(tmp_path: Path) -> None:
    fault = lamp(tmp_path, "shilu-fault", trigger=False)
    alert(tmp_path)
    assert (fault / "brightness").read_text(encoding="ascii") == "1\n"


def test_where_there_is_nothing_to_show_it_the_journal_still_says_so(tmp_path: Path) -> None:
    assert "neither fault lamp nor speaker" in alert(tmp_path)
