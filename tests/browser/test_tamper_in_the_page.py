"""Every deed of the tamper matrix is answered by the page as by the command, word for word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.note import note_bytes
from recorder.programs import verify
from tests.browser.test_same_answers import unspoken
from tests.tamper.table import Case, Handed, Table
from tests.tamper.test_matrix import CASES, honest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.browser.viewer import Viewer
    from tests.verify.conftest import Scene

__all__ = ["honest"]
pytestmark = pytest.mark.slow
# No disk takes this name; the matrix judges it in memory.
IN_MEMORY_ONLY = {"A19"}
# Their findings repeat the words of a reader of malformed lines, and each reader has its own.
WITH_A_REASON = {"22", "A23", "A25", "A27", "A28"}


def laid(folder: Path, handed: Handed) -> dict[str, Path]:
    """Lay out what was handed over; give the place of each by the option that names it."""
    for name, data in handed.files.items():
        path = folder / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    places = {"trust": folder / "trust.toml"}
    places["trust"].write_text(handed.trust, encoding="utf-8")
    if handed.keys:
        places["key"] = folder / "station.agekey"
        places["key"].write_text("".join(f"{key.text()}\n" for key in handed.keys), "ascii")
    if handed.outside is not None:
        places["head"] = folder / handed.outside.name
        places["head"].write_bytes(note_bytes(handed.outside.signed.note))
    return places


@pytest.mark.parametrize(
    "each", [each for each in CASES if each.number not in IN_MEMORY_ONLY], ids=Case.sentence
)
def test_the_page_says_what_the_command_says(
    each: Case,
    honest: tuple[Scene, Mapping[str, bytes]],
    viewer: Viewer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Table(honest)
    each.deed(table)
    assert table.handed is not None
    places = laid(tmp_path, table.handed)
    options = [word for name, path in places.items() for word in (f"--{name}", str(path))]
    verify.main([str(tmp_path / "package"), *options, "--json"])
    due = json.loads(capsys.readouterr().out)
    said = viewer.check(tmp_path / "package", **places)
    if each.number in WITH_A_REASON:
        assert unspoken(said) == unspoken(due)
    else:
        assert said == due
