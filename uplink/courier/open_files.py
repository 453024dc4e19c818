"""Files of the spool that are being sent, open for reading and for nothing else."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class OpenFiles:
    """Opens a file at its first read, and keeps it open until told."""

    path_of: Callable[[str], Path]
    _hands: dict[str, int] = field(default_factory=dict)

    def __contains__(self, file: str) -> bool:
        return file in self._hands

    def read(self, file: str, offset: int, size_bytes: int) -> bytes:
        """Return bytes of a file; fewer at its end. Raise OSError."""
        hand = self._hands.get(file)
        if hand is None:
            hand = self._hands[file] = os.open(self.path_of(file), os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(hand, size_bytes, offset)

    def close(self, file: str) -> None:
        """Close a file; harmless when it is not open."""
        hand = self._hands.pop(file, None)
        if hand is not None:
            os.close(hand)

    def close_all(self) -> None:
        """Close every file."""
        for file in tuple(self._hands):
            self.close(file)
