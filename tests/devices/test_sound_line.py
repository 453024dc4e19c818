"""Sound stays on the unit's clock for a whole shift, and every mended sample is counted."""

from __future__ import annotations

import pytest

from recorder.capture.ports import Lost, Pcm
from recorder.devices.sound_line import SoundLine

SECOND_NS = 1_000_000_000
RATE_HZ = 8_000


def test_what_was_taken_can_be_read_again_by_number() -> None:
    line = SoundLine(RATE_HZ, lambda _: None)
    samples = b"".join(number.to_bytes(2, "little") for number in range(RATE_HZ))
    line.take(Pcm(samples, RATE_HZ, 7 * SECOND_NS))
    assert line.read(100, 103) == b"\x64\0\x65\0\x66\0"
    assert line.read(-2, 1) == bytes(6)
    assert line.read(RATE_HZ - 1, RATE_HZ + 9) == samples[-2:]
    assert line.number_at(7 * SECOND_NS + 12_500_000) == 100
    assert line.instant_ns(100) == 7 * SECOND_NS + 12_500_000


def line_of(shakes_ms: list[int], wave: bytes) -> tuple[SoundLine, list[Lost]]:
    """A line of blocks of 100 ms, each stamped so much later than it should be."""
    lost: list[Lost] = []
    line = SoundLine(RATE_HZ, lost.append)
    for block, shake_ms in enumerate(shakes_ms):
        line.take(Pcm(wave, RATE_HZ, SECOND_NS + block * 100_000_000 + shake_ms * 1_000_000))
    return line, lost


def test_stamps_that_shake_by_two_milliseconds_change_nothing() -> None:
    line, lost = line_of([0, 2, -2, 1], b"\1\0" * 800)
    assert (line.end, lost) == (3200, [])


@pytest.mark.parametrize(("shake_ms", "samples"), [(19, 3203), (-19, 3197)])
def test_a_clock_that_came_apart_is_followed_by_one_sample_a_block(
    shake_ms: int, samples: int
) -> None:
    line, lost = line_of([0, *[shake_ms] * 3], b"\1\0" * 800)
    assert (line.end, lost) == (samples, [])


@pytest.mark.parametrize(
    ("shake_ms", "heard"), [(0, "13556731"), (19, "135556731"), (-19, "1356731")]
)
def test_the_sample_that_goes_or_comes_is_where_the_sound_changes_least(
    shake_ms: int, heard: str
) -> None:
    wave = b"".join(int(digit).to_bytes(2, "little") for digit in "13556731")
    lost: list[Lost] = []
    line = SoundLine(RATE_HZ, lost.append)
    line.take(Pcm(wave, RATE_HZ, SECOND_NS))
    line.take(Pcm(wave, RATE_HZ, SECOND_NS + SECOND_NS // 1000 + shake_ms * 1_000_000))
    followed = line.read(len("13556731"), line.end)
    assert "".join(map(str, memoryview(followed).cast("h"))) == heard


def test_sound_that_was_already_replaced_by_silence_is_left_out() -> None:
    lost: list[Lost] = []
    line = SoundLine(RATE_HZ, lost.append)
    line.take(Pcm(b"\1\0" * 800, RATE_HZ, 0))
    line.fill(SECOND_NS)
    line.take(Pcm(b"\2\0" * 800, RATE_HZ, 950_000_000))
    line.take(Pcm(b"\3\0" * 800, RATE_HZ, 1_050_000_000))
    assert line.read(799, 801) == b"\1\0\0\0"
    assert line.read(7999, 8001) == b"\0\0\2\0"
    assert line.end == 9200
    assert sorted(loss.count for loss in lost) == [400, 7200]


def test_memory_stays_flat() -> None:
    line = SoundLine(RATE_HZ, lambda _: None)
    for second in range(600):
        line.take(Pcm(bytes(2 * RATE_HZ), RATE_HZ, second * SECOND_NS))
        assert line.end - line.start <= 7 * RATE_HZ
    line.fill(100_000 * SECOND_NS)
    assert line.end - line.start <= 7 * RATE_HZ
