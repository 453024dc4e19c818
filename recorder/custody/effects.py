"""Every durable thing that custody does, numbered, so that a test can kill it before each.

docs/custody.md says what a crash before each of them leaves behind.
"""

from __future__ import annotations

import enum
from typing import Protocol


class Effect(enum.Enum):
    """An effect on the card, in the words of docs/custody.md."""

    CREATE_FILE = 1
    SYNC_FOLDER = 2
    APPEND_RECORD = 3
    SYNC_RECORD = 4
    APPEND_HEAD = 5
    SYNC_HEAD = 6
    WRITE_NEXT_KEY = 7
    SYNC_NEXT_KEY = 8
    FORGET_KEY = 9
    APPEND_MEDIA = 10
    APPEND_SIDE = 11
    SYNC_MEDIA = 12
    SYNC_SIDE = 13
    WRITE_STANDING = 14
    SYNC_STANDING = 15
    APPEND_DERIVED = 16  # block digests, tails and receipts: what can be made again
    SYNC_DERIVED = 17
    WRITE_STATION_HEAD = 18
    SYNC_STATION_HEAD = 19
    SEAL_FILE = 20
    WRITE_BOOKMARK = 21
    SYNC_BOOKMARK = 22
    WRITE_ORDER = 23
    SYNC_ORDER = 24


class Step(Protocol):
    """Called before each effect; the real one does nothing."""

    def __call__(self, effect: Effect) -> None:
        """Let `effect` happen by returning."""
        ...


def go_on(effect: Effect) -> None:
    """Let every effect happen: the step of a unit in the field."""
    del effect
