"""What is held from before a press: newest first to stay, never more than allowed, always whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recorder.capture.lens.pre_record import PreRecord
from recorder.capture.ports import Frame, Pcm

_SECOND = 10**9


def filled(drawing: str, ring: PreRecord) -> int:
    """`K` a key frame, `.` another, `s` a second of sound; each takes a second. Give the time."""
    now_ns = 100 * _SECOND
    for sign in drawing:
        now_ns += _SECOND
        if sign == "s":
            ring.put(Pcm(bytes(16_000), 8_000, now_ns - _SECOND))
        else:
            ring.put(Frame(sign.encode() * 1_000, sign == "K", now_ns))
    return now_ns


def held(drawing: str, ring: PreRecord, later_seconds: int = 0) -> str:
    items = ring.held(filled(drawing, ring) + later_seconds * _SECOND)
    stamps = [item.boottime_ns for item in items]
    assert stamps == sorted(stamps)
    return "".join("s" if isinstance(item, Pcm) else item.data[:1].decode() for item in items)


def test_what_is_too_old_goes_a_group_at_a_time() -> None:
    assert held("K..K..K..", PreRecord(5, 10**6, sound=True)) == "K..K.."
    assert held("K..K..K..", PreRecord(4, 10**6, sound=True)) == "K.."


def test_pictures_before_the_first_key_frame_are_not_held() -> None:
    assert held("..K.", PreRecord(9, 10**6, sound=True)) == "K."


def test_what_is_too_much_goes_even_if_it_is_new() -> None:
    assert held("K..K..", PreRecord(30, 5_000, sound=True)) == "K.."
    assert held("K.....", PreRecord(30, 5_000, sound=True)) == ""


def test_sound_from_before_the_first_picture_goes_with_the_group() -> None:
    assert held("K.sK.s", PreRecord(3, 10**6, sound=True)) == "K.s"


def test_no_sound_is_held_unless_the_rules_say_so() -> None:
    assert held("KsssK.", PreRecord(30, 10**6, sound=False)) == "KK."


def test_sound_alone_is_held_and_bounded_too() -> None:
    assert held("ssssssss", PreRecord(3, 10**6, sound=True)) == "sss"
    assert held("ssssssss", PreRecord(30, 40_000, sound=True)) == "ss"


def test_what_a_dead_camera_left_is_too_old_by_the_time_of_the_press() -> None:
    assert held("K..K", PreRecord(5, 10**6, sound=True), later_seconds=6) == ""


def test_the_newest_group_stays_for_a_press_that_comes_at_once() -> None:
    ring = PreRecord(30, 10**6, sound=True)
    now_ns = filled("K.K.s.", ring)
    ring.keep_newest_group()
    assert len(ring.held(now_ns)) == 4


def test_forgotten_is_forgotten() -> None:
    ring = PreRecord(30, 10**6, sound=True)
    now_ns = filled("K.s", ring)
    ring.forget()
    assert ring.held(now_ns) == []


@given(st.text("K..s", max_size=60), st.integers(1, 12), st.integers(1_000, 60_000))
def test_whatever_came_what_is_held_is_bounded_and_the_unbroken_end_of_it(
    drawing: str, seconds: int, limit_bytes: int
) -> None:
    ring = PreRecord(seconds, limit_bytes, sound=True)
    now_ns = filled(drawing, ring)
    items = ring.held(now_ns)
    frames = [item for item in items if isinstance(item, Frame)]
    assert sum(len(i.data if isinstance(i, Frame) else i.samples) for i in items) <= limit_bytes
    assert all(now_ns - item.boottime_ns <= seconds * _SECOND for item in items)
    assert not frames or frames[0].key
    pictures = drawing.replace("s", "")
    assert pictures.endswith("".join(frame.data[:1].decode() for frame in frames))
