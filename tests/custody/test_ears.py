"""What custody hears while its pen waits for the card: enough, bounded, and in order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from recorder.custody.ears import MAX_WAITING_BYTES, Came, Ears, Garbled, Left, Said
from recorder.custody.pace import FAILING_MS, SLOW_MS, Pace
from recorder.evidence.record import CheckVerdict
from recorder.handover import packets as p
from recorder.handover.connection import SOCKET_BUFFER_BYTES, Link, listen
from recorder.handover.errors import LinkFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOM = MAX_WAITING_BYTES[p.Role.LENS]
KEEP = p.Keep(bytes(60_000), False, p.Stamps(1, 2, 1, 0))


@pytest.fixture
def place(folder: Path) -> Path:
    return folder / "s"


@pytest.fixture
def ears(place: Path) -> Iterator[Ears]:
    ears = Ears(listen(place))
    yield ears
    ears.close()


def came(ears: Ears) -> Came:
    (heard,) = ears.take(1000)
    assert isinstance(heard, Came)
    return heard


def test_ten_seconds_of_film_wait_and_no_more(ears: Ears, place: Path) -> None:
    """Eight megabits a second are ten megabytes in ten seconds."""
    assert ROOM >= 10 * 1_000_000
    lens = Link.connect(place)
    came(ears).caller.role = p.Role.LENS
    sent = 0
    for _ in range(2 * ROOM // len(KEEP.media)):
        try:
            lens.send(KEEP)
        except LinkFull:
            break
        sent += len(KEEP.media)
        ears.listen(0)
    assert 10 * 1_000_000 <= sent <= ROOM + SOCKET_BUFFER_BYTES + 2 * len(KEEP.media)
    heard = 0
    while taken := ears.take(0):
        for each in taken:
            assert isinstance(each, Said)
            heard += len(each.packet.media) if isinstance(each.packet, p.Keep) else 0
            ears.done(each)
    assert heard == sent
    lens.send(KEEP)
    assert isinstance(ears.take(1000)[0], Said)
    lens.close()


def test_a_thread_of_its_own_hears_while_nobody_takes(ears: Ears, place: Path) -> None:
    ears.listen_apart()
    lens = Link.connect(place)
    came(ears).caller.role = p.Role.LENS
    for _ in range(40):  # more than the socket holds
        while True:
            try:
                lens.send(KEEP)
            except LinkFull:
                continue
            break
    lens.close()
    heard = 0
    while heard < 41:
        heard += len(ears.take(1000))
    assert threading.active_count() >= 2


def test_garbled_bytes_and_a_leave_are_heard_once_and_last(ears: Ears, place: Path) -> None:
    first, second = Link.connect(place), Link.connect(place)
    assert [type(each) for each in ears.take(1000) + ears.take(0)] == [Came, Came]
    first.send(p.End())
    first.close()
    said, left = ears.take(1000)
    assert isinstance(said, Said)
    assert isinstance(left, Left)
    second._socket.send(b"\x00")  # noqa: SLF001 - a Link never sends such bytes
    (garbled,) = ears.take(1000)
    assert isinstance(garbled, Garbled)
    assert ears.take(0) == []
    second.close()


def test_a_slow_card_is_stated_once_a_minute_with_what_was_measured() -> None:
    pace = Pace()
    pace.took(20)
    assert pace.statement(0) is None
    pace.took(SLOW_MS)
    stated = pace.statement(1000)
    assert stated is not None
    assert stated.verdict is CheckVerdict.WARN
    assert [item.value for item in stated.items] == [SLOW_MS, (20 + SLOW_MS) // 2]
    pace.took(FAILING_MS)
    assert pace.statement(60_999) is None
    again = pace.statement(61_000)
    assert again is not None
    assert again.verdict is CheckVerdict.FAIL
