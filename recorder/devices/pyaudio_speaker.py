"""The Speaker port through PyAudio: a thread of its own says one sentence after the other.

The card is opened for each sentence and let go after it, so that a card that died is found
again by the next one, and a speaker that hangs costs nothing but itself.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import pyaudio

from recorder.capture.ports import DeviceLost
from recorder.devices.prompts import NoSuchPrompt
from recorder.devices.sound_cards import no_such_card, sound_card

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from recorder.devices.prompts import Prompt

_MOST_WAITING = 8
_BLOCKS_PER_SECOND = 20


class PyAudioSpeaker:
    """Speaks through the card whose name contains `name`; empty: the machine's default.

    `remember` is told, in a sentence, what could not be said; nobody waits for it.
    """

    def __init__(
        self, prompts: Mapping[str, Prompt], name: str, remember: Callable[[str], None]
    ) -> None:
        self._prompts = prompts
        self._name = name
        self._remember = remember
        self._sentences: deque[tuple[Prompt, ...]] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._speak, name="speaker", daemon=True)
        self._thread.start()

    def say(self, *clips: str) -> None:
        """Return at once; a sentence of these clips. NoSuchPrompt if one of them is not there."""
        for clip in clips:
            if clip not in self._prompts:
                raise NoSuchPrompt(clip, self._prompts)
        with self._changed:
            full = len(self._sentences) >= _MOST_WAITING
            if not full:
                self._sentences.append(tuple(self._prompts[clip] for clip in clips))
                self._changed.notify()
        if full:
            self._remember(f"The speaker hangs; {'+'.join(clips)} is not said.")

    def hush(self) -> None:
        """Forget the sentences that wait; the one that is being said is finished."""
        with self._changed:
            self._sentences.clear()

    def stop(self) -> None:
        """Say what waits, then let the card go; returns after 5 s at most."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(5.0)

    def _next(self) -> tuple[Prompt, ...] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._sentences or self._ending)
            return self._sentences.popleft() if self._sentences else None

    def _speak(self) -> None:
        while (sentence := self._next()) is not None:
            audio = pyaudio.PyAudio()
            try:
                _play(audio, self._name, sentence)
            except DeviceLost as loss:
                self._remember(f"{'+'.join(prompt.id for prompt in sentence)} was not said. {loss}")
            finally:
                audio.terminate()


def _play(audio: Any, name: str, sentence: tuple[Prompt, ...]) -> None:  # noqa: ANN401 – untyped
    """Play a sentence to its end; DeviceLost if the card cannot be opened, or is lost meanwhile.

    All clips have one rate: render.py makes them so, and load_prompts refuses another.
    """
    rate_hz = sentence[0].rate_hz
    try:
        stream = audio.open(
            rate=rate_hz,
            channels=1,
            format=pyaudio.paInt16,
            output=True,
            output_device_index=sound_card(audio, name, "maxOutputChannels"),
            frames_per_buffer=rate_hz // _BLOCKS_PER_SECOND,
        )
        try:
            for prompt in sentence:
                stream.write(prompt.samples.astype("<i2").tobytes())
            stream.stop_stream()  # plays what is still in the card
        finally:
            stream.close()
    except (OSError, ValueError) as error:
        raise no_such_card("speaker", name, error) from error
