"""From a button's edges to what the officer means; pure, and told the time.

The button reports edges when they happen; `tick` is called at the instant that `due_ns` names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture.conductor.machine import Fact

if TYPE_CHECKING:
    from recorder.capture.ports import Edge

_NS = 1_000_000
_AT_START_NS = 500_000_000


@dataclass(frozen=True, slots=True)
class GestureTimes:
    """How long is long, in milliseconds."""

    double_ms: int = 400
    stop_ms: int = 2_000
    off_ms: int = 8_000
    stuck_ms: int = 10_000


class Gestures:
    """One button's meaning. A button that never comes up again is stuck, and gives nothing more.

    One that is down when the unit starts was not pressed: it means nothing until it comes up.
    """

    def __init__(self, times: GestureTimes, begun_ns: int = -_AT_START_NS) -> None:
        self._times = times
        self._begun_ns = begun_ns
        self._told_stuck = False
        self._void = False  # down since before anybody listened
        self._down_ns: int | None = None
        self._told_stop = False
        self._told_off = False
        self._single_ns: int | None = None  # a short press that may become a double one

    def take(self, edge: Edge) -> tuple[Fact, ...]:
        """What this edge means at once."""
        if edge.pressed == (self._down_ns is not None):
            return ()  # an edge that repeats is a bounce
        return self._down(edge.boottime_ns) if edge.pressed else self._up(edge.boottime_ns)

    def _down(self, now_ns: int) -> tuple[Fact, ...]:
        self._down_ns, self._told_stop, self._told_off = now_ns, False, False
        self._told_stuck = False
        self._void = now_ns - self._begun_ns < _AT_START_NS
        if self._void:
            return ()
        if self._single_ns is None:
            return (Fact.DOWN,)
        if now_ns - self._single_ns <= self._times.double_ms * _NS:
            return ()  # the second of a double press; the first already answered
        self._single_ns = None
        return (Fact.PRESS, Fact.DOWN)

    def _up(self, now_ns: int) -> tuple[Fact, ...]:
        due = self.tick(now_ns)
        self._down_ns = None
        if self._told_off or self._void:
            return due
        if self._told_stop:
            return (*due, Fact.NO_GESTURE)
        if self._single_ns is not None:
            self._single_ns = None
            return (*due, Fact.DOUBLE_PRESS)
        self._single_ns = now_ns
        return due

    def tick(self, now_ns: int) -> tuple[Fact, ...]:
        """What time alone means: a hold, or that a short press stays single."""
        if self._down_ns is None:
            if self._single_ns is None or now_ns - self._single_ns < self._times.double_ms * _NS:
                return ()
            self._single_ns = None
            return (Fact.PRESS,)
        held_ms = (now_ns - self._down_ns) // _NS
        facts: list[Fact] = []
        if self._void:
            self._told_stop = self._told_off = True
        if held_ms >= self._times.stop_ms and not self._told_stop:
            self._told_stop = True
            self._single_ns = None
            facts.append(Fact.HELD_STOP)
        if held_ms >= self._times.off_ms and not self._told_off:
            self._told_off = True
            facts.append(Fact.HELD_OFF)
        if held_ms >= self._stuck_ms and not self._told_stuck:
            self._told_stuck = True
            facts.append(Fact.STUCK)
        return tuple(facts)

    def due_ns(self) -> int | None:
        """When `tick` next has something to say, if the button does not move."""
        if self._down_ns is None:
            if self._single_ns is None:
                return None
            return self._single_ns + self._times.double_ms * _NS
        for told, after_ms in (
            (self._told_stop or self._void, self._times.stop_ms),
            (self._told_off or self._void, self._times.off_ms),
            (self._told_stuck, self._stuck_ms),
        ):
            if not told:
                return self._down_ns + after_ms * _NS
        return None

    @property
    def is_down(self) -> bool:
        """Whether the button is down."""
        return self._down_ns is not None

    @property
    def _stuck_ms(self) -> int:
        """Longer than any gesture, however long the officer has set that."""
        return max(self._times.stuck_ms, self._times.off_ms + 2_000)
