"""Gives each block of sound the instant of its first sample, on the unit's own clock.

The sound card states how old a block is when it hands it over; that statement jitters by
milliseconds, and is late when the machine is busy, never early. So blocks are counted on from one
another, and that count follows the lower envelope of the statements slowly. A jump that stays is a
gap, and goes into the stamps; one that melts away as fast as sound sounds is a backlog being
caught up, and does not. Blocks in doubt are held back meanwhile. Pure, and told the time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from recorder.capture.ports import Pcm

_SECOND_NS = 1_000_000_000
_JUMP_NS = 40_000_000
_FIRST_BLOCKS = 10
"""So many are compared before the first is stamped: one alone may be stated late."""
_CERTAIN_BLOCKS = 3
_MOST_HELD = 200
_ENVELOPE_BLOCKS = 250
_SLEW_NS = 20_000
"""So much a block's stamp may be corrected: a thousandth, more than any card's clock is wrong."""
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """One block as the card gave it; `stated_ns` is when its first sample sounded, as stated."""

    samples: bytes
    stated_ns: int


class _Envelope:
    """The lowest of the newest values, each counted from a zero that moves.

    Of those kept, each is lower than all that came after it: fifty times a second for a shift, on
    a small machine, nothing is looked through.
    """

    def __init__(self, newest: int) -> None:
        self._newest = newest
        self._seen = 0
        self._zero = 0
        self._kept: deque[tuple[int, int]] = deque()  # (when it was seen, value + zero)

    def lowest_with(self, value: int) -> int:
        """Take this value in, and return the lowest."""
        while self._kept and self._kept[-1][1] >= value + self._zero:
            self._kept.pop()
        self._kept.append((self._seen, value + self._zero))
        self._seen += 1
        if self._kept[0][0] < self._seen - self._newest:
            self._kept.popleft()
        return self._kept[0][1] - self._zero

    def lower(self, by: int) -> None:
        """Count all of them from a zero that lies so much higher."""
        self._zero += by

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()


class SoundStamps:
    """One stream's stamps: `take` answers with the blocks whose instants are certain now."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._next_ns: int | None = None
        self._late = _Envelope(_ENVELOPE_BLOCKS)
        self._held: list[Heard] = []
        self._held_late: list[int] = []

    def take(self, heard: Heard) -> list[Pcm]:
        """Stamp this block, or hold it while its instant is in doubt."""
        if self._next_ns is None:
            return self._begin(heard)
        late_ns = heard.stated_ns - self._next_ns - self._held_ns()
        if abs(late_ns) <= _JUMP_NS:
            return [*self._release(), self._follow(heard, late_ns)]
        self._held.append(heard)
        self._held_late.append(late_ns)
        if not self._jumped():
            return []
        self._next_ns += min(self._held_late[-_CERTAIN_BLOCKS:])
        self._late.clear()
        return self._release()

    def rest(self) -> list[Pcm]:
        """Return what is still held: the stream has ended."""
        if self._next_ns is None and self._held:
            self._next_ns = self._first_ns()
        return self._release()

    def _begin(self, heard: Heard) -> list[Pcm]:
        self._held.append(heard)
        if len(self._held) < _FIRST_BLOCKS:
            return []
        self._next_ns = self._first_ns()
        return self._release()

    def _first_ns(self) -> int:
        """Return when the first held block sounded: by the earliest that any of them says."""
        earliest_ns, gone_ns = self._held[0].stated_ns, 0
        for heard in self._held:
            earliest_ns = min(earliest_ns, heard.stated_ns - gone_ns)
            gone_ns += self._lasts_ns(heard)
        return earliest_ns

    def _jumped(self) -> bool:
        if len(self._held) >= _MOST_HELD:
            return True
        if len(self._held) < _CERTAIN_BLOCKS:
            return False
        newest = self._held_late[-_CERTAIN_BLOCKS:]
        block_ns = self._lasts_ns(self._held[-1])
        return max(newest) - min(newest) < block_ns // 2

    def _follow(self, heard: Heard, late_ns: int) -> Pcm:
        correct_ns = max(-_SLEW_NS, min(_SLEW_NS, self._late.lowest_with(late_ns)))
        self._late.lower(correct_ns)
        return self._stamped(heard, correct_ns)

    def _release(self) -> list[Pcm]:
        held, self._held, self._held_late = self._held, [], []
        return [self._stamped(heard, 0) for heard in held]

    def _stamped(self, heard: Heard, correct_ns: int) -> Pcm:
        first_ns = (self._next_ns or 0) + correct_ns
        self._next_ns = first_ns + self._lasts_ns(heard)
        return Pcm(heard.samples, self._rate_hz, first_ns)

    def _lasts_ns(self, heard: Heard) -> int:
        return len(heard.samples) // _SAMPLE_BYTES * _SECOND_NS // self._rate_hz

    def _held_ns(self) -> int:
        return sum(self._lasts_ns(heard) for heard in self._held)
