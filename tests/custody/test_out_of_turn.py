"""What is sent or said at a moment when nobody waits for it, or is left unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.custody.piece import Assembly
from recorder.evidence.record import (
    CheckVerdict,
    SelfCheck,
    SelfCheckItem,
    Stop,
    StopCause,
)
from recorder.evidence.sidecar import Said
from recorder.handover import packets as p
from recorder.handover.errors import RefusedPacket
from tests.custody.judge import disproofs
from tests.verify.film import opening

if TYPE_CHECKING:
    from tests.custody.rig import Rig

STAMPS = p.Stamps(1, 2, 1, 0)


def test_film_without_key_frames_is_not_held_for_ever(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=0)
    for number in range(7):
        lens.ask(*rig.piece(number, 3_000_000, key=False))
    rig.pass_ms(400)
    assert lens.of(p.Kept)[-1] == p.Kept(8)


def test_media_while_nothing_is_recorded_is_dropped_and_never_called_kept(rig: Rig) -> None:
    lens = rig.start().lens()
    lens.ask(*rig.open_piece(), *rig.piece(0))
    assert lens.of(p.Kept) == []
    assert not lens.lost


def test_a_lens_that_has_ended_may_not_go_on(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=1)
    lens.ask(p.End())
    lens.ask(*rig.piece(1))
    assert lens.lost


def test_a_lens_that_ended_may_leave_and_one_that_is_waited_for_ends_the_recording(
    rig: Rig,
) -> None:
    conductor, lens = rig.start().record(pieces=1)
    lens.ask(p.End())
    lens.go()
    assert rig.segments() == []
    lens = rig.lens()
    lens.ask(*rig.open_piece())
    conductor.ask(p.Close(StopCause.BUTTON))
    lens.go()
    assert rig.newest(Stop).cause is StopCause.BUTTON


def test_a_conductor_that_leaves_while_nothing_is_recorded_ends_nothing(rig: Rig) -> None:
    rig.start().conductor().go()
    assert rig.types() == "epoch run"


def test_a_turn_is_for_an_open_recording(rig: Rig) -> None:
    conductor = rig.start().conductor()
    assert isinstance(conductor.ask(p.Turn()), p.Fault)
    conductor.ask(rig.opening())
    before = len(conductor.of(p.Fault))
    conductor.ask(p.Turn())
    assert len(conductor.of(p.Fault)) == before


def test_what_capture_checked_is_written_down_as_it_is(rig: Rig) -> None:
    check = SelfCheck(
        CheckVerdict.PASS, (SelfCheckItem("battery", CheckVerdict.PASS, 81, "percent"),)
    )
    rig.start().conductor().ask(p.Note(check))
    assert rig.newest(SelfCheck) == check


def test_a_recording_without_any_film_is_opened_and_closed(rig: Rig) -> None:
    conductor = rig.start().conductor()
    conductor.ask(rig.opening())
    conductor.ask(p.Close(StopCause.BUTTON))
    assert rig.newest(Stop) == Stop(1, StopCause.BUTTON, 0, 0)
    assert disproofs(rig) == set()


def test_what_is_said_while_nothing_is_recorded_is_not_kept(rig: Rig) -> None:
    conductor = rig.start().conductor()
    conductor.ask(p.Note(Said("ready", "可以使用")))
    assert rig.types() == "epoch run"


def test_a_note_that_no_record_can_hold_costs_the_connection(rig: Rig) -> None:
    conductor, _ = rig.start().record(pieces=1)
    item = SelfCheckItem("x" * 1500, CheckVerdict.PASS, 2**52, "percent")
    conductor.ask(p.Note(SelfCheck(CheckVerdict.PASS, (item,) * 60)))
    assert conductor.lost


def test_packets_that_do_not_make_a_piece_are_refused() -> None:
    begun = Assembly()
    begun.take(p.Keep(b"x", last=False, stamps=STAMPS))
    with pytest.raises(RefusedPacket, match="before the one before it"):
        begun.take(p.Keep(b"x", last=True, stamps=STAMPS))
    with pytest.raises(RefusedPacket, match="this is none"):
        Assembly().take(p.Keep(b"x", last=True))
    large = Assembly()
    large.take(p.Keep(bytes(p.MAX_PIECE_BYTES), last=False, stamps=STAMPS))
    with pytest.raises(RefusedPacket, match="larger than"):
        large.take(p.Keep(b"x", last=False))
    with pytest.raises(RefusedPacket, match="ftyp and moov"):
        Assembly().take(p.Keep(b"\0\0\0\x08moof", last=True, stamps=STAMPS, opens=True))
    assert Assembly().take(p.Keep(opening(), last=True, stamps=STAMPS, opens=True)) is not None
