"""The alert's script: in shell; one sentence for what stands in the way, by every way it has."""

from __future__ import annotations

import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALERT = ROOT / "systemd" / "alert"
FAULT_LAMP = ROOT / "systemd" / "fault-lamp"
PROMPTS = ROOT / "config" / "prompts"
LISTED = tomllib.loads((PROMPTS / "prompts.toml").read_text("utf-8"))["prompt"]
SENTENCES = {entry["id"]: entry["text"] for entry in LISTED}


@dataclass(frozen=True, slots=True)
class Stand:
    """A unit as the alert sees it: a mounted partition, settings, lamps; its voice is a program."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("etc", "leds", "bin", "run"):
            (self.folder / name).mkdir()
        # Answers for systemctl (no service has ended yet) and for aplay (notes what it is to play).
        self.program("systemctl", "echo 0")
        self.program("aplay", f'echo "$2" >>{self.folder}/played')
        self.settle()

    def program(self, name: str, line: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)

    def settle(self) -> None:
        """Give it all files of a unit that is set up."""
        for name in ("rules", "fleet", "unit", "custody"):
            (self.folder / "etc" / f"{name}.toml").touch()

    def lamp(self, name: str, *, trigger: bool) -> Path:
        folder = self.folder / "leds" / name
        folder.mkdir()
        (folder / "brightness").write_text("0\n", encoding="ascii")
        if trigger:
            (folder / "trigger").write_text("none\n", encoding="ascii")
        return folder

    def alert(self, unit: str = "shilu-custody", status: str = "", mounted: str = "/proc") -> str:
        ran = subprocess.run(
            [ALERT, unit, self.folder / "leds", PROMPTS],
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "SHILU_SETTINGS": str(self.folder / "etc"),
                "SHILU_EVIDENCE": mounted,
                "RUNTIME_DIRECTORY": str(self.folder / "run"),
                "MONITOR_EXIT_STATUS": status,
            },
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    def played(self) -> list[str]:
        found = self.folder / "played"
        return (
            [Path(line).stem for line in found.read_text().splitlines()] if found.exists() else []
        )


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def test_the_fault_lamp_blinks(stand: Stand) -> None:
    fault = stand.lamp("shilu-fault", trigger=True)
    other = stand.lamp("shilu-ready", trigger=True)
    sentence = SENTENCES["setup.fault"]
    said = f"shilu-custody: setup.fault: {sentence}; shown by: light sound\n"
    assert stand.alert() == said
    assert (fault / "trigger").read_text(encoding="ascii") == "heartbeat\n"
    assert (other / "trigger").read_text(encoding="ascii") == "none\n"


def test_a_lamp_that_cannot_blink_is_lit(stand: Stand) -> None:
    fault = stand.lamp("shilu-fault", trigger=False)
    stand.alert()
    assert (fault / "brightness").read_text(encoding="ascii") == "1\n"


def test_a_unit_that_records_without_papers_says_so_and_shows_no_fault(stand: Stand) -> None:
    fault = stand.lamp("shilu-fault", trigger=True)
    assert stand.alert("shilu-unenrolled").endswith("; shown by: sound\n")
    assert (fault / "trigger").read_text(encoding="ascii") == "none\n"


@pytest.mark.parametrize("trigger", [True, False])
def test_the_lamp_of_a_recorder_that_runs_rests_and_blinks_when_it_ended(
    stand: Stand, *, trigger: bool
) -> None:
    lamp = stand.lamp("shilu-fault", trigger=trigger)
    shown = lamp / ("trigger" if trigger else "brightness")
    for word, light in (("heartbeat", "1"), ("none", "0"), ("heartbeat", "1")):
        subprocess.run([FAULT_LAMP, word, stand.folder / "leds"], check=True)
        assert shown.read_text(encoding="ascii").strip() == (word if trigger else light)


def test_where_there_is_nothing_to_show_it_the_journal_still_says_so(stand: Stand) -> None:
    stand.program("aplay", "exit 1")
    assert "neither fault lamp nor speaker" in stand.alert()


@pytest.mark.parametrize(
    ("unit", "status", "clip"),
    [
        ("shilu-custody", "78", "setup.broken"),
        ("shilu-capture", "78", "setup.broken"),
        ("shilu-first", "2", "setup.broken"),
        ("shilu-custody", "77", "setup.key"),
        ("shilu-custody", "1", "setup.fault"),
        ("shilu-unenrolled", "", "setup.enroll"),
        ("shilu-station", "78", "setup.fault"),
    ],
)
def test_an_exit_code_has_its_sentence(stand: Stand, unit: str, status: str, clip: str) -> None:
    assert f"{unit}: {clip}: {SENTENCES[clip]}" in stand.alert(unit, status)
    assert stand.played() == [clip]


def test_what_is_missing_comes_before_what_failed_for_it(stand: Stand) -> None:
    assert ": setup.partition: " in stand.alert(status="78", mounted="/proc/version")
    (stand.folder / "etc" / "custody.toml").unlink()
    assert ": setup.key: " in stand.alert(status="66")
    (stand.folder / "etc" / "fleet.toml").unlink()
    assert ": setup.none: " in stand.alert(status="66")


def test_two_services_that_fail_for_one_reason_say_one_sentence(stand: Stand) -> None:
    stand.program("systemctl", 'case "$*" in *capture*) echo 78 ;; *) echo 0 ;; esac')
    assert ": setup.broken: " in stand.alert("shilu-custody", "1")
    assert ": setup.broken: " in stand.alert("shilu-capture", "78")
    assert stand.played() == ["setup.broken"], "said once, until 20 seconds are over"


def test_a_sentence_is_said_again_after_a_while_and_another_one_at_once(stand: Stand) -> None:
    stand.alert()
    assert "(said already)" in stand.alert()
    assert "sound" in stand.alert(status="77")
    long_ago = (stand.folder / "run" / "said").stat().st_mtime - 30
    os.utime(stand.folder / "run" / "said", (long_ago, long_ago))
    assert "sound" in stand.alert(status="77")
    assert stand.played() == ["setup.fault", "setup.key", "setup.key"]
