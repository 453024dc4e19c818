"""A full lane refuses and counts; what it lets through can be shown."""

from __future__ import annotations

from recorder.capture.lens.lanes import Lane
from recorder.capture.ports import Frame, Lost, Pcm, Source

LIMIT = 4


def kept(story: str) -> tuple[str, list[Lost]]:
    """K a key frame · p one that refers back · | the lens takes what waits: what it got, and lost.

    A picture's stamp is its place in the story.
    """
    lane = Lane(Source.CAMERA, LIMIT)
    drawn: list[str] = []
    for at, letter in enumerate(story):
        if letter == "|":
            drawn += [item.data.decode() for item in lane.drain() if isinstance(item, Frame)]
        else:
            lane.put(Frame(letter.encode(), letter == "K", at))
    lost = [loss for loss in lane.losses() if isinstance(loss, Lost)]
    return "".join(drawn), lost


def test_a_lane_that_is_emptied_in_time_loses_nothing() -> None:
    assert kept("Kppp|Kppp|") == ("KpppKppp", [])


def test_after_a_refused_picture_none_is_taken_that_refers_to_it() -> None:
    """Taken, they would stand in the film, and no player could show them."""
    cause = "the lens did not keep up"
    assert kept("Kpppp|pp|Kp|") == ("KpppKp", [Lost(Source.CAMERA, 3, 4, cause, 7)])


def test_a_refused_key_frame_costs_its_second() -> None:
    shown, (lost,) = kept("KpppK|pppKp|")
    assert shown == "KpppKp"
    assert lost.count == 4


def test_sound_is_taken_again_at_once() -> None:
    lane = Lane(Source.MICROPHONE, LIMIT)
    for at in range(LIMIT + 2):
        lane.put(Pcm(b"\0\0", 48_000, at))
    lane.drain()
    lane.put(Pcm(b"\0\0", 48_000, 9))
    assert [item.boottime_ns for item in lane.drain()] == [9]
    assert [loss.count for loss in lane.losses() if isinstance(loss, Lost)] == [2]
