"""The notice is looked for in what the microphone gives; the answer comes once."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import numpy as np

from recorder.capture.lens.notice_search import NoticeSearch
from recorder.capture.ports import Pcm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from recorder.capture.lens_words import NoticeSought

CLIP_HZ, HEARD_HZ, BLOCK = 8_000, 16_000, 320


def speech(seconds: float, rate_hz: int, seed: int) -> NDArray[np.int16]:
    """Two tones that wander, as different for each seed as two sentences are."""
    steps = np.random.default_rng(seed).uniform(300, 2500, (2, round(seconds * 5) + 1))
    times = np.arange(round(seconds * rate_hz))
    phase = np.cumsum(steps[:, times * 5 // rate_hz], axis=1) * (2 * np.pi / rate_hz)
    return np.asarray(np.rint(4_000 * np.sin(phase).sum(axis=0)), np.int16)


def blocks(sound: NDArray[np.int16]) -> Iterator[Pcm]:
    for at in range(0, len(sound), BLOCK):
        yield Pcm(sound[at : at + BLOCK].astype("<i2").tobytes(), HEARD_HZ, at)


def answered(search: NoticeSearch, sound: NDArray[np.int16]) -> NoticeSought | None:
    """What it says once it has heard this and no thread of its own searches any more."""
    for pcm in blocks(sound):
        search.hear(pcm)
    for thread in threading.enumerate():
        if thread.name == "notice search":
            thread.join()
    return search.answer()


def room(spoken: NDArray[np.int16], before_seconds: float, seconds: float) -> NDArray[np.int16]:
    """So many seconds of a quiet room, in which something is said."""
    sound = np.random.default_rng(9).integers(-50, 50, round(seconds * HEARD_HZ), dtype=np.int16)
    at = round(before_seconds * HEARD_HZ)
    sound[at : at + len(spoken)] += spoken // 2
    return sound


def test_a_notice_that_was_spoken_is_heard_once_its_time_is_over() -> None:
    clip = speech(3, CLIP_HZ, seed=1)
    sound = room(speech(3, HEARD_HZ, seed=1), 1.7, 8.0)
    answer = answered(NoticeSearch(clip, CLIP_HZ), sound)
    assert answer is not None
    assert answer.heard
    assert answer.score_permille > 600
    assert answer.clip_sha256 == hashlib.sha256(clip.astype("<i2").tobytes()).hexdigest()


def test_before_its_time_is_over_there_is_no_answer() -> None:
    clip = speech(3, CLIP_HZ, seed=1)
    sound = room(speech(3, HEARD_HZ, seed=1), 1.7, 7.98)
    assert answered(NoticeSearch(clip, CLIP_HZ), sound) is None


def test_something_else_is_not_the_notice() -> None:
    sound = room(speech(3, HEARD_HZ, seed=2), 1.7, 8.0)
    answer = answered(NoticeSearch(speech(3, CLIP_HZ, seed=1), CLIP_HZ), sound)
    assert answer is not None
    assert not answer.heard


def test_giving_up_answers_from_what_was_heard_so_far() -> None:
    search = NoticeSearch(speech(3, CLIP_HZ, seed=1), CLIP_HZ)
    assert answered(search, room(speech(3, HEARD_HZ, seed=1), 0.5, 4.0)) is None
    search.give_up()
    answer = answered(search, np.zeros(0, np.int16))
    assert answer is not None
    assert answer.heard


def test_giving_up_before_any_sound_is_not_heard() -> None:
    search = NoticeSearch(speech(3, CLIP_HZ, seed=1), CLIP_HZ)
    search.give_up()
    answer = answered(search, np.zeros(0, np.int16))
    assert answer is not None
    assert (answer.heard, answer.score_permille) == (False, 0)
