"""One Chromium for all tests of the page, and each package vector as a folder."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import Chromium
from tests.browser.viewer import Viewer
from tests.vectors.make_packages import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRUST = FOLDER / "trust.toml"
KEY = FOLDER / "station.agekey"


@pytest.fixture(scope="package")
def browser(
    need: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chromium]:
    with Chromium(need("chromium"), tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


@pytest.fixture
def viewer(browser: Chromium) -> Viewer:
    """The page in a fresh tab, in Chinese."""
    fresh = Viewer(browser.page())
    fresh.open()
    return fresh


@dataclass(frozen=True)
class Laid:
    """A package vector on a disk, and the verdict that it must get."""

    package: Path
    key: Path | None
    expected: object


@pytest.fixture
def laid(tmp_path: Path) -> Callable[[str], Laid]:
    """Lay a vector out as a folder."""

    def lay(name: str) -> Laid:
        described = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        for file, data in described["files"].items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b64decode(data))
        return Laid(tmp_path / name, KEY if described["key"] else None, described["expected"])

    return lay
