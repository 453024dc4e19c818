"""Lets custody, and through it lamp and voice of the unit, know how the way home goes.

It is told when it changes and every ten seconds, since custody may have been started anew and the
conductor too. Nothing is released and nothing written down because of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from recorder.handover.packets import Dock, Journey
from uplink.courier import events
from uplink.courier.desk import Desk
from uplink.courier.filing import FilingLost

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 10.0


@dataclass(slots=True)
class Tidings:
    """`turn` is called again and again by the program's loop, on the courier's thread."""

    desk: Desk
    let_know: Callable[[Journey], None]
    seconds: Callable[[], float]
    _up: bool = False
    _told: Journey | None = None
    _told_at: float = 0.0
    _looked_at: float = float("-inf")

    def saw(self, event: events.Event) -> None:
        """Take note of the dock."""
        if isinstance(event, events.Docked | events.Undocked):
            self._up = isinstance(event, events.Docked)

    def turn(self, home: Callable[[], bool], *, refused: bool) -> None:
        """Tell what is new; what custody does not take is told again a second later."""
        now_seconds = self.seconds()
        if now_seconds - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now_seconds
        news = Journey(
            self._dock(home, refused=refused), self.desk.unsent_segments(), self.desk.oldest_utc
        )
        if news == self._told and now_seconds - self._told_at < AGAIN_SECONDS:
            return
        try:
            self.let_know(news)
        except FilingLost:
            self._told = None
        else:
            self._told, self._told_at = news, now_seconds

    def _dock(self, home: Callable[[], bool], *, refused: bool) -> Dock:
        if not self._up:
            return Dock.AWAY
        if refused:
            return Dock.FAILED
        return Dock.DONE if home() else Dock.UPLOADING
