"""Fifty units in seconds, each with its own seed; nothing secret, nothing half done."""

from __future__ import annotations

import csv
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from config.command import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = ("meta-data", "network-config", "user-data")


def flash(agency: Path, to: Path, *more: str | Path) -> int:
    fleet = agency / "fleet"
    words = ("flash", "--batch", fleet / "units.csv", "--rules", fleet / "rules.toml",
             "--fleet", fleet / "fleet.toml", "--to", to, *more)  # fmt: skip
    return main([str(word) for word in words])


def schema(need: Callable[[str], Path], user_data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [need("cloud-init"), "schema", "--config-file", user_data],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_fifty_units_take_seconds_and_no_two_are_the_same(agency: Path, tmp_path: Path) -> None:
    since = time.monotonic()
    assert flash(agency, tmp_path / "seeds") == 0
    assert time.monotonic() - since < 10
    units = sorted(path for path in (tmp_path / "seeds").iterdir() if path.is_dir())
    assert [unit.name for unit in units] == [f"BF-{n:04d}" for n in range(1, 51)]
    assert all(tuple(sorted(one.name for one in unit.iterdir())) == SEED for unit in units)
    assert len({(unit / "meta-data").read_bytes() for unit in units}) == 50
    with (tmp_path / "seeds" / "flashed.csv").open() as listed:
        assert len({row["config_sha256"] for row in csv.DictReader(listed)}) == 50


def test_a_seed_holds_the_hash_of_the_key_and_no_secret(agency: Path, tmp_path: Path) -> None:
    listed = agency / "fleet" / "units.csv"
    hashed = listed.read_text("utf-8-sig").splitlines()[1].split(",")[2]
    listed.write_text(listed.read_text("utf-8-sig").replace(hashed, "the dock's own passphrase"))
    assert flash(agency, tmp_path / "seeds") == 0
    written = b"".join(path.read_bytes() for path in (tmp_path / "seeds").rglob("*-*"
                       ) if path.is_file())  # fmt: skip
    assert hashed.encode() in written
    for secret in (b"passphrase", b"PRIVATE", b"AGE-SECRET", b"token", b"ssh_auth"):
        assert secret not in written


@pytest.mark.slow
def test_cloud_init_itself_accepts_the_seed_and_would_name_a_mistake(
    agency: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    assert flash(agency, tmp_path / "seeds") == 0
    user_data = tmp_path / "seeds" / "BF-0042" / "user-data"
    accepted = schema(need, user_data)
    assert accepted.returncode == 0, accepted.stderr
    assert "Valid" in accepted.stdout
    user_data.write_text(user_data.read_text().replace("permissions:", "rights:"))
    assert schema(need, user_data).returncode != 0


@pytest.mark.slow
def test_a_unit_reads_back_from_its_image_what_was_meant_for_it(
    agency: Path, image: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("mcopy")
    before = image.read_bytes()
    assert flash(agency, tmp_path / "images", "--image", image) == 0
    assert flash(agency, tmp_path / "seeds") == 0
    assert len(list((tmp_path / "images").glob("*.img"))) == 50
    for name in SEED:
        drive = f"{tmp_path / 'images' / 'BF-0050.img'}@@{2048 * 512}"
        subprocess.run([need("mcopy"), "-i", drive, f"::/{name}", tmp_path / name], check=True)
        meant = tmp_path / "seeds" / "BF-0050" / name
        assert (tmp_path / name).read_bytes() == meant.read_bytes()
    assert image.read_bytes() == before


def test_nothing_is_written_while_one_unit_is_wrong(
    agency: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = agency / "fleet" / "units.csv"
    rows = listed.read_text("utf-8-sig").splitlines()
    rows[50] = rows[50].replace(",,,,", ",张三,41042101,李四,41042101")
    listed.write_text("\n".join(rows))
    assert flash(agency, tmp_path / "seeds") == 2
    assert "BF-0050/unit.toml 第 11 行 officers[2].number" in capsys.readouterr().err
    assert not (tmp_path / "seeds").exists()


def test_a_unit_that_was_written_is_not_written_again(agency: Path, tmp_path: Path) -> None:
    assert flash(agency, tmp_path / "seeds") == 0
    kept = (tmp_path / "seeds/BF-0001/user-data").read_bytes()
    assert flash(agency, tmp_path / "seeds") == 2
    assert (tmp_path / "seeds/BF-0001/user-data").read_bytes() == kept


@pytest.mark.parametrize("content", [b"", b"not an image", bytes(510) + b"\x55\xaa"])
def test_what_is_no_image_is_refused_by_its_name(
    agency: Path, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong.img").write_bytes(content)
    assert flash(agency, tmp_path / "out", "--image", tmp_path / "wrong.img") == 2
    assert "wrong.img：没有 FAT 启动分区" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_fleet_that_is_not_there_ends_with_one(agency: Path, tmp_path: Path) -> None:
    (agency / "fleet" / "fleet.toml").unlink()
    assert flash(agency, tmp_path / "seeds") == 1
