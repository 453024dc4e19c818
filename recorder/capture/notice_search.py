"""Was the notice heard? Collects the microphone's sound while it is spoken, then looks for it.

Whether it was heard is a fact of the recording; nothing here decides what follows from it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from recorder.capture.lens_words import NoticeSought
from recorder.capture.notice import HEARD_PERMILLE, notice_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from recorder.capture.ports import Pcm

_PATIENCE_SECONDS = 5.0
"""How long after its own length a clip is still expected: prompts wait for each other."""


class NoticeSearch:
    """One search for one clip (mono, signed 16-bit)."""

    def __init__(self, clip: NDArray[np.int16], clip_hz: int) -> None:
        self._clip = clip
        self._clip_hz = clip_hz
        self._heard = bytearray()
        self._heard_hz = clip_hz

    def hear(self, pcm: Pcm) -> NoticeSought | None:
        """Listen on; the answer once the clip must have been spoken."""
        self._heard += pcm.samples
        self._heard_hz = pcm.rate_hz
        wanted_seconds = len(self._clip) / self._clip_hz + _PATIENCE_SECONDS
        if len(self._heard) < 2 * wanted_seconds * pcm.rate_hz:
            return None
        return self.give_up()

    def give_up(self) -> NoticeSought:
        """The answer from what was heard so far."""
        heard = np.frombuffer(bytes(self._heard), "<i2")
        score = notice_score(self._clip, self._clip_hz, heard, self._heard_hz)
        digest = hashlib.sha256(self._clip.astype("<i2").tobytes()).hexdigest()
        return NoticeSought(digest, score >= HEARD_PERMILLE, score)
