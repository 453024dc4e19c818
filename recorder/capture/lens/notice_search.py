"""Was the notice heard? Collects the microphone's sound while it is spoken, then looks for it.

Whether it was heard is a fact of the recording; nothing here decides what follows from it. The
search takes a small processor seconds, in which pictures go on coming: it has a thread of its own.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import numpy as np

from recorder.capture.lens.notice import HEARD_PERMILLE, notice_score
from recorder.capture.lens_words import NoticeSought

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
        self._searching: threading.Thread | None = None
        self._found: NoticeSought | None = None

    def hear(self, pcm: Pcm) -> None:
        """Listen on; the search begins once the clip must have been spoken."""
        if self._searching is not None:
            return
        self._heard += pcm.samples
        self._heard_hz = pcm.rate_hz
        wanted_seconds = len(self._clip) / self._clip_hz + _PATIENCE_SECONDS
        if len(self._heard) >= 2 * wanted_seconds * pcm.rate_hz:
            self.give_up()

    def give_up(self) -> None:
        """Search in what was heard so far; harmless when that has begun."""
        if self._searching is None:
            self._searching = threading.Thread(
                target=self._search, name="notice search", daemon=True
            )
            self._searching.start()

    def answer(self) -> NoticeSought | None:
        """What was found, once that is known; never waits."""
        return self._found

    def _search(self) -> None:
        heard = np.frombuffer(bytes(self._heard), "<i2")
        score = notice_score(self._clip, self._clip_hz, heard, self._heard_hz)
        digest = hashlib.sha256(self._clip.astype("<i2").tobytes()).hexdigest()
        self._found = NoticeSought(digest, score >= HEARD_PERMILLE, score)
