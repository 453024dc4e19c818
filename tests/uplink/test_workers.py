"""Two workers on one folder, and a unit that goes over from one to the other half way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.evidence.words import CHAIN_FILE, heads_file, log_file, media_file
from tests.uplink.dock import Dock
from uplink.programs.wiring import ingest_for
from uplink.wire.chunks import chunk_head
from uplink.wire.post import Letter
from uplink.wire.topics import Kind, Topic, parse_topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uplink.station.intake.ingest import Ingest

AGENCY, FILM, CHUNK = "baofeng-mz", media_file(1, 1), 65_536


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[Dock]:
    made = Dock(tmp_path)
    made.enrol()
    made.unit.boot()
    made.unit.fragment_bytes = 90_000
    made.unit.record(3)
    made.dock()
    yield made
    made.down.out.clear()


def half_way(dock: Dock) -> tuple[Ingest, int, int]:
    """Send until the film is under way; give the worker, the film's handle, and where it is."""
    while True:
        dock.courier.step()
        for letter in list(dock.up.out):
            dock.up.out.remove(letter)
            dock.ingest.take(letter)
            if parse_topic(letter.topic).kind is Kind.CHUNK:
                for journey in dock.ingest._journeys.values():  # noqa: SLF001  as a forger guesses
                    for handle, coming in journey.coming.items():
                        if coming.part.offered.file == FILM and coming.part.offset:
                            return dock.ingest, handle, coming.part.offset
        while dock.down.out:
            dock.inbox.put(dock.down.out.popleft())


def go_over(dock: Dock) -> None:
    """Dock again, at a second worker; the first one is not told."""
    dock.up.out.clear()
    dock.arrived.clear()
    dock.ingest = ingest_for(dock.settings, "w2", dock.said.append, dock._send, dock.arrived.append)  # noqa: SLF001
    dock.dock()


def chunk(ingest: Ingest, dock: Dock, handle: int, offset: int, data: bytes) -> None:
    topic = Topic(AGENCY, dock.unit.number, Kind.CHUNK, ingest.worker)
    ingest.take(Letter(str(topic), chunk_head(handle, offset, len(data)) + data))


@pytest.mark.parametrize("late", ["forged", "true"])
def test_a_worker_that_a_unit_left_changes_nothing_any_more(dock: Dock, late: str) -> None:
    left, handle, offset = half_way(dock)
    go_over(dock)
    dock.bring_home()
    film = dock.unit.files[FILM]
    for at in range(offset, len(film), CHUNK):
        data = film[at : at + CHUNK]
        chunk(left, dock, handle, at, b"?" * len(data) if late == "forged" else data)
    left.settle()
    while dock.arrived:
        dock.admission.admit(dock.arrived.popleft())
    assert dock.archived()[FILM] == film
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())
    assert not list(dock.layout.root.rglob("reason.json"))


def test_both_workers_write_at_once_and_the_file_is_whole(dock: Dock) -> None:
    left, handle, offset = half_way(dock)
    go_over(dock)
    chunk_at_b, handle_b, offset_b = half_way(dock)
    film = dock.unit.files[FILM]
    chunk(left, dock, handle, offset, film[offset : offset + CHUNK])
    chunk(chunk_at_b, dock, handle_b, offset_b, film[offset_b : offset_b + CHUNK])
    for at in range(offset + CHUNK, len(film), CHUNK):
        chunk(left, dock, handle, at, film[at : at + CHUNK])
    left.settle()
    dock.dock()
    dock.bring_home()
    assert dock.archived()[FILM] == film
    assert not list(dock.layout.root.rglob("reason.json"))


def test_what_came_at_the_first_worker_is_not_sent_to_the_second(dock: Dock) -> None:
    _left, _handle, offset = half_way(dock)
    go_over(dock)
    dock.chunk_bytes_sent = 0
    dock.bring_home()
    logs = sum(len(dock.unit.files[one]) for one in (log_file(1), heads_file(1), CHAIN_FILE))
    rest = sum(map(len, dock.sealed().values())) - offset
    assert dock.chunk_bytes_sent <= rest + logs + 2 * CHUNK
    left_over = [path.name for path in dock.layout.root.glob("incoming/**/media/*")]
    assert left_over == []
