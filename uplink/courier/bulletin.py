"""The unit's retained state, told at the dock: what it still holds, and how fast that goes."""

from collections.abc import Callable
from dataclasses import dataclass

from uplink.courier.desk import Desk
from uplink.courier.journey import Journey
from uplink.courier.line import Line
from uplink.courier.tempo import Tempo
from uplink.wire.post import Letter
from uplink.wire.standing import State

_AGAIN_SECONDS = 5.0


@dataclass(slots=True)
class Bulletin:
    """Publishes on `topic`, with a higher `sequence` each time."""

    topic: str
    software: str
    line: Line
    desk: Desk
    tempo: Tempo
    seconds: Callable[[], float]
    utc: Callable[[], str]
    _sequence: int = 0
    _told_at: float = 0.0
    _ended: str = ""

    def tell(self, *, up: bool, journey: Journey | None = None) -> None:
        """Say how the unit stands, in `journey` or none. Raise NotConnected or PostFull."""
        now_seconds = self.seconds()
        self._sequence += 1
        self._told_at = now_seconds
        pending = self.desk.pending()
        going = journey is not None and not journey.finished
        state = State(
            up,
            self._sequence,
            self.software,
            pending.size_bytes,
            pending.files,
            self.utc(),
            self.desk.oldest_utc if pending.files else "",
            journey.number if journey is not None else "",
            self.tempo.speed(now_seconds) if going else 0,
        )
        self.line.publish(Letter(self.topic, state.payload(), retained=True))

    def tell_on(self, journey: Journey) -> None:
        """Say it again amid a journey now and then, and at its end. Raise as `tell`."""
        ends = journey.finished and journey.number != self._ended
        if ends or self.seconds() - self._told_at >= _AGAIN_SECONDS:
            self.tell(up=True, journey=journey)
            self._ended = journey.number if ends else self._ended
