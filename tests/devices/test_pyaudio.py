"""The real PyAudio on a virtual sound card: what the speaker says is heard, and loss is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from recorder.capture.lens.notice_search import NoticeSearch
from recorder.capture.ports import DeviceLost, Lost, Pcm
from recorder.devices.prompts import load_prompts
from tests.rig.remote import pass_seconds, until
from tests.rig.rooms import PROMPTS, SoundRoom, sound_room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
RATE_HZ = 48_000
SECOND_NS = 1_000_000_000
CLIP = "rec.notice"


class Ear:
    """What the microphone heard, and what was told about it."""

    def __init__(self, room: SoundRoom) -> None:
        self.room = room
        self.sound: list[Pcm] = []
        self.told: list[DeviceLost | Lost] = []
        room.card.play(
            np.random.default_rng(1).normal(0, 200, RATE_HZ * 60).astype("<i2").tobytes()
        )

    def listen(self) -> None:
        self.room.device.start(self.sound.append, self.told.append)

    def gone(self) -> list[str]:
        return [str(fact) for fact in self.told if isinstance(fact, DeviceLost)]

    def found(self, clip: str) -> bool:
        """Whether the clip is in the sound, by the search that recordings use."""
        prompt = load_prompts(PROMPTS)[clip]
        search = NoticeSearch(prompt.samples, prompt.rate_hz)
        for pcm in self.sound:
            search.hear(pcm)
        search.give_up()
        until(search.answer)
        answer = search.answer()
        return answer is not None and answer.heard


@pytest.fixture
def ear(tmp_path: Path, need: Callable[[str], Path]) -> Iterator[Ear]:
    room = sound_room(tmp_path, need, CLIP)
    yield Ear(room)
    room.close()


def test_what_the_speaker_says_is_found_in_what_the_microphone_hears(ear: Ear) -> None:
    ear.listen()
    ear.room.device.order("say")
    pass_seconds(4.0)
    ear.room.device.stop()
    assert ear.found(CLIP)
    assert not ear.found("rec.stop")


def test_a_card_that_dies_is_told_within_two_seconds_and_found_again_when_it_is_back(
    ear: Ear,
) -> None:
    """PortAudio itself says nothing: no error, no flag, no callback any more."""
    ear.listen()
    pass_seconds(0.5)
    ear.room.card.kill()
    assert until(ear.gone) < 2.0
    before = ear.sound[-1]
    ear.room.card.start()
    heard = len(ear.sound)
    until(lambda: len(ear.sound) > heard + 10)
    assert ear.sound[heard].boottime_ns - before.boottime_ns > SECOND_NS
    assert len(ear.gone()) == 1


def test_a_sound_server_that_hangs_is_told_within_two_seconds(ear: Ear) -> None:
    """Its stream stays "active", so only the age of the newest sound tells."""
    ear.listen()
    pass_seconds(0.5)
    ear.room.card.freeze()
    try:
        assert until(ear.gone) < 2.0
    finally:
        ear.room.card.thaw()
    heard = len(ear.sound)
    until(lambda: len(ear.sound) > heard + 10)


def test_no_card_is_one_sentence(ear: Ear) -> None:
    ear.room.card.kill()
    with pytest.raises(DeviceLost, match="cannot be opened"):
        ear.listen()


def test_a_prompt_without_a_card_is_remembered_and_costs_nothing_else(ear: Ear) -> None:
    ear.room.card.kill()
    ear.room.device.order("say")
    ear.room.card.start()
    ear.listen()
    pass_seconds(1.5)
    ear.sound.clear()
    ear.room.device.order("say")
    pass_seconds(4.0)
    ear.room.device.stop()
    assert ear.found(CLIP)
