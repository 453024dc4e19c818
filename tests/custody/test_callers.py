"""Callers that come, go, and are let go: who is heard, and who is not any more."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

import pytest

from recorder.custody.ears import MAX_LINKS, Ears
from recorder.custody.ears import Said as Heard
from recorder.evidence.record import (
    Refused,
    StopCause,
)
from recorder.handover import packets as p
from recorder.handover.connection import Link, listen
from tests.custody.rig import Caller, Rig

if TYPE_CHECKING:
    from pathlib import Path


def test_a_connection_that_does_not_begin_with_hello_is_closed(rig: Rig) -> None:
    rig.start()
    link = Link.connect(rig.settings.socket)
    link.send(p.End())
    rig.turn()
    assert rig.newest(Refused).by == f"user {os.getuid()}"
    link.close()


def test_what_the_courier_says_of_the_way_home_is_passed_on_and_ends_with_it(rig: Rig) -> None:
    first, courier = rig.start().conductor(), Caller(rig, p.Role.COURIER)
    docked = p.Journey(next(dock for dock in p.Dock if dock is not p.Dock.AWAY), 3, "")
    courier.ask(docked)
    assert first.of(p.Journey) == [docked]
    second = rig.conductor()
    assert second.of(p.Journey) == [docked]
    courier.go()
    assert second.of(p.Journey)[-1].dock is p.Dock.AWAY


def test_what_a_caller_sent_before_it_was_let_go_is_not_heard(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=1)
    for packet in (*rig.piece(1), *rig.piece(2)):
        lens.link.send(packet)
    lens.link.send(p.Close(StopCause.BUTTON))  # not its right
    lens.link.send(p.End())
    rig.turn()
    assert [r.body.asked for r in rig.records() if isinstance(r.body, Refused)] == ["close"]


def test_the_seventeenth_caller_is_not_let_in(folder: Path) -> None:
    ears = Ears(listen(folder / "s"))
    links, came = [], []
    for _ in range(MAX_LINKS + 1):
        links.append(Link.connect(folder / "s"))
        came += ears.take(0)
    assert len(came) == MAX_LINKS
    for link in links:
        link.close()
    ears.close()


def test_a_caller_that_is_gone_before_it_is_let_in_is_nobody(folder: Path) -> None:
    listener = listen(folder / "s")
    ears = Ears(listener)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as end:
        end.connect(str(folder / "s"))
        listener.accept()[0].close()
    ears._accept()  # noqa: SLF001 - as if select had told of it
    assert ears.take(0) == []
    ears.close()


def test_a_caller_that_is_let_go_while_it_waits_is_not_heard_again(folder: Path) -> None:
    ears = Ears(listen(folder / "s"))
    link = Link.connect(folder / "s")
    (came,) = ears.take(1000)
    heard = []
    while not came.caller.paused:
        link.send(p.End())
        heard += ears.take(0)
        ears.listen(0)
    heard += [said for _ in range(10) for said in ears.take(0)]
    for said in heard:
        if isinstance(said, Heard):
            ears.done(said)
    ears.drop(came.caller)
    ears.listen(0)
    assert ears.take(0) == []
    link.close()
    ears.close()


def test_ears_that_die_end_the_pen_too(folder: Path) -> None:
    listener = listen(folder / "s")
    ears = Ears(listener)
    ears.listen_apart()
    ears._selector.close()  # noqa: SLF001 - as if memory had run out
    Link.connect(folder / "s").close()
    with pytest.raises((OSError, KeyError, RuntimeError, ValueError)):
        ears.take(30_000)
    with contextlib.suppress(Exception):
        ears.close()


def test_a_descriptor_that_is_watched_wakes_the_pen_and_is_read_empty(folder: Path) -> None:
    ears = Ears(listen(folder / "s"))
    reader, writer = os.pipe2(os.O_NONBLOCK)
    ears.watch(reader)
    ears.listen_apart()
    os.write(writer, b"\0")
    assert ears.take(10_000) == []
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    ears.close()
    os.close(reader)
    os.close(writer)
