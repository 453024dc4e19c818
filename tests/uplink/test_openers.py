"""Films are read back and opened while they come; whatever changes after that is read again."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.words import digest, media_file
from tests.uplink.dock import Dock, station_events
from uplink.station.progress import Progress
from uplink.station.store.openers import PIECE_BYTES, Openers
from uplink.station.store.reading import BLOCK_BYTES, Facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILM = media_file(1, 1)


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    made = Dock(tmp_path)
    made.enrol()
    made.unit.boot()
    made.unit.fragment_bytes = 90_000
    made.unit.record(4)
    return made


def film(dock: Dock) -> bytes:
    return dock.unit.files[FILM]


def openers(dock: Dock, failures: list[BaseException] | None = None) -> Openers:
    heard = [] if failures is None else failures
    return Openers([dock.unit.station_key], 0, heard.append)


def read_back(path: Path, made: Openers, *lengths: int) -> None:
    """Tell of each length, as ingest does, and let the threads' work be done after each."""
    following = made.follow(path)
    for until in lengths:
        made.wrote(following, until, whole=until == lengths[-1])
        while not made.idle:
            made.turn(Progress())


def facts(path: Path, made: Openers, *lengths: int) -> Facts | None:
    read_back(path, made, *lengths)
    return made.facts_of(path)


def test_a_film_that_was_read_back_while_it_came_is_not_read_again(
    dock: Dock, tmp_path: Path
) -> None:
    path = tmp_path / "part"
    path.write_bytes(film(dock))
    size = len(film(dock))
    found = facts(path, openers(dock), size // 3, size // 2, size)
    assert found is not None
    assert (found.length, found.sha256) == (size, digest(film(dock)))
    blocks = [film(dock)[at : at + BLOCK_BYTES] for at in range(0, size, BLOCK_BYTES)]
    assert found.blocks == tuple(map(digest, blocks))


def test_a_film_of_several_pieces_is_read_to_where_it_has_come(dock: Dock, tmp_path: Path) -> None:
    dock.unit.fragment_bytes = PIECE_BYTES // 2
    dock.unit.record(5)
    data = dock.unit.files[media_file(2, 1)]
    assert len(data) > 2 * PIECE_BYTES
    path = tmp_path / "part"
    path.write_bytes(data)
    made = openers(dock)
    following = made.follow(path)
    made.wrote(following, PIECE_BYTES + 100, whole=False)
    made.turn(Progress())
    assert following.reading.offset == PIECE_BYTES
    assert made.facts_of(path) is None  # it is not here yet
    made.wrote(following, len(data), whole=True)
    while not made.idle:
        made.turn(Progress())
    found = made.facts_of(path)
    assert found is not None
    assert found.sha256 == digest(data)


def test_a_byte_written_after_it_was_read_shows(dock: Dock, tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(film(dock))
    made = openers(dock)
    read_back(path, made, len(film(dock)))
    with path.open("r+b") as file:
        file.write(film(dock)[:1])
        os.utime(file.fileno(), ns=(0, path.stat().st_mtime_ns + 1))  # clocks may be coarse
    assert made.facts_of(path) is None


def test_the_same_name_on_another_file_has_no_facts(dock: Dock, tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(film(dock))
    made = openers(dock)
    read_back(path, made, len(film(dock)))
    other = tmp_path / "other"
    other.write_bytes(film(dock))
    other.replace(path)
    assert made.facts_of(path) is None


def test_a_film_that_does_not_open_is_left_to_admission(dock: Dock, tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(film(dock)[:-1] + bytes([film(dock)[-1] ^ 1]))
    assert facts(path, openers(dock), len(film(dock))) is None


def test_a_part_that_is_dropped_is_closed_and_forgotten(dock: Dock, tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(film(dock))
    made = openers(dock)
    following = made.follow(path)
    made.wrote(following, len(film(dock)), whole=True)
    made.drop(following)
    made.turn(Progress())
    assert made.facts_of(path) is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(following.hand)


def test_a_medium_that_gives_back_less_than_was_written_is_told(dock: Dock, tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(film(dock)[:-1])
    failures: list[BaseException] = []
    assert facts(path, openers(dock, failures), len(film(dock))) is None
    (failure,) = failures
    assert "gives back" in str(failure)


def test_threads_answer_for_all_units_and_end(dock: Dock, tmp_path: Path) -> None:
    made = Openers([dock.unit.station_key], 3, dock.failures.append)
    made.start()
    paths = [tmp_path / str(number) for number in range(12)]
    for path in paths:
        path.write_bytes(film(dock))
        made.wrote(made.follow(path), len(film(dock)), whole=True)
    found = [made.facts_of(path) for path in paths]
    made.stop()
    assert {one.sha256 for one in found if one is not None} == {digest(film(dock))}
    assert None not in found
    assert not dock.failures


def test_at_the_dock_admission_takes_what_was_read_back(dock: Dock) -> None:
    asked: list[bool] = []

    def watched(path: Path) -> Facts | None:
        found = dock.openers.facts_of(path)
        asked.append(found is not None)
        return found

    dock.admission.facts_of = watched
    dock.dock()
    dock.bring_home()
    assert asked == [True]
    assert dock.archived()[FILM] == film(dock)


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (lambda facts: replace(facts, length=1), "its length and digest"),
        (lambda facts: replace(facts, fragments=1), "its fragments"),
        (lambda facts: replace(facts, clear_length=1), "its clear text"),
        (lambda facts: replace(facts, blocks=()), "its digests are not those of the encrypted"),
    ],
)
def test_facts_that_do_not_fit_the_record_refuse_the_segment(
    dock: Dock, lie: Callable[[Facts], Facts], said: str
) -> None:
    whole = dock.openers.facts_of

    def lying(path: Path) -> Facts | None:
        found = whole(path)
        assert found is not None
        return lie(found)

    dock.admission.facts_of = lying
    dock.dock()
    dock.bring_home()
    (refused,) = dock.told(station_events.RefusedFile)
    assert said in refused.sentence
    assert not dock.receipted_files()
