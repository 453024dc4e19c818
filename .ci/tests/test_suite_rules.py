"""No test is left out in silence: the rules of tests/conftest.py, tried on small suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ran = Callable[..., tuple[int, str]]

SKIPPED = "def test_it(): pytest.skip('the moon is full')\n"


def test_a_skipped_test_fails_in_ci_and_says_why(ran: Ran) -> None:
    code, said = ran(SKIPPED, ci=True)
    assert (code, "1 failed" in said) == (1, True)
    assert "CI leaves nothing out: Skipped: the moon is full" in said


def test_a_skipped_test_may_pass_at_home(ran: Ran) -> None:
    code, said = ran(SKIPPED, ci=False)
    assert (code, "1 skipped" in said) == (0, True)


def test_a_skipped_file_fails_in_ci_and_says_why(ran: Ran) -> None:
    code, said = ran("pytest.importorskip('no_such_library')\n", ci=True)
    assert code != 0
    assert "Skipped whole, and CI leaves nothing out" in said
    assert "no_such_library" in said


def test_a_test_for_a_real_unit_is_excused_in_ci(ran: Ran) -> None:
    code, said = ran("@pytest.mark.device\ndef test_it(): raise OSError\n", ci=True)
    assert (code, "needs a real unit" in said) == (0, True)


def test_a_known_failure_is_not_a_skip(ran: Ran) -> None:
    code, said = ran("@pytest.mark.xfail\ndef test_it(): assert False\n", ci=True)
    assert (code, "1 xfailed" in said) == (0, True)


def test_no_test_at_all_is_a_failure(ran: Ran) -> None:
    code, _ = ran("", ci=True)
    assert code == 5


def test_a_missing_program_fails_anywhere_and_names_its_package(ran: Ran, tmp_path: Path) -> None:
    # Folders that every machine keeps its programs in are searched too: ask for a made-up one.
    listed = tmp_path / ".ci" / "packages.toml"
    listed.write_text('[sextant]\npackage = "sextant-utils"\n', encoding="utf-8")
    code, said = ran("def test_it(need): need('sextant')\n", ci=False)
    assert code == 1
    assert "sudo apt-get install sextant-utils" in said


def test_a_program_is_found_under_its_other_names(ran: Ran, tmp_path: Path) -> None:
    listed = tmp_path / ".ci" / "packages.toml"
    listed.write_text('[sextant]\npackage = "sextant"\nalso = ["octant"]\n', encoding="utf-8")
    octant = tmp_path / "octant"
    octant.write_text("#!/bin/sh\n", encoding="utf-8")
    octant.chmod(0o755)
    test = "def test_it(need): assert need('sextant').name == 'octant'\n"
    code, said = ran(test, ci=True, path=str(tmp_path))
    assert code == 0, said


def test_a_program_that_is_not_listed_is_refused(ran: Ran) -> None:
    code, said = ran("def test_it(need): need('astrolabe')\n", ci=True)
    assert code == 1
    assert "List astrolabe and its Debian package in .ci/packages.toml" in said
