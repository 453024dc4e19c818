"""What the READMEs and pages name exists: commands, paths, tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = sorted(page.relative_to(ROOT).as_posix() for page in ROOT.glob("docs/**/*.md"))


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", READMES)
def test_every_test_that_a_readme_names_exists(page: str) -> None:
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )
    named = set(re.findall(r"`(test_\w+)`", text(page)))
    assert len(named) >= 6
    assert {name for name in named if f"def {name}(" not in tests} == set()


@pytest.mark.parametrize("page", READMES)
def test_every_path_that_a_readme_names_exists(page: str) -> None:
    named = re.findall(r"`((?:recorder|uplink|config|tests|docs)/[\w./-]+)`", text(page))
    later = {"tests/bench/results.json"}  # made by `make bench`
    assert {path for path in named if not (ROOT / path).exists()} - later == set()


@pytest.mark.parametrize("page", [*READMES, *PAGES])
def test_every_link_between_pages_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text(page))
    assert {link for link in links if not (folder / link).exists()} == set()


@pytest.mark.parametrize("page", READMES)
def test_every_make_target_that_a_readme_names_is_one(page: str) -> None:
    makefile = text("Makefile")
    for target in set(re.findall(r"`make ([a-z-]+)", text(page))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_ci_runs_the_readme_test_command() -> None:
    assert "make test" in text(".ci/run")


def test_both_readmes_show_the_same_commands() -> None:
    commands = [set(re.findall(r"`(make [a-z-]+)", text(page))) for page in READMES]
    assert commands[0] == commands[1]


def test_no_secret_and_no_machine_path_is_in_the_tree() -> None:
    tracked = subprocess.run(
        [shutil.which("git") or "git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.split(b"\0")
    for name in sorted(set(tracked) - {b""}):
        content = (ROOT / name.decode()).read_bytes()
        assert str(ROOT).encode() + b"/" not in content, name
        assert b"BEGIN PRIVATE" + b" KEY" not in content or name.startswith(b"tests/"), name
