"""The byte stream of a container is cut where its boxes end, and nowhere else."""

from __future__ import annotations

import pytest

from recorder.devices.boxes import BoxCutter, StrangeBox


def box(kind: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def fragment(*tracks: tuple[int, int]) -> bytes:
    trafs = b"".join(
        box(
            b"traf",
            box(b"tfhd", bytes(4) + track.to_bytes(4, "big"))
            + box(b"trun", bytes(4) + count.to_bytes(4, "big")),
        )
        for track, count in tracks
    )
    return box(b"moof", box(b"mfhd", bytes(8)) + trafs) + box(b"mdat", b"media")


OPENING = box(b"ftyp", b"isom") + box(b"moov", b"tracks")


def test_bytes_that_come_one_by_one_are_cut_at_the_same_places() -> None:
    stream = OPENING + fragment((1, 13), (2, 22)) + fragment((2, 5))
    whole, dripping = BoxCutter(), BoxCutter()
    whole.write(stream)
    runs = whole.runs()
    slowly = []
    for byte in stream:
        dripping.write(bytes([byte]))
        slowly += dripping.runs()
    assert slowly == runs
    assert [run.counts for run in runs] == [(), ((1, 13), (2, 22)), ((2, 5),)]
    assert b"".join(run.data for run in runs) == stream
    assert [run.opens for run in runs] == [True, False, False]


def test_half_a_fragment_stays_inside() -> None:
    cutter = BoxCutter()
    cutter.write(OPENING + fragment((1, 1))[:-1])
    assert len(cutter.runs()) == 1
    with pytest.raises(StrangeBox, match="after the last fragment"):
        cutter.check_empty()


def test_nothing_is_left_after_whole_fragments() -> None:
    cutter = BoxCutter()
    cutter.write(OPENING + fragment((1, 1)))
    cutter.runs()
    cutter.check_empty()


@pytest.mark.parametrize(
    "stream",
    [
        OPENING + box(b"free") + box(b"mdat"),
        box(b"ftyp") + box(b"mdat"),
        fragment((1, 1)) + box(b"mfra") + box(b"mfra"),
        b"\0\0\0\4moof" + bytes(8),
    ],
)
def test_a_box_that_has_no_place_here_is_refused(stream: bytes) -> None:
    cutter = BoxCutter()
    cutter.write(stream)
    with pytest.raises(StrangeBox):
        cutter.runs()
