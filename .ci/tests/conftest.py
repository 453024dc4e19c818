"""The house's own scripts, importable, and a small test suite to try the suite's rules on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".ci"))


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run the given test code under the real tests/conftest.py: exit code and what was printed."""
    tests = tmp_path / "tests"
    tests.mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tests)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "packages.toml", tmp_path / ".ci")

    def run(code: str, *, ci: bool, path: str = os.environ["PATH"]) -> tuple[int, str]:
        (tests / "test_given.py").write_text("import pytest\n" + code, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"],
            cwd=tmp_path,
            env={"PATH": path, "CI": "true" if ci else ""},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run
