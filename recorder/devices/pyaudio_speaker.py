"""The Speaker port through PyAudio: a thread of its own says one prompt after the other.

The card is opened for each run of prompts and let go after it, so that a card that died is found
again by the next one, and a speaker that hangs costs nothing but itself.
"""

from __future__ import annotations

import queue
import threading
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
        self._waiting: queue.SimpleQueue[Prompt | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._speak, name="speaker", daemon=True)
        self._thread.start()

    def say(self, clip: str) -> None:
        """Return at once; one after the other. NoSuchPrompt if there is no clip with this id."""
        prompt = self._prompts.get(clip)
        if prompt is None:
            raise NoSuchPrompt(clip, self._prompts)
        if self._waiting.qsize() >= _MOST_WAITING:
            self._remember(f"The speaker hangs; {clip} is not said.")
            return
        self._waiting.put(prompt)

    def stop(self) -> None:
        """Say what waits, then let the card go; returns after 5 s at most."""
        self._waiting.put(None)
        self._thread.join(5.0)

    def _speak(self) -> None:
        while (prompt := self._waiting.get()) is not None:
            audio = pyaudio.PyAudio()
            try:
                _play(audio, self._name, prompt)
            except DeviceLost as loss:
                self._remember(f"{prompt.id} was not said. {loss}")
            finally:
                audio.terminate()


def _play(audio: Any, name: str, prompt: Prompt) -> None:  # noqa: ANN401 – PyAudio is untyped
    """Play one prompt to its end; DeviceLost if the card cannot be opened, or is lost meanwhile."""
    block = prompt.rate_hz // _BLOCKS_PER_SECOND
    try:
        stream = audio.open(
            rate=prompt.rate_hz,
            channels=1,
            format=pyaudio.paInt16,
            output=True,
            output_device_index=sound_card(audio, name, "maxOutputChannels"),
            frames_per_buffer=block,
        )
        try:
            stream.write(prompt.samples.astype("<i2").tobytes())
            stream.stop_stream()  # plays what is still in the card
        finally:
            stream.close()
    except (OSError, ValueError) as error:
        raise no_such_card("speaker", name, error) from error
