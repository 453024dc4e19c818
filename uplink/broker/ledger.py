"""How much a post still holds for the broker, counted across two threads.

The one lock here covers a few additions and is never held while a library is called.
"""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One letter that is on its way."""

    topic: str
    size_bytes: int
    survives: bool
    """Whether it is sent again after the line broke."""


@dataclass(slots=True)
class Ledger:
    """Unsent letters by their message number."""

    _unsent_bytes: int = 0
    _entries: dict[int, Entry] = field(default_factory=dict)
    _settled_early: set[int] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def unsent_bytes(self) -> int:
        """Bytes reserved and not yet settled."""
        return self._unsent_bytes

    def reserve(self, size_bytes: int, bound_bytes: int) -> bool:
        """Count a letter in and answer true, or leave it out and answer false when full."""
        with self._changed:
            if self._unsent_bytes and self._unsent_bytes + size_bytes > bound_bytes:
                return False
            self._unsent_bytes += size_bytes
            return True

    def give_back(self, size_bytes: int) -> None:
        """Count out a reservation whose letter was not taken after all."""
        with self._changed:
            self._take_off(size_bytes)

    def record(self, number: int, entry: Entry) -> int:
        """Name the letter behind a reservation; return the unsent bytes."""
        with self._changed:
            if number in self._settled_early:
                # The library's thread was faster than ours.
                self._settled_early.discard(number)
                self._take_off(entry.size_bytes)
            else:
                self._entries[number] = entry
            return self._unsent_bytes

    def settle(self, number: int) -> Entry | None:
        """Count out a letter that went; None when it is not recorded yet."""
        with self._changed:
            entry = self._entries.pop(number, None)
            if entry is None:
                self._settled_early.add(number)
            else:
                self._take_off(entry.size_bytes)
            return entry

    def line_broke(self) -> None:
        """Count out what is lost with the line."""
        with self._changed:
            lost = [number for number, entry in self._entries.items() if not entry.survives]
            for number in lost:
                self._take_off(self._entries.pop(number).size_bytes)

    def await_empty(self, limit_seconds: float) -> None:
        """Return when nothing is unsent, or at the limit."""
        with self._changed:
            self._changed.wait_for(lambda: self._unsent_bytes == 0, limit_seconds)

    def _take_off(self, size_bytes: int) -> None:
        self._unsent_bytes -= size_bytes
        if self._unsent_bytes == 0:
            self._changed.notify_all()
