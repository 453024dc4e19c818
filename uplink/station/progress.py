"""Whether whoever has work also gets on with it: what a station's watchdog is fed for.

A thread says what it has in hand and each time that it got on; another one looks. Who has nothing
in hand, or waits for somebody who is looked after too, never hangs, however long it takes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from uplink.station import events


class Progress:
    """Of one thread, which alone says these things; anybody may look at `in_hand`."""

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        self._seconds = seconds
        self.in_hand: tuple[str, float] | None = None
        """What there is to do, and since when it did not get on; one reference, set as a whole."""

    def begins(self, what: str) -> None:
        """Have something in hand: `what` stands in a sentence, as in "admitting BF-0007"."""
        self.in_hand = (what, self._seconds())

    def moved(self, _step: str = "") -> None:
        """Get on with it; nothing for whoever has nothing in hand."""
        if self.in_hand is not None:
            self.begins(self.in_hand[0])

    def rests(self) -> None:
        """Have nothing in hand any more."""
        self.in_hand = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for somebody who is looked after too."""
        before, self.in_hand = self.in_hand, None
        yield
        if before is not None:
            self.begins(before[0])

    def wait(self, over: threading.Event) -> None:
        """Wait for what another thread does."""
        with self.waiting():
            over.wait()


class Lookout:
    """Looks after every thread that has work; one that stands still too long is told of once."""

    def __init__(
        self,
        patience_seconds: float,
        seconds: Callable[[], float],
        tell: Callable[[events.Event], None],
    ) -> None:
        self._patience_seconds = patience_seconds
        self._seconds = seconds
        self._tell = tell
        self._all: list[Progress] = []
        self._told: set[Progress] = set()

    def one_more(self) -> Progress:
        """Look after one more thread."""
        self._all.append(Progress(self._seconds))
        return self._all[-1]

    def look(self) -> bool:
        """Whether everybody who has work gets on; tell of whoever does not."""
        hanging = set()
        for one in self._all:
            in_hand = one.in_hand
            if in_hand is None or self._seconds() - in_hand[1] <= self._patience_seconds:
                continue
            hanging.add(one)
            if one not in self._told:
                self._tell(events.hangs(in_hand[0], self._patience_seconds))
        self._told = hanging
        return not hanging
