"""Capture's ends of the custody socket, on a real one: what is queued, sent, confirmed and lost."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.capture.conductor.condition import Condition
from recorder.capture.conductor.packet_pen import Opening, PacketPen
from recorder.capture.conductor.pen import Entry, GapSeen, MarkMade, NoticeHeard, RefusedAct, Spoken
from recorder.capture.conductor.selfcheck import Seen, examine
from recorder.capture.lens.piece_link import PieceLink
from recorder.capture.lens.way_out import CustodyGone
from recorder.capture.ports import Fix, NoFix, Picture, Piece
from recorder.evidence import record, sidecar
from recorder.handover import packets as p
from recorder.handover.connection import Link, accept, listen
from recorder.handover.errors import LinkLost

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

SHA = "ab" * 32
OPENING = Opening(
    ("张三", "李四"), ("41042101", "41042102"), SHA, Picture(1280, 720, 25, 2_000_000), 48_000
)
FIX = Fix(5, "2026-11-21T10:05:33.120Z", 338_700_000, 1_130_500_000, 9, 98)


class Door:
    """Where custody listens; `let_in` gives custody's end of the next caller."""

    def __init__(self, path: Path, listener: socket.socket) -> None:
        self.path = path
        self._listener = listener
        self._ends: list[Link] = []

    def let_in(self) -> Link:
        end = accept(self._listener)
        assert end is not None
        self._ends.append(end)
        return end

    def close(self) -> None:
        for end in self._ends:
            end.close()


@pytest.fixture
def door() -> Iterator[Door]:
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        path = Path(folder) / "c.sock"
        with listen(path) as listener:
            door = Door(path, listener)
            yield door
            door.close()


@pytest.fixture
def lens(door: Door) -> Iterator[PieceLink]:
    link = PieceLink(door.path)
    yield link
    link.close()


@pytest.fixture
def pen(door: Door) -> Iterator[PacketPen]:
    made = PacketPen(door.path, OPENING)
    yield made
    made.let_go()


def said(end: Link) -> list[p.Packet]:
    """Everything that capture said since."""
    return list(iter(end.receive, None))


def a_piece(size: int, *, opens: bool = False) -> Piece:
    return Piece(bytes(size), opens, not opens, 1_000, 2_000, 0 if opens else 12, 0)


def test_the_lens_says_who_it_is_and_gives_its_pieces_in_order(door: Door, lens: PieceLink) -> None:
    custody = door.let_in()
    lens.hand_over(a_piece(700, opens=True))
    lens.hand_over(a_piece(90_000))
    lens.end()
    assert lens.settle() == 0
    hello, opener, *rest, end = said(custody)
    assert hello == p.Hello(p.Role.LENS)
    assert isinstance(opener, p.Keep)
    assert (opener.opens, opener.last, len(opener.media)) == (True, True, 700)
    keeps = [packet for packet in rest if isinstance(packet, p.Keep)]
    assert keeps == rest
    assert sum(len(keep.media) for keep in keeps) == 90_000
    assert [keep.last for keep in keeps] == [False] * (len(keeps) - 1) + [True]
    assert end == p.End()


def test_custody_counts_from_its_first_piece_and_the_lens_counts_what_is_new(
    door: Door, lens: PieceLink
) -> None:
    custody = door.let_in()
    custody.send(p.Kept(2))
    custody.send(p.Kept(5))
    assert lens.settle() == 5
    assert lens.settle() == 0
    custody.send(p.Kept(6))
    assert lens.settle() == 1


def test_a_custody_that_does_not_read_makes_the_lens_wait_and_loses_nothing(
    door: Door, lens: PieceLink
) -> None:
    custody = door.let_in()
    pieces = 24
    for _ in range(pieces):
        lens.hand_over(a_piece(500_000))
    lens.settle()
    assert lens.busy
    media = 0
    for _ in range(1_000):
        media += sum(len(one.media) for one in said(custody) if isinstance(one, p.Keep))
        lens.settle()
        if media == pieces * 500_000:
            break
    assert media == pieces * 500_000
    assert said(custody) == []


def test_what_custody_refuses_ends_the_lens_link_with_its_sentence(
    door: Door, lens: PieceLink
) -> None:
    door.let_in().send(p.Fault("The first piece of a file must open it.", "keep"))
    with pytest.raises(CustodyGone, match="refuses what the lens gives: The first piece"):
        lens.settle()


def test_a_custody_that_goes_is_gone_for_both(door: Door, lens: PieceLink, pen: PacketPen) -> None:
    for _ in range(2):
        door.let_in().close()
    with pytest.raises(CustodyGone):
        lens.settle()
    with pytest.raises(LinkLost):
        pen.receive()


def test_a_custody_that_is_not_there_is_said_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(CustodyGone, match=r"does not answer at .*nobody"):
        PieceLink(tmp_path / "nobody")
    with pytest.raises(LinkLost, match="nobody"):
        PacketPen(tmp_path / "nobody", OPENING)


def test_a_recording_opens_with_both_officers_rules_and_sizes(door: Door, pen: PacketPen) -> None:
    custody = door.let_in()
    pen.open("resume", 6, 9_800)
    pen.close("button")
    pen.flush()
    assert said(custody) == [
        p.Hello(p.Role.CONDUCTOR),
        p.Open(
            cause=record.StartCause.RESUME,
            continues=6,
            officers=p.BoundOfficers(("张三", "李四"), ("41042101", "41042102")),
            rules_sha256=SHA,
            pre_record_ms=9_800,
            picture=record.PictureSize(1280, 720, 25),
            sound=record.SoundRate(48_000),
        ),
        p.Close(record.StopCause.BUTTON),
    ]


def test_other_officers_are_stated_from_the_next_opening_on(door: Door, pen: PacketPen) -> None:
    custody = door.let_in()
    pen.open("button", 0, 0)
    pen.bind(replace(OPENING, officer_names=("王伟",), officer_numbers=("110025",)))
    pen.open("button", 0, 0)
    pen.flush()
    opened = [packet.officers for packet in said(custody) if isinstance(packet, p.Open)]
    assert opened == [
        p.BoundOfficers(("张三", "李四"), ("41042101", "41042102")),
        p.BoundOfficers(("王伟",), ("110025",)),
    ]


CHECK = examine(Seen(25, 48_000, 900), Condition(storage_minutes=9), key_signs=True)


@pytest.mark.parametrize(
    ("entry", "note"),
    [
        (
            GapSeen("lens", 3, 9, -1, "killed"),
            p.Note(record.Gap(1, record.GapSource.LENS, 3, 9, -1, "killed")),
        ),
        (MarkMade(7), p.Note(record.Mark(1, 7))),
        (MarkMade(7, photo=True), p.Note(record.Mark(1, 7, record.MarkKind.PHOTO))),
        (
            NoticeHeard(SHA, heard=True, score_permille=910, wording="您好"),
            p.Note(record.Notice(1, SHA, heard=True, score_permille=910), "您好"),
        ),
        (
            RefusedAct("record", "officer", "The spool is full."),
            p.Note(record.Refused("record", "officer", "The spool is full.")),
        ),
        (Spoken("mark", "已标记重点。"), p.Note(sidecar.Said("mark", "已标记重点。"))),
        (
            FIX,
            p.Note(sidecar.Fix("2026-11-21T10:05:33.120Z", 338_700_000, 1_130_500_000, 9, 98)),
        ),
        (NoFix(5, "no satellites"), p.Note(sidecar.NoFix("no satellites"))),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_what_the_conductor_notes_arrives_in_custodys_words(
    door: Door, pen: PacketPen, entry: Entry, note: p.Note
) -> None:
    custody = door.let_in()
    pen.note(entry)
    pen.flush()
    assert said(custody) == [p.Hello(p.Role.CONDUCTOR), note]


def test_a_self_check_arrives_with_every_item(door: Door, pen: PacketPen) -> None:
    custody = door.let_in()
    pen.note(CHECK)
    pen.flush()
    _, note = said(custody)
    assert isinstance(note, p.Note)
    assert isinstance(note.entry, record.SelfCheck)
    assert note.entry.verdict is record.CheckVerdict.WARN
    assert [item.item for item in note.entry.items] == [item.item for item in CHECK.items]


def test_what_custody_says_comes_one_by_one(door: Door, pen: PacketPen) -> None:
    custody = door.let_in()
    custody.send(p.Opened(7, 1))
    custody.send(p.Full(9))
    assert [pen.receive(), pen.receive(), pen.receive()] == [p.Opened(7, 1), p.Full(9), None]
