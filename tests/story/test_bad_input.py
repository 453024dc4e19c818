"""What can be wrong with a demo: one sentence that says how to mend it, and no traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
SHILU = Path(sys.executable).with_name("shilu")


def refused(words: Sequence[str | Path]) -> str:
    """The one line on standard error of a command that must fail."""
    ran = subprocess.run(
        [SHILU, *map(str, words)], capture_output=True, text=True, check=False, timeout=100
    )
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr + ran.stdout
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, ran.stderr
    return lines[0]


def test_a_damaged_film(tmp_path: Path) -> None:
    film = tmp_path / "damaged.mp4"
    film.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(5000))
    said = refused(["demo", "--headless", "--out", tmp_path / "out", "--video", film])
    assert "damaged.mp4" in said


def test_a_film_that_is_not_there(tmp_path: Path) -> None:
    said = refused(["demo", "--headless", "--out", tmp_path / "out", "--video", "none.mp4"])
    assert "none.mp4 is not a file; check its name" in said


def test_a_log_without_positions(tmp_path: Path) -> None:
    log = tmp_path / "empty.nmea"
    log.write_text("hello\n")
    said = refused(["demo", "--headless", "--out", tmp_path / "out", "--nmea", log])
    assert "empty.nmea" in said


def test_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep me")
    said = refused(["demo", "--headless", "--out", tmp_path])
    assert "is not empty; choose a new folder" in said
    assert (tmp_path / "mine").read_text() == "keep me"


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(["demo", "--out", tmp_path / "out", "--port", str(port)])
    assert f"Port {port} is in use" in said


@pytest.mark.parametrize("content", ["nothing", "a picture"])
def test_a_package_that_is_none(tmp_path: Path, content: str) -> None:
    if content != "nothing":
        (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8\xff")
    trust = tmp_path.parent / "trust.toml"
    trust.write_text("version = 1\n")
    assert refused(["verify", tmp_path, "--trust", trust])


def test_a_command_that_is_none() -> None:
    ran = subprocess.run([SHILU, "delete"], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "shilu verify" in ran.stderr
