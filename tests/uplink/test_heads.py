"""A station that told two stories: the unit keeps both, and anybody can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.evidence.head import Head, cosign, sign_head
from recorder.evidence.note import add_signature, note_bytes, parse_note
from recorder.programs import shilu
from tests.uplink.dock import Dock
from uplink.station.settings import read_signing_key
from uplink.wire.post import Letter
from uplink.wire.proofs import AnchorLetter
from uplink.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AGENCY = "baofeng-mz"


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    made = Dock(tmp_path)
    made.enrol()
    made.unit.boot()
    made.unit.record(1)
    made.dock()
    made.bring_home()
    return made


def lie(dock: Dock, size: int, *, cosigners: int = 2) -> None:
    """Send a head of another log, by the same keys, with a proof that leads nowhere."""
    seen = dock.spool.newest
    note = parse_note(
        sign_head(
            Head(seen.origin, size, bytes(31) + b"!"), read_signing_key(dock.settings.log_key)
        )
    )
    for witness in dock.settings.witnesses[:cosigners]:
        assert witness.key is not None
        note = add_signature(note, cosign(note, witness.name, read_signing_key(witness.key), 1))
    letter = AnchorLetter(note_bytes(note).decode(), (), seen.size)
    topic = Topic(AGENCY, dock.unit.number, Kind.ANCHOR)
    dock.inbox.put(Letter(str(topic), letter.payload()))
    dock.turn()


@pytest.fixture
def collect(dock: Dock, tmp_path: Path) -> Callable[[], Path]:
    def write() -> Path:
        out = tmp_path / "heads of a unit"
        places = ("--spool", str(dock.spool.folder), "--outbox", str(dock.folder / "outbox.sqlite"))
        assert shilu.main(["heads", "collect", *places, "--out", str(out)]) == 0
        return out

    return write


def compare(dock: Dock, folder: Path) -> int:
    return shilu.main(
        ["heads", "compare", str(folder), "--trust", str(dock.station_folder / "trust.toml")]
    )


def at_the_station(dock: Dock, folder: Path) -> int:
    config = str(dock.station_folder / "station.toml")
    return shilu.main(["station", "--config", config, "heads", str(folder)])


def test_an_honest_stations_heads_fit(
    dock: Dock, collect: Callable[[], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = collect()
    assert list((folder / "heads").glob("receipt-*"))
    assert list((folder / "heads").glob("anchor-*"))
    assert compare(dock, folder) == 0
    assert "none contradicts another" in capsys.readouterr().out
    assert at_the_station(dock, folder) == 0
    assert "FOREIGN" not in capsys.readouterr().out


@pytest.mark.parametrize("cosigners", [2, 0])
def test_two_heads_of_one_size_prove_two_stories(
    dock: Dock, collect: Callable[[], Path], capsys: pytest.CaptureFixture[str], cosigners: int
) -> None:
    lie(dock, dock.spool.newest.size, cosigners=cosigners)
    folder = collect()
    assert "does not extend" in (folder / "refused/001.txt").read_text() or not cosigners
    assert compare(dock, folder) == 2
    said = capsys.readouterr().out
    assert "two stories of baofeng-mz.shilu/station, proven" in said
    assert ("nobody" in said) == (cosigners == 0)
    assert at_the_station(dock, folder) == 1
    assert "FOREIGN" in capsys.readouterr().out


def test_a_newer_head_whose_proof_leads_nowhere_is_not_shown_and_the_stations_log_decides(
    dock: Dock, collect: Callable[[], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lie(dock, dock.spool.newest.size + 1)
    folder = collect()
    assert compare(dock, folder) == 4
    assert "not shown: refused/001.json" in capsys.readouterr().out
    assert at_the_station(dock, folder) == 1
    captured = capsys.readouterr()
    assert "FOREIGN" in captured.out
    assert "somebody else signs with its key" in captured.err


def test_what_the_station_never_signed_proves_nothing(
    dock: Dock, collect: Callable[[], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = collect()
    (some,) = sorted((folder / "heads").glob("receipt-*"))[:1]
    forged = some.read_text().split("\n")
    forged[1] = str(int(forged[1]) + 5)
    (folder / "heads/forged.checkpoint").write_text("\n".join(forged))
    assert compare(dock, folder) == 0
    assert "forged.checkpoint proves nothing" in capsys.readouterr().out
    assert at_the_station(dock, folder) == 0


def test_a_folder_that_is_not_there_and_one_that_is_are_said(
    dock: Dock, collect: Callable[[], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(dock, tmp_path / "nowhere") == 1
    assert "nowhere" in capsys.readouterr().err
    collect()
    places = ("--spool", str(dock.spool.folder), "--outbox", str(dock.folder / "outbox.sqlite"))
    out = str(tmp_path / "heads of a unit")
    assert shilu.main(["heads", "collect", *places, "--out", out]) == 1
    assert "File exists" in capsys.readouterr().err
