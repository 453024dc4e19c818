"""One Chromium for all tests of the page, and each package vector as a folder."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox
from tests.browser.viewer import Viewer
from tests.vectors.make_packages import FOLDER, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRUST = FOLDER / PLAIN
KEY = FOLDER / "station.agekey"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chromium", help="another Chromium than the machine's: make old-browser")
    parser.addoption("--firefox", help="a Firefox in its place: make firefox")


@pytest.fixture(scope="package")
def browser(
    request: pytest.FixtureRequest,
    need: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Chromium]:
    firefox = request.config.getoption("--firefox", default=None)
    if firefox is not None:
        with Firefox(Path(firefox), tmp_path_factory.mktemp("browser") / "profile") as another:
            # What Chromium alone can do, the tests that `make firefox` runs do not ask for.
            yield another  # type: ignore[misc]
        return
    other = request.config.getoption("--chromium", default=None)
    program = need("chromium") if other is None else Path(other)
    with Chromium(program, tmp_path_factory.mktemp("browser") / "profile") as running:
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
    trust: Path
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
        key = KEY if described["key"] else None
        trust = FOLDER / described.get("trust", PLAIN)
        return Laid(tmp_path / name, key, trust, described["expected"])

    return lay
