"""What the station orders through custody: who films, and a self-check now.

A recording keeps the officers that it began with, so both wait while one goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.conductor.deeds import Deeds
    from recorder.capture.conductor.told import Crew


class Muster:
    """Holds an order until the unit rests; `resting` says whether it does."""

    def __init__(self, deeds: Deeds, resting: Callable[[], bool]) -> None:
        self._deeds = deeds
        self._resting = resting
        self._bound: Crew | None = None  # None: as the unit's own settings say
        self._ordered: Crew | None = None
        self._check_due = False

    @property
    def wants_check(self) -> bool:
        """Whether a self-check was ordered, and may begin."""
        return self._check_due and self._resting()

    def order(self, crew: Crew) -> None:
        """Bind these from the next recording on; whoever is bound already is not bound again."""
        self._ordered = crew
        self.settle()

    def order_check(self) -> None:
        """Have a self-check made as soon as nothing is recorded."""
        self._check_due = True

    def checked(self) -> None:
        """A self-check was made."""
        self._check_due = False

    def settle(self) -> None:
        """Bind who was ordered, if the unit rests."""
        if self._resting() and self._ordered is not None and self._ordered != self._bound:
            self._bound = self._ordered
            self._deeds.bind(self._ordered)
