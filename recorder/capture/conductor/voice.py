"""What the unit says: aloud, into what it records, and as words beside the recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.conductor.pen import Spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from recorder.capture.ports import Speaker


class Voice:
    """Says a sentence: one clip, or several that make one."""

    def __init__(
        self,
        speaker: Speaker,
        lens: Callable[[words.Order], None],
        note: Callable[[Spoken], None],
        captions: Mapping[str, str],
    ) -> None:
        self._speaker = speaker
        self._lens = lens
        self._note = note
        self._captions = captions

    def say(self, *clips: str, sought: bool = False) -> None:
        """Return at once; `sought`: the lens looks for the clip in what the microphone hears."""
        self._speaker.say(*clips)
        for clip in clips:
            self._lens(words.Said(clip, sought))
        self._note(Spoken(clips[0], "".join(self._captions.get(clip, "") for clip in clips)))

    def hush(self) -> None:
        """Forget what waits to be said: something else matters more now."""
        self._speaker.hush()
        self._lens(words.Hush())
