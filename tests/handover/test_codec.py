"""Packets: what is written can be read, and hostile bytes give nothing but a refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.evidence import canonical
from recorder.evidence.moment import ClockSource
from recorder.evidence.record import (
    CheckVerdict,
    ClockStep,
    Ending,
    Gap,
    GapSource,
    Mark,
    Notice,
    PictureSize,
    Refused,
    SelfCheck,
    SelfCheckItem,
    SoundRate,
    StartCause,
    StopCause,
)
from recorder.evidence.sidecar import Fix, NoFix, Said, Words
from recorder.handover import packets as p
from recorder.handover.codec import decode, encode, keep_packets, name_of
from recorder.handover.errors import RefusedPacket
from recorder.handover.orders import Assign, CheckNow, Command

DIGEST = "ab" * 32
FIELDS = ("type", "v", "role", "cause", "from", "files", "seq", "recording")
OPEN = p.Open(
    StartCause.BUTTON,
    0,
    p.BoundOfficers(("张三", "李四"), ("4417", "4418")),
    DIGEST,
    0,
    PictureSize(1280, 720, 25),
    SoundRate(48_000),
)
PACKETS = [
    p.Hello(p.Role.LENS),
    OPEN,
    p.Turn(),
    p.Close(StopCause.POWER),
    p.Keep(b"media", True, p.Stamps(5, 6, 1, 2), True, False),
    p.Keep(b"media", False),
    p.End(),
    p.ReceiptOffer("proof\n", ("A" * 43 + "=",), 12),
    p.AnchorOffer("checkpoint\n", (), 0),
    p.ReleaseRequest(7, "receipts/00000041.tlog-proof"),
    p.Journey(p.Dock.UPLOADING, 2, "2026-11-21T10:05:33.120Z", 12),
    p.StationTime("2026-11-21T10:05:33.120Z"),
    p.Welcome("baofeng-mz.shilu/BF-0007", 3, 0, 12, 900, "power", 13, True, "", 9, ClockSource.NTP),
    p.Opened(12, 1),
    p.Kept(9),
    p.Sealed(12, 1, Ending.TURN, 41, 7_500_000),
    p.Closed(12, 42),
    p.Full(10),
    p.Fault("No.", "open"),
    p.Filed(43, 41),
    p.Released(44, ("media/000012-0003.mp4.age",)),
    Command("shilu.command/v1\n"),
    Assign(17, p.BoundOfficers(("王伟",), ("110025",))),
    CheckNow(18),
    *(
        p.Note(entry)
        for entry in (
            Gap(1, GapSource.CAMERA, 1, 2, -1, "the camera hung"),
            Mark(1, 100),
            Mark(1, 100, until_ms=60_100),
            SelfCheck(CheckVerdict.WARN, (SelfCheckItem("battery", CheckVerdict.WARN, 2, "h"),)),
            ClockStep(-4000, ClockSource.GPS, "GPS was found"),
            Refused("delete", "technician", "there is no such function"),
            Fix("2026-11-21T10:05:33.120Z", 338_700_000, 1_130_500_000, 9, 110),
            NoFix("no view of the sky"),
            Said("rec.start", "开始录像"),
            Words("the battery was changed"),
        )
    ),
    p.Note(Notice(1, DIGEST, True, 910), "现在开始录音录像"),
]


@pytest.mark.parametrize("packet", PACKETS, ids=name_of)
def test_what_is_written_can_be_read(packet: p.Packet) -> None:
    assert decode(encode(packet)) == packet


@given(st.binary(max_size=400))
def test_hostile_bytes_give_only_a_refusal(data: bytes) -> None:
    try:
        packet = decode(data)
    except RefusedPacket:
        return
    assert encode(packet) == data


@given(
    st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 10, *range(11, 14), *range(16, 27)]),
    st.recursive(
        st.one_of(st.booleans(), st.integers(-5, 2**53), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(FIELDS), inner),
        ),
        max_leaves=12,
    ),
)
def test_hostile_bodies_give_only_a_refusal(kind: int, body: canonical.Value) -> None:
    try:
        data = bytes([1, kind, 0, 0]) + canonical.encode(body)
    except Exception:  # noqa: BLE001 - what has no canonical form cannot be sent at all
        return
    try:
        packet = decode(data)
    except RefusedPacket:
        return
    assert encode(packet) == data


@given(st.sampled_from(PACKETS), st.data())
def test_a_changed_byte_is_refused_or_is_another_packet(
    packet: p.Packet, data: st.DataObject
) -> None:
    whole = bytearray(encode(packet))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(bytes(whole))
    except RefusedPacket:
        return
    assert encode(other) == bytes(whole)


@given(st.integers(1, 300_000))
def test_a_piece_is_cut_into_packets_and_is_whole_again(length: int) -> None:
    piece = bytes(i & 255 for i in range(length))
    cut = keep_packets(piece, p.Stamps(1, 2, 3, 4), opens=True, key=True)
    parts = [part for keep in cut if isinstance(part := decode(encode(keep)), p.Keep)]
    assert b"".join(part.media for part in parts) == piece
    assert [part.stamps is not None for part in parts] == [True] + [False] * (len(parts) - 1)
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]


@pytest.mark.parametrize(
    ("packet", "word"),
    [
        (p.Keep(b"", True, p.Stamps(1, 2, 0, 0)), "no media"),
        (p.Keep(b"x", True, p.Stamps(3, 2, 0, 0)), "cannot last"),
        (p.Keep(b"x", True, p.Stamps(0, 2**64, 0, 0)), "24 bytes"),
        (p.Keep(b"x", True, None, True), "first packet"),
        (p.Keep(bytes(65_537), True), "more than"),
        (p.Note(Mark(1, 2), "a wording"), "wording"),
        (p.Note(Said("a", "x" * 3000)), "longer"),
        (p.BoundOfficers(("a",), ()), "as many"),
        (p.Fault("x" * 3000, "open"), "at most"),
    ],
)
def test_what_no_reader_would_take_is_not_sent(
    packet: p.Packet | p.BoundOfficers, word: str
) -> None:
    if isinstance(packet, p.BoundOfficers):
        packet = p.Open(StartCause.BUTTON, 0, packet, DIGEST, 0, OPEN.picture, OPEN.sound)
    with pytest.raises(RefusedPacket, match=word):
        encode(packet)


def test_the_recording_of_a_note_is_not_the_callers_to_say() -> None:
    body = canonical.encode({"type": "mark", "media_ms": 1, "recording": 9})
    with pytest.raises(RefusedPacket, match="custody's"):
        decode(b"\x01\x03\x00\x00" + body)


def test_from_is_called_from_on_the_socket_and_nothing_else() -> None:
    assert b'"from":12' in encode(p.ReceiptOffer("x", (), 12))
    body = canonical.encode({"consistency": [], "from_size": 1, "proof": "x"})
    with pytest.raises(RefusedPacket, match="unknown"):
        decode(b"\x01\x08\x00\x00" + body)
