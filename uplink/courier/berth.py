"""How we stand at the dock, said to custody whenever it changes: for lamp and voice alone.

It promises nothing as evidence. `failed` is what an officer must not miss: docked, and it does not
go on, because something was refused, or nothing moved for a while.
"""

from collections.abc import Callable
from dataclasses import dataclass

from recorder.handover.packets import Dock, Journey
from uplink.courier.courier import Courier
from uplink.courier.desk import Desk
from uplink.courier.filing import FilingLost

_LOOK_SECONDS = 0.5
_STILL_SECONDS = 20.0


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

    def look(self) -> None:
        """Say what changed since the last time; if custody is not there, say it later."""
        now_seconds = self.seconds()
        if now_seconds < self._look_at:
            return
        self._look_at = now_seconds + _LOOK_SECONDS
        segments = self.desk.outbox.unreceipted()
        oldest = self.desk.oldest_utc if segments else ""
        now = Journey(self._dock(now_seconds, segments), segments, oldest)
        if now == self._told:
            return
        try:
            self.desk.filing.say(now)
        except FilingLost:
            return
        self._told = now

    def _dock(self, now_seconds: float, segments: int) -> Dock:
        courier = self.courier
        moved = (courier.sent_bytes, segments)
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
