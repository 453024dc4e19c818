"""What the device tests are given: a studio, a muxer with what came out of it, made tapes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from recorder.devices.sample import Tapes, make_tapes
from tests.devices.studio import Desk, Studio, numbered

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def studio() -> type[Studio]:
    return Studio


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="session")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Tapes:
    begins = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    return make_tapes(tmp_path_factory.mktemp("tapes"), begins)


@pytest.fixture
def short_film(desk: Desk, tmp_path: Path) -> Path:
    """A film of one second without sound."""
    desk.feed(numbered(25))
    desk.end()
    film = tmp_path / "short.mp4"
    film.write_bytes(b"".join(piece.data for piece in desk.pieces))
    return film
