"""The five regulations, loaded once, and the three good files of a made-up sixth agency."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.load import Source, load_rules, shipped, shipped_rules
from config.schema import Rules  # noqa: TC001 - beside the import of its loader it reads best

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def rules() -> dict[str, Rules]:
    return {name: load_rules(shipped(name)) for name in shipped_rules()}


@pytest.fixture
def samples() -> dict[str, Source]:
    """Return three good files, by layer."""
    return {
        layer: Source(f"{layer}.toml", (HERE / "samples" / f"{layer}.toml").read_bytes())
        for layer in ("rules", "fleet", "unit")
    }
