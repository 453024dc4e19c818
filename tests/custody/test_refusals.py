"""Who may ask for what; a hostile caller spoils only what is still to come."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.custody.intake import Doormen
from recorder.custody.quota import MOST_AT_ONCE_BYTES, MOST_BYTES_PER_SECOND
from recorder.custody.refusals import REFUSALS_OF_A_MINUTE
from recorder.evidence.record import Mark, Refused, StopCause
from recorder.handover import packets as p
from recorder.handover.codec import keep_packets
from recorder.handover.errors import RefusedPacket
from tests.custody.judge import disproofs
from tests.custody.rig import Caller
from tests.verify.film import opening

if TYPE_CHECKING:
    from tests.custody.rig import Rig

STAMPS = p.Stamps(1, 2, 1, 0)


def refused(rig: Rig) -> list[tuple[str, str]]:
    found = [r.body for r in rig.records()]
    return [(body.asked, body.by) for body in found if isinstance(body, Refused)]


@pytest.mark.parametrize(
    ("role", "asked", "word"),
    [
        (p.Role.LENS, p.Close(StopCause.BUTTON), "close"),
        (p.Role.LENS, p.ReleaseRequest(3, "receipts/00000004.tlog-proof"), "release"),
        (p.Role.COURIER, p.Close(StopCause.BUTTON), "close"),
        (p.Role.COURIER, p.ReleaseRequest(3, "receipts/00000004.tlog-proof"), "release"),
        (p.Role.RELEASE, p.ReceiptOffer("x", (), 0), "receipt"),
        (p.Role.CONDUCTOR, p.End(), "end"),
        (p.Role.CONDUCTOR, p.Keep(b"x", True, STAMPS), "keep"),
        (p.Role.COURIER, p.Hello(p.Role.COURIER), "hello"),
        (p.Role.COURIER, p.Kept(3), "kept"),
    ],
)
def test_a_role_that_asks_for_what_is_not_its_own_is_let_go(
    rig: Rig, role: p.Role, asked: p.Packet, word: str
) -> None:
    caller = Caller(rig.start(), role)
    answer = caller.ask(asked)
    assert isinstance(answer, p.Fault)
    assert caller.lost
    assert refused(rig) == [(word, role.value)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"\x01\x63\x00\x00{}",
        b"\x02\x01\x00\x00{}",
        b"\x01\x02\x00\x01{}",
        b"\x01\x06\x00\x80x",
    ],
)
def test_bytes_that_are_no_packet_cost_the_connection_and_nothing_else(
    rig: Rig, data: bytes
) -> None:
    conductor, lens = rig.start().record(pieces=2)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as raw:
        raw.connect(str(rig.settings.socket))
        raw.send(data)
        rig.turn()
    rig.film(lens, 1)
    rig.stop(conductor, lens)
    assert rig.segments()[0].span.frames == 36
    assert len(refused(rig)) == 1
    assert disproofs(rig) == set()


@pytest.mark.parametrize(
    "media",
    [
        b"not a box",
        opening(),
        b"\x00\x00\x00\x08moof",
        b"\x00\x00\x00\x08mdat",
        b"\x00\x00\x00\x08moof\x00\x00\x00\x08mdat\x00\x00\x00\x08free",
        b"\x00\x00\x00\x08moof\x00\x00\x00\x00mdat",
        b"\x00\x00\x00\x08moof\x00\x00\x00\x09mdat",
    ],
)
def test_a_piece_that_is_none_spoils_only_what_is_to_come(rig: Rig, media: bytes) -> None:
    conductor, lens = rig.start().record(pieces=2)
    lens.ask(*keep_packets(media, STAMPS, opens=False, key=False))
    conductor.ask(p.Close(StopCause.BUTTON))
    assert lens.lost
    assert refused(rig) == [("keep", "lens")]
    assert rig.segments()[0].span.frames == 24
    assert disproofs(rig) == set()


def test_a_film_does_not_begin_in_the_middle(rig: Rig) -> None:
    conductor, lens = rig.start().conductor(), rig.lens()
    conductor.ask(rig.opening())
    lens.ask(*rig.piece(0))
    assert lens.lost
    assert refused(rig) == [("keep", "lens")]


def test_a_second_open_a_mark_without_a_recording_and_a_stranger_to_continue_are_refused(
    rig: Rig,
) -> None:
    conductor = rig.start().conductor()
    conductor.ask(p.Note(Mark(1, 1)))
    conductor.ask(p.Close(StopCause.BUTTON))
    conductor.ask(replace(rig.opening(), continues=1))
    conductor.ask(rig.opening())
    conductor.ask(rig.opening())
    assert [asked for asked, _ in refused(rig)] == ["note", "close", "open", "open"]
    assert not conductor.lost


def test_a_caller_that_asks_forever_cannot_fill_the_log(rig: Rig) -> None:
    conductor = rig.start().conductor()
    for _ in range(REFUSALS_OF_A_MINUTE + 30):
        conductor.ask(p.Close(StopCause.BUTTON))
    rig.pass_ms(60_000)
    conductor.ask(p.Close(StopCause.BUTTON))
    assert len(refused(rig)) == REFUSALS_OF_A_MINUTE + 1
    assert "30 more before it" in rig.newest(Refused).because


def test_a_caller_that_does_not_read_is_let_go_and_nobody_waits(rig: Rig) -> None:
    conductor = rig.start().conductor()
    for _ in range(3000):
        try:
            conductor.link.send(p.Close(StopCause.BUTTON))
        except Exception:  # noqa: BLE001 - lost or full: both end the flood
            break
        rig.turn()
    conductor.listen()
    assert conductor.lost
    assert isinstance(rig.conductor().ask(rig.opening()), p.Opened)


def test_a_caller_that_cannot_be_told_twice_in_one_breath_is_let_go_once(rig: Rig) -> None:
    conductor = rig.start().conductor()
    while True:
        try:
            for _ in range(20):
                conductor.link.send(p.Close(StopCause.BUTTON))
        except Exception:  # noqa: BLE001 - lost or full: both end the flood
            break
        rig.turn()
    conductor.listen()
    assert conductor.lost


def test_a_flood_of_valid_film_is_no_film(rig: Rig) -> None:
    """A capture that was taken over cannot fill the card faster than any camera films."""
    conductor, lens = rig.start().record(pieces=1)
    for number in range(2 * MOST_AT_ONCE_BYTES // 7_000_000):
        if lens.lost:
            break
        lens.ask(*rig.piece(number, 7_000_000))
    assert lens.lost
    assert refused(rig) == [("keep", "lens")]
    (because,) = (r.body.because for r in rig.records() if isinstance(r.body, Refused))
    assert "faster than" in because
    kept = sum(segment.media.length for segment in rig.segments())
    assert kept <= MOST_AT_ONCE_BYTES + 10 * MOST_BYTES_PER_SECOND
    assert disproofs(rig) == set()
    rig.pass_ms(60_000)
    again = rig.lens()
    again.ask(*rig.open_piece())
    rig.film(again, 4, 500_000)
    rig.stop(conductor, again)
    assert not again.lost
    assert rig.segments()[-1].span.frames == 48


def test_what_a_lens_kept_back_while_the_card_hung_is_no_flood(rig: Rig) -> None:
    """Its ring and ours, at the highest rate that is allowed, all in one moment."""
    _, lens = rig.start().record(pieces=1)
    now_ms = rig.clock.boottime_ms
    for number in range(10):
        lens.ask(*rig.piece(number, 5_000_000))
        rig.clock.boottime_ms = now_ms
    assert not lens.lost


def test_a_newer_lens_takes_the_place_of_a_hung_one(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=1)
    second = rig.lens()
    second.ask(*rig.open_piece())
    lens.listen()
    assert lens.lost
    assert len(rig.segments()) == 1


def test_on_a_unit_each_role_has_its_user() -> None:
    doormen = Doormen({p.Role.LENS: 990, p.Role.COURIER: 992})
    doormen.check(p.Role.LENS, 990)
    for role, user in [(p.Role.LENS, 992), (p.Role.CONDUCTOR, 990), (p.Role.COURIER, 0)]:
        with pytest.raises(RefusedPacket, match="may not be"):
            doormen.check(role, user)
