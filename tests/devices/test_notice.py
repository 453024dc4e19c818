"""The spoken notice is found in what the microphone heard, or it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recorder.capture.lens.notice import HEARD_PERMILLE, notice_score, resampled
from recorder.devices.prompts import Prompt, load_prompts

PROMPTS = load_prompts(Path(__file__).parents[2] / "config" / "prompts")
NOTICE = PROMPTS["notice.baofeng"]
RATE_HZ = 48_000


def room(prompt: Prompt, gain: float = 0.5, delay_seconds: float = 1.0) -> np.ndarray:
    """What a quiet room holds for 15 s when the prompt is said in it."""
    spoken = resampled(prompt.samples, prompt.rate_hz, RATE_HZ) * gain
    sound = np.zeros(15 * RATE_HZ)
    first = int(delay_seconds * RATE_HZ)
    sound[first : first + len(spoken)] = spoken
    return sound


def loudness(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound[sound != 0] ** 2)))


def noise(like: np.ndarray) -> np.ndarray:
    return np.random.default_rng(3).normal(0, loudness(like), len(like))


def score(heard: np.ndarray) -> int:
    return notice_score(NOTICE.samples, NOTICE.rate_hz, heard, RATE_HZ)


@pytest.mark.parametrize("gain", [0.01, 1.0])
@pytest.mark.parametrize("delay_seconds", [0.0, 0.0371, 2.9])
def test_the_notice_is_found_whatever_its_loudness_and_delay(
    gain: float, delay_seconds: float
) -> None:
    assert score(room(NOTICE, gain, delay_seconds)) >= 950


def test_the_notice_is_found_in_noise_as_loud_as_itself() -> None:
    spoken = room(NOTICE)
    assert score(spoken + noise(spoken)) >= 800


def test_the_notice_is_found_while_somebody_else_talks_as_loudly() -> None:
    spoken = room(NOTICE)
    talk = np.concatenate([room(PROMPTS[id_])[RATE_HZ : 6 * RATE_HZ] for id_ in
                           ("resume", "recover", "store.low")])  # fmt: skip
    talk *= loudness(spoken) / loudness(talk)
    assert score(spoken + talk) >= 600


def test_the_notice_is_found_when_two_clocks_differ() -> None:
    spoken = room(NOTICE)
    places = np.arange(len(spoken)) * (1 + 200e-6)
    assert score(np.interp(places, np.arange(len(spoken)), spoken)) >= 800


def test_a_muted_speaker_is_not_heard() -> None:
    assert score(np.zeros(15 * RATE_HZ)) == 0
    assert score(noise(room(NOTICE))) < HEARD_PERMILLE / 4


@pytest.mark.parametrize("id_", sorted(id_ for id_ in PROMPTS if not id_.startswith("notice.")))
def test_another_sentence_is_not_the_notice(id_: str) -> None:
    assert score(room(PROMPTS[id_])) < HEARD_PERMILLE / 2


def test_too_short_a_signal_is_not_heard() -> None:
    assert score(room(NOTICE)[: RATE_HZ // 4]) == 0
    assert score(np.zeros(0)) == 0


def test_the_score_takes_sixteen_bit_samples_as_they_come() -> None:
    heard = room(NOTICE).round().astype(np.int16)
    assert abs(score(heard) - score(room(NOTICE))) <= 2


def test_resampling_keeps_a_tone_in_place() -> None:
    slow = np.sin(np.arange(16_000) * 2 * np.pi * 440 / 16_000)
    fast = np.sin(np.arange(48_000) * 2 * np.pi * 440 / 48_000)
    assert np.abs(resampled(slow, 16_000, 48_000) - fast).max() < 1e-6
