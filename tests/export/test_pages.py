"""What goes with a package: the list of evidence, and how to check it by hand."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from typing import TYPE_CHECKING

import bagit
import pytest

from recorder.evidence.package import MANIFEST, TAG_MANIFEST
from recorder.evidence.words import digest
from recorder.programs import verify
from uplink.station.package.inventory import COLUMNS, beijing_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.export.conftest import Exported

FILM = "data/unit/media/000001-0001.mp4.age"
LOG = "data/unit/log/000001.jsonl"


def test_the_pages_are_part_of_the_bag_and_the_package_is_proven(honest: Exported) -> None:
    bagit.Bag(str(honest.package)).validate()
    trust, key = honest.folder / "trust.toml", honest.folder / "station.agekey"
    assert verify.main([str(honest.package), "--trust", str(trust), "--key", str(key)]) == 0


def test_the_list_names_every_file_with_its_check_value(honest: Exported) -> None:
    data = (honest.package / "清单.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    first, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert tuple(first) == COLUMNS
    listed = {row[1]: row for row in rows}
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    files = [path for path in (honest.package / "data").rglob("*") if path.is_file()]
    assert set(listed) == {str(path.relative_to(honest.package)) for path in files}
    for path in files:
        row = listed[str(path.relative_to(honest.package))]
        assert row[4:6] == [str(path.stat().st_size), digest(path.read_bytes())]
        assert row[2] != "其他"


def test_a_film_is_listed_with_its_times_its_unit_and_its_interruption(honest: Exported) -> None:
    text = (honest.package / "清单.csv").read_text(encoding="utf-8-sig")
    rows = {row[1]: row for row in csv.reader(io.StringIO(text))}
    film = rows[FILM]
    assert film[2:4] == ["视音频", "MP4(H.264/AAC)，age 加密"]
    # The unit's boot clock stands at 0 at 16:00 in Beijing; a film begins two minutes later.
    assert film[6].startswith("2026-11-21 16:02:0")
    assert film[6].endswith(" +08:00")
    assert film[6] < film[7]
    assert film[8:12] == ["设备时钟(gps，±50 毫秒)", "1-1", "BF-0007", "baofeng-mz"]
    assert film[12] == ""
    assert "断电" in rows["data/unit/media/000002-0001.mp4.age"][12]


def test_a_time_is_written_for_people_and_its_absence_too() -> None:
    assert beijing_text("2026-11-21T16:05:33.120Z") == "2026-11-22 00:05:33 +08:00"
    assert beijing_text("") == ""


# --- by hand --------------------------------------------------------------------------------------


def commands(package: Path) -> str:
    text = (package / "HOW-TO-CHECK.txt").read_text(encoding="utf-8")
    return "\n".join(line[4:] for line in text.splitlines() if line.startswith("    ")) + "\n"


def by_hand(package: Path) -> subprocess.CompletedProcess[str]:
    """Run every command of the page, literally, as it says: in one sh, in the package."""
    return subprocess.run(
        ["/bin/sh", "-eu"],
        input=commands(package),
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(honest: Exported, tmp_path: Path, need: Callable[[str], Path]) -> Path:
    for program in ("sha256sum", "openssl", "age"):
        need(program)
    for name in ("root.pem", "station.agekey"):
        shutil.copy(honest.folder / name, tmp_path)
    return shutil.copytree(honest.package, tmp_path / "package")


def bagged_anew(package: Path) -> None:
    """Write the bag's lists as a forger would."""
    for name, inside in ((MANIFEST, True), (TAG_MANIFEST, False)):
        lines = [
            f"{digest(path.read_bytes())}  {path.relative_to(package)}\n"
            for path in sorted(package.rglob("*"))
            if path.is_file()
            and (package / "data" in path.parents) is inside
            and path.name != TAG_MANIFEST
        ]
        (package / name).write_text("".join(lines), encoding="utf-8")


@pytest.mark.slow
def test_every_command_of_the_page_runs_and_an_honest_package_passes(copied: Path) -> None:
    done = by_hand(copied)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Verified OK") == 2  # an epoch for each run
    assert "Signature Verified Successfully" in done.stdout
    assert not [path for path in copied.rglob("check*") if path.is_dir()]


def flip(path: Path, old: bytes, new: bytes) -> None:
    """Change the last place where `old` stands."""
    before, found, behind = path.read_bytes().rpartition(old)
    assert found
    path.write_bytes(before + new + behind)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (FILM, b"age-encryption.org/v1", b"age-encryption.org/v2"),
        (LOG, b'"score_permille":870', b'"score_permille":871'),
        (LOG, b'"officers":2', b'"officers":1'),
        ("data/unit/log/000002.jsonl", b'"custody lost"', b'"camera lost"'),
        ("data/unit/log/000002.heads", b"\n\n", b"A\n\n"),
    ],
)
def test_by_hand_a_changed_package_does_not_pass(
    copied: Path, file: str, old: bytes, new: bytes
) -> None:
    flip(copied / file, old, new)
    assert by_hand(copied).returncode != 0, "the bag's own lists"
    bagged_anew(copied)
    assert by_hand(copied).returncode != 0, "the records, with the lists written anew"


@pytest.mark.slow
def test_by_hand_another_root_does_not_pass(copied: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    made += ["-nodes", "-keyout", "own.key", "-out", "root.pem", "-subj", "/CN=root/O=baofeng-mz"]
    subprocess.run(made, cwd=copied.parent, check=True, capture_output=True)
    assert by_hand(copied).returncode != 0
