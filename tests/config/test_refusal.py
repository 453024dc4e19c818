"""Files are made once, with the mode that they need, whatever the umask of who makes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from config.refusal import write_new
from config.words import ConfigRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
def test_a_secret_is_read_by_nobody_else_and_all_else_by_everybody(tmp_path: Path) -> None:
    write_new(tmp_path / "key", b"secret", 0o600)
    write_new(tmp_path / "folder" / "paper", b"paper")
    assert mode(tmp_path / "key") == 0o600
    assert mode(tmp_path / "folder" / "paper") & 0o644 == 0o644


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    write_new(tmp_path / "paper", b"first")
    with pytest.raises(ConfigRefused, match="is there already"):
        write_new(tmp_path / "paper", b"second")
    assert (tmp_path / "paper").read_bytes() == b"first"
