"""The socket: one packet a message, nobody waits, and who is there is the kernel's word."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.handover import packets as p
from recorder.handover.connection import Link, Peer, SocketInUse, accept, listen
from recorder.handover.errors import LinkFull, LinkLost, RefusedPacket

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        yield Path(folder) / "c.sock"


@pytest.fixture
def ends(path: Path) -> Iterator[tuple[Link, Link]]:
    with listen(path) as listener:
        caller = Link.connect(path)
        custody = accept(listener)
        assert custody is not None
        assert accept(listener) is None
        yield caller, custody
        caller.close()
        custody.close()


def test_packets_come_one_by_one_and_then_none(ends: tuple[Link, Link]) -> None:
    caller, custody = ends
    caller.send(p.Turn())
    caller.send(p.End())
    assert [custody.receive(), custody.receive(), custody.receive()] == [p.Turn(), p.End(), None]


def test_the_kernel_says_who_is_there(ends: tuple[Link, Link]) -> None:
    assert ends[1].peer() == Peer(os.getpid(), os.getuid(), os.getgid())


def test_an_end_that_is_gone_is_lost_for_both_ways(ends: tuple[Link, Link]) -> None:
    caller, custody = ends
    caller.close()
    with pytest.raises(LinkLost):
        custody.receive()
    with pytest.raises(LinkLost):
        custody.send(p.Turn())


def flood(link: Link) -> int:
    """Send until the link is full; give how many packets went."""
    for sent in range(10_000):
        try:
            link.send(p.Keep(bytes(60_000), True))
        except LinkFull:
            return sent
    raise AssertionError("the link never filled")


def test_an_end_that_does_not_read_is_full_and_nothing_is_torn(ends: tuple[Link, Link]) -> None:
    caller, custody = ends
    sent = flood(caller)
    received = 0
    while custody.receive() is not None:
        received += 1
    assert received == sent > 0


def test_a_message_that_is_too_long_is_refused(path: Path) -> None:
    with listen(path) as listener, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
        raw.connect(str(path))
        raw.send(bytes(p.MAX_PACKET_BYTES + 1))
        custody = accept(listener)
        assert custody is not None
        with pytest.raises(RefusedPacket, match="longer than"):
            custody.receive()
        custody.close()


def test_nobody_there_is_one_sentence(path: Path) -> None:
    with pytest.raises(LinkLost, match="does not answer"):
        Link.connect(path)


def test_a_socket_in_use_is_left_alone_and_a_dead_one_is_taken_over(path: Path) -> None:
    with listen(path), pytest.raises(SocketInUse, match="stop that one"):
        listen(path)
    listen(path).close()


def test_a_place_where_no_socket_can_be_is_one_sentence(path: Path) -> None:
    with pytest.raises(SocketInUse, match="choose another"):
        listen(path / "there" / "is" / "none")
