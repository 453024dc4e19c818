"""One self-check: the sensors are asked, the unit's own tone is listened for, all judged and said.

The tone comes once the microphone gives sound, for a tone that nobody listens to proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.conductor import sentences
from recorder.capture.conductor.condition import UNKNOWN
from recorder.capture.conductor.selfcheck import Seen, SelfCheckReport, examine
from recorder.capture.ports import SHOWS_NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.conductor.deeds import Deeds


class Checkup:
    """Begun by an order, ended by the lens's answer, or cut short by a press."""

    def __init__(self, deeds: Deeds, order: Callable[[words.Order], None]) -> None:
        self._deeds = deeds
        self._order = order
        self.running = False
        self.report: SelfCheckReport | None = None  # the newest
        self._toned = False
        self._picture_fault = ""
        self._own_voice = UNKNOWN

    def begin(self) -> None:
        """Tell the lens to check."""
        self.running, self._toned = True, False
        self._picture_fault, self._own_voice = "", UNKNOWN
        self._order(words.Check())

    def cut(self) -> None:
        """Something matters more: what the lens answers is worth nothing now."""
        self.running = False

    def hears(self, samples: int) -> None:
        """Sound the tone, once, when the microphone gives anything."""
        if not self.running or self._toned or not samples:
            return
        self._toned = True
        self._deeds.voice.say("tone", sought=True)
        if self.report is None:
            self._deeds.voice.say("boot")

    def lost(self, source: str, lost: int, cause: str) -> None:
        """A sensor objects: a camera that stalls, stands still or is black; a skip is no fault."""
        if source == "camera" and (lost == UNKNOWN or cause in SHOWS_NOTHING):
            self._picture_fault = cause

    def heard(self, score_permille: int) -> None:
        """The tone was looked for."""
        self._own_voice = score_permille

    def examine(self, checked: words.Checked, *, key_signs: bool) -> SelfCheckReport:
        """Judge what the sensors showed, with everything else that is known: signed, and said."""
        self.running = False
        seen = Seen(
            checked.frames, checked.samples, checked.level, self._picture_fault, self._own_voice
        )
        now = self._deeds.upkeep.now
        self.report = examine(seen, now, key_signs=key_signs)
        self._deeds.note(self.report)
        for clips in sentences.checked(self.report, now, self._deeds.upkeep.today()):
            self._deeds.voice.say(*clips)
        return self.report
