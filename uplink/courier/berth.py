"""How we stand at the dock, said to custody whenever it changes: for lamp and voice alone.

It promises nothing as evidence. `failed` is what an officer must not miss: docked, and it does not
go on, because something was refused, or nothing moved for a while.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from recorder.handover.packets import Dock, Journey
from uplink.courier.courier import Courier
from uplink.courier.desk import Desk
from uplink.courier.filing import FilingLost

_LOOK_SECONDS = 0.5
_STILL_SECONDS = 20.0
_GUESS_SECONDS = 10.0
_SPEED_LOOKS = 120


@dataclass(slots=True)
class Berth:
    """Looks at the courier now and then; one thread calls it."""

    courier: Courier
    desk: Desk
    seconds: Callable[[], float]
    _told: Journey | None = None
    _moved: tuple[int, int] = (-1, -1)
    _moved_at: float = 0.0
    _look_at: float = 0.0
    _sent: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_SPEED_LOOKS))
    _guess: int = -1
    _guess_at: float = 0.0

    def look(self) -> None:
        """Say what changed since the last time; if custody is not there, say it later."""
        now_seconds = self.seconds()
        if now_seconds < self._look_at:
            return
        self._look_at = now_seconds + _LOOK_SECONDS
        segments = self.desk.outbox.unreceipted()
        oldest = self.desk.oldest_utc if segments else ""
        dock = self._dock(now_seconds, segments)
        now = Journey(dock, segments, oldest, self._left_minutes(now_seconds, dock))
        if now == self._told:
            return
        try:
            self.desk.filing.say(now)
        except FilingLost:
            return
        self._told = now

    def _left_minutes(self, now_seconds: float, dock: Dock) -> int:
        """How long it still takes at the speed of the last minute, rounded up."""
        if dock is not Dock.UPLOADING:
            self._sent.clear()
            self._guess = -1
            return -1
        self._sent.append((now_seconds, self.courier.tempo.sent_bytes))
        began_seconds, began = self._sent[0]
        seconds, sent = now_seconds - began_seconds, self._sent[-1][1] - began
        if seconds < _GUESS_SECONDS or not sent:
            return -1
        if now_seconds >= self._guess_at or self._guess < 0:
            self._guess_at = now_seconds + _GUESS_SECONDS
            self._guess = math.ceil(self.desk.pending().size_bytes * seconds / sent / 60)
        return self._guess

    def _dock(self, now_seconds: float, segments: int) -> Dock:
        courier = self.courier
        moved = (courier.tempo.sent_bytes, segments)
        if moved != self._moved or not courier.up:
            self._moved, self._moved_at = moved, now_seconds
        if not courier.up:
            return Dock.AWAY
        if courier.stuck or (segments and now_seconds - self._moved_at > _STILL_SECONDS):
            return Dock.FAILED
        if courier.home:
            return Dock.DONE
        came = self._told is None or self._told.dock is not Dock.DONE
        # Only records of the log travel: nothing that an officer would wait for.
        return Dock.UPLOADING if segments or came else Dock.DONE
