"""What custody's pen is given, and what waits while nobody holds it or nothing is open yet.

What belongs to the unit (a self-check, a refusal) is given at once; what belongs to a recording
waits until that recording is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.conductor.pen import RefusedAct
from recorder.capture.conductor.selfcheck import SelfCheckReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.conductor.pen import Entry, Pen

_MOST_WAITING = 4096


class Notebook:
    """The conductor's side of the pen."""

    def __init__(self) -> None:
        self._pen: Pen | None = None
        self._waiting: list[Entry] = []
        self.opened = False

    @property
    def has_pen(self) -> bool:
        """Whether anybody writes at all."""
        return self._pen is not None

    def take_pen(self, pen: Pen) -> None:
        """Custody answers: what the unit has to say of itself goes now."""
        self._pen = pen
        self._give(lambda entry: isinstance(entry, SelfCheckReport | RefusedAct))

    def lose_pen(self) -> None:
        """Nobody holds the pen any more."""
        self._pen, self.opened = None, False

    def forget(self) -> None:
        """What waited belonged to a film that was none; what the unit said of itself stays."""
        self._waiting = [e for e in self._waiting if isinstance(e, SelfCheckReport | RefusedAct)]

    def open(self, cause: str, continues: int, pre_record_ms: int) -> None:
        """Ask for a recording, so much of which lies before the press."""
        self.opened = False
        if self._pen is not None:
            self._pen.open(cause, continues, pre_record_ms)

    def begun(self) -> None:
        """The recording is open: what waited for it goes now."""
        self.opened = True
        self._give(lambda _entry: True)

    def close(self, cause: str) -> None:
        """Ask for the end of the recording."""
        if self._pen is not None:
            self._pen.close(cause)

    def ended(self) -> None:
        """The recording is closed."""
        self.opened = False

    def note(self, entry: Entry, *, filming: bool) -> None:
        """Give it, or hold it; what concerns no recording while nothing is filmed is let go."""
        of_unit = isinstance(entry, SelfCheckReport | RefusedAct)
        if self._pen is not None and (self.opened or of_unit):
            self._pen.note(entry)
        elif (filming or of_unit) and len(self._waiting) < _MOST_WAITING:
            self._waiting.append(entry)

    def _give(self, wanted: Callable[[Entry], bool]) -> None:
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            if self._pen is not None and wanted(entry):
                self._pen.note(entry)
            else:
                self._waiting.append(entry)
