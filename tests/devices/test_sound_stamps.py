"""A card's stated times, with their jitter, gaps and backlogs, become one honest line."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from recorder.devices.sound_line import TOLERANCE_NS, SoundLine
from recorder.devices.sound_stamps import Heard, SoundStamps

if TYPE_CHECKING:
    from recorder.capture.ports import Lost, Pcm

RATE_HZ = 48_000
BLOCK_NS = 20_000_000
MS = 1_000_000
SILENCE = bytes(960 * 2)


def stamped(stated_ns: list[int]) -> list[Pcm]:
    stamps = SoundStamps(RATE_HZ)
    given = [pcm for at in stated_ns for pcm in stamps.take(Heard(SILENCE, at))]
    return given + stamps.rest()


def steps_ms(sound: list[Pcm]) -> list[float]:
    return [round(float(step), 1) for step in np.diff([pcm.boottime_ns for pcm in sound]) / MS]


def test_jitter_of_a_card_does_not_reach_the_stamps() -> None:
    jitter = random.Random(7)  # noqa: S311 – noise
    stated = [number * BLOCK_NS + jitter.randrange(12 * MS) for number in range(1000)]
    sound = stamped(stated)
    assert len(sound) == 1000
    assert max(abs(step - 20) for step in steps_ms(sound)) <= 0.1
    assert abs(sound[-1].boottime_ns - 999 * BLOCK_NS) < 5 * MS


def test_a_card_whose_clock_is_slow_is_followed_within_three_milliseconds() -> None:
    """Counting samples alone would be 720 ms wrong by then; real cards are five times better."""
    stated = [round(number * BLOCK_NS * 1.0005) for number in range(24 * 60 * 50)]
    assert abs(stamped(stated)[-1].boottime_ns - stated[-1]) < 3 * MS


def test_a_gap_is_in_the_stamps_from_its_first_block_on() -> None:
    stated = [number * BLOCK_NS + (1490 * MS if number >= 10 else 0) for number in range(20)]
    assert steps_ms(stamped(stated)) == [20.0] * 9 + [1510.0] + [20.0] * 9


def test_a_gap_becomes_that_much_silence_in_the_line() -> None:
    stated = [number * BLOCK_NS + (1490 * MS if number >= 10 else 0) for number in range(20)]
    lost: list[Lost] = []
    line = SoundLine(RATE_HZ, lost.append)
    for pcm in stamped(stated):
        line.take(pcm)
    assert [loss.count for loss in lost] == [1490 * RATE_HZ // 1000]


def test_a_machine_that_was_busy_for_a_second_loses_no_sound_and_moves_none() -> None:
    # Everything of that second comes at once after it; nothing is missing.
    stated = [max(number * BLOCK_NS, 1200 * MS if number > 10 else 0) for number in range(100)]
    assert steps_ms(stamped(stated)) == [20.0] * 99


def test_one_late_statement_moves_nothing() -> None:
    stated = [number * BLOCK_NS + (300 * MS if number == 10 else 0) for number in range(20)]
    assert steps_ms(stamped(stated)) == [20.0] * 19


def test_no_step_of_a_line_without_gaps_exceeds_what_the_sound_line_mends() -> None:
    jitter = random.Random(3)  # noqa: S311 – noise
    stated = [number * BLOCK_NS + jitter.randrange(39 * MS) for number in range(500)]
    sound = stamped(stated)
    assert len(sound) == 500
    assert max(abs(step - 20) for step in steps_ms(sound)) * MS < TOLERANCE_NS
