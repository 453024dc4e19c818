"""What the lens holds back until it is durable."""

from __future__ import annotations

import pytest

from recorder.capture.lens.ring import Ring
from recorder.capture.ports import Piece


def pieces(drawing: str) -> list[Piece]:
    """`O` opens a file, `K` begins with a key frame, `.` does not; one second each."""
    return [
        Piece(f"{sign}{i}".encode(), sign == "O", sign == "K", i * 10**9, i * 10**9 + 1, 1, 0)
        for i, sign in enumerate(drawing)
    ]


def filled(drawing: str, limit_bytes: int = 1000) -> Ring:
    ring = Ring(limit_bytes)
    for piece in pieces(drawing):
        ring.add(piece)
    return ring


def hand_over(ring: Ring) -> str:
    sent = ""
    while (piece := ring.unsent()) is not None:
        sent += piece.data.decode()[0]
        ring.handed_over()
    return sent


def test_everything_held_is_handed_over_once() -> None:
    ring = filled("OK.K.")
    assert hand_over(ring) == "OK.K."
    assert ring.unsent() is None


def test_a_new_connection_begins_with_the_opener_and_the_newest_durable_key_frame() -> None:
    ring = filled("OK.K.K.")
    hand_over(ring)
    ring.durable(5)  # O K . K . are safe; the next is a key frame itself
    ring.begin_again()
    assert hand_over(ring) == "OK."


def test_a_new_connection_repeats_back_to_a_key_frame_when_the_next_piece_has_none() -> None:
    ring = filled("OK.K.K.")
    hand_over(ring)
    ring.durable(4)
    ring.begin_again()
    assert hand_over(ring) == "OK.K."


def test_a_new_file_needs_nothing_of_the_old_one() -> None:
    ring = filled("OK.OK.")
    hand_over(ring)
    ring.durable(3)
    ring.begin_again()
    assert hand_over(ring) == "OK."


def test_nothing_durable_means_everything_again() -> None:
    ring = filled("OK.K.")
    hand_over(ring)
    ring.begin_again()
    assert hand_over(ring) == "OK.K."


def test_a_full_ring_lets_whole_key_frame_spans_go_and_says_which() -> None:
    ring = Ring(limit_bytes=8)
    dropped = [ring.add(piece) for piece in pieces("OK.K.K")]
    lost = [d for d in dropped if d is not None]
    assert sum(d.frames for d in lost) == 2
    assert (lost[0].from_ns, lost[-1].to_ns) == (10**9, 2 * 10**9 + 1)
    ring.begin_again()
    assert hand_over(ring) == "OK.K"


def test_it_is_settled_only_when_all_is_durable() -> None:
    ring = filled("OK.")
    hand_over(ring)
    ring.durable(2)
    assert not ring.settled
    ring.durable(1)
    assert ring.settled


def test_custody_cannot_confirm_what_it_was_not_given() -> None:
    ring = filled("OK")
    ring.handed_over()
    with pytest.raises(ValueError, match="more pieces"):
        ring.durable(2)
