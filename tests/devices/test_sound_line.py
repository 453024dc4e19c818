"""Sound stays on the unit's clock for a whole shift, and every mended sample is counted."""

from __future__ import annotations

import pytest

from recorder.capture.ports import Lost, Pcm
from recorder.devices.sound_line import TOLERANCE_NS, SoundLine

SECOND_NS = 1_000_000_000
RATE_HZ = 8_000


@pytest.mark.parametrize("parts_per_million", [-200, 0, 100])
def test_a_shift_of_eight_hours_drifts_by_no_more_than_the_tolerance(
    parts_per_million: int,
) -> None:
    lost: list[Lost] = []
    line = SoundLine(RATE_HZ, lost.append)
    block_ns = SECOND_NS * (1_000_000 + parts_per_million) // 1_000_000
    for second in range(8 * 3600):
        line.take(Pcm(bytes(2 * RATE_HZ), RATE_HZ, second * block_ns))
        behind_ns = (second + 1) * block_ns - line.instant_ns(line.end)
        assert abs(behind_ns) <= TOLERANCE_NS + SECOND_NS // 1000
    mended = sum(loss.count for loss in lost) / RATE_HZ
    assert mended == pytest.approx(abs(parts_per_million) * 8 * 3600 / 1e6, abs=0.1)


def test_what_was_taken_can_be_read_again_by_number() -> None:
    line = SoundLine(RATE_HZ, lambda _: None)
    samples = b"".join(number.to_bytes(2, "little") for number in range(RATE_HZ))
    line.take(Pcm(samples, RATE_HZ, 7 * SECOND_NS))
    assert line.read(100, 103) == b"\x64\0\x65\0\x66\0"
    assert line.read(-2, 1) == bytes(6)
    assert line.read(RATE_HZ - 1, RATE_HZ + 9) == samples[-2:]
    assert line.number_at(7 * SECOND_NS + 12_500_000) == 100
    assert line.instant_ns(100) == 7 * SECOND_NS + 12_500_000


def test_stamps_within_the_tolerance_are_left_alone() -> None:
    lost: list[Lost] = []
    line = SoundLine(RATE_HZ, lost.append)
    for block, shake_ms in enumerate([0, 19, -19, 3]):
        stamp_ns = SECOND_NS + block * 100_000_000 + shake_ms * 1_000_000
        line.take(Pcm(b"\1\0" * 800, RATE_HZ, stamp_ns))
    assert (line.end, lost) == (3200, [])


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
