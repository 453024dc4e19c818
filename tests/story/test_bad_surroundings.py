"""What can be wrong around a demo: ports, brokers, disks, codings. One sentence, nothing lost."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.devices.sample import make_tapes
from recorder.programs.demo.founding import Given, found
from recorder.programs.demo.household import FellShort, Household
from recorder.programs.demo.places import make_places
from recorder.programs.demo.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
SHILU = Path(sys.executable).with_name("shilu")


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    """A founded station and an enrolled unit; nothing runs yet."""
    places = make_places(tmp_path / "out")
    house = Household(places.logs, lambda _told: None)
    founded = found(places, Given(None, None, None, "embedded"))
    yield Telling(places, founded, house, lambda *_, **__: None, None, by_hand=False)
    house.end_all()
    shutil.rmtree(places.sockets)


def broker_port(telling: Telling) -> int:
    fleet = telling.places.unit / "config" / "fleet.toml"
    port: int = tomllib.loads(fleet.read_text(encoding="utf-8"))["station"]["port"]
    return port


def spool(telling: Telling) -> dict[str, bytes]:
    files = (path for path in telling.places.spool.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files}


def fell_short(refusal: pytest.ExceptionInfo[FellShort]) -> str:
    sentence = str(refusal.value)
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


def test_a_port_that_the_broker_cannot_have_is_named(telling: Telling) -> None:
    port = broker_port(telling)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(FellShort) as refusal:
            telling.dock_once()
    assert str(port) in fell_short(refusal)


def test_a_broker_that_is_not_there_is_named_and_the_spool_stays_as_it_is(
    telling: Telling,
) -> None:
    telling.house.start("custody", *telling.founded.custody)
    telling.house.until("custody", lambda told: told.event == "ready", 15)
    before = spool(telling)
    assert any("/log/" in name for name in before)
    telling.house.start("courier", *telling.founded.courier)
    with pytest.raises(FellShort) as refusal:
        telling.house.wait("courier", 70)
    assert f"no broker answers at 127.0.0.1:{broker_port(telling)}" in fell_short(refusal)
    assert spool(telling) == before


def demo(*words: str | Path, around: str = "", inside: tuple[str | Path, ...] = ()) -> str:
    """The one line on standard error of a demo that must fail; `around` is shell before it."""
    ran = subprocess.run(
        [*inside, "/bin/sh", "-c", f'{around}exec "$0" demo --headless "$@"', SHILU, *words],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    return line


@pytest.mark.parametrize("limit_kilobytes", [1, 100, 500])
def test_a_disk_that_takes_no_more_is_one_sentence_and_costs_nothing_that_was_there(
    tmp_path: Path, limit_kilobytes: int
) -> None:
    kept = tmp_path / "mine"
    kept.write_text("keep me", encoding="utf-8")
    line = demo("--out", tmp_path / "out", around=f"ulimit -f {limit_kilobytes * 2} && ")
    assert f"{tmp_path / 'out'} cannot be written" in line
    assert "free space there, or choose another folder with --out" in line
    assert kept.read_text(encoding="utf-8") == "keep me"


@pytest.mark.parametrize(
    ("megabytes", "sentence"),
    [
        (3, "cannot be written (No space left on device); free space there"),
        (9, "the archive is full: nothing is taken from BF-0007, which keeps everything"),
        (14, "the unit cannot record: The card has room for 0 minutes and 2 are needed"),
    ],
)
def test_a_disk_too_small_is_said_before_anything_is_recorded(
    tmp_path: Path, need: Callable[[str], Path], megabytes: int, sentence: str
) -> None:
    mount = f"mount -t tmpfs -o size={megabytes}m small {tmp_path} && "
    own_mounts = (need("unshare"), "--map-root-user", "--mount")
    line = demo("--out", tmp_path / "out", around=mount, inside=own_mounts)
    assert sentence in line


def test_a_film_in_a_coding_that_nobody_here_can_read_is_named(tmp_path: Path) -> None:
    film = make_tapes(tmp_path / "tapes", datetime(2026, 11, 21, 1, 0, tzinfo=UTC)).film
    strange = tmp_path / "strange.mp4"
    strange.write_bytes(film.read_bytes().replace(b"avc1", b"zzz9").replace(b"avcC", b"zzzC"))
    line = demo("--out", tmp_path / "out", "--video", strange)
    assert "strange.mp4" in line
    assert "convert it with: ffmpeg" in line
