"""How long the lens may be silent before it is taken for dead. Pure, and told the time."""

from __future__ import annotations

_NS_PER_MS = 1_000_000


class LensWatch:
    """A lens that starts has more patience than one that has spoken."""

    def __init__(self, now_ns: int, silent_ms: int, start_ms: int) -> None:
        self._silent_ms = silent_ms
        self._start_ms = start_ms
        self.started(now_ns)

    def started(self, now_ns: int) -> None:
        """A new lens begins."""
        self._heard_ns, self._patience_ms = now_ns, self._start_ms

    def heard(self, now_ns: int) -> None:
        """It spoke."""
        self._heard_ns, self._patience_ms = now_ns, self._silent_ms

    def complaint(self, now_ns: int) -> str | None:
        """Say that it was silent too long; once, then it has its patience again."""
        silent_ms = (now_ns - self._heard_ns) // _NS_PER_MS
        if silent_ms < self._patience_ms:
            return None
        self._heard_ns = now_ns
        return f"the lens was silent for {silent_ms} ms"

    def due_ns(self) -> int:
        """When there will be something to complain about, if it stays silent."""
        return self._heard_ns + self._patience_ms * _NS_PER_MS
