"""A small fact that is replaced again and again, and survives a crash at any byte.

Two files are overwritten in turn; each carries its generation, its length and a digest, so that a
torn one is recognised. The older one stays untouched while the newer one is written.
"""

from __future__ import annotations

import hashlib
import os
import struct
from typing import TYPE_CHECKING

from recorder.custody.errors import StorageLost

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.custody.durable import Disk
    from recorder.custody.effects import Effect, Step

_LEAD = struct.Struct(">8sQI")
_MAGIC = b"shiluslt"
_DIGEST_BYTES = 32
SLOT_MODE = 0o600


class Slots:
    """Two slots `{name}.0` and `{name}.1` in a folder of custody's own."""

    def __init__(
        self, folder: Path, name: str, disk: Disk, step: Step, effects: tuple[Effect, Effect]
    ) -> None:
        self._paths = (folder / f"{name}.0", folder / f"{name}.1")
        self._name = name
        self._disk = disk
        self._step = step
        self._writing, self._syncing = effects
        self._lost = ""
        found = [self._read(path) for path in self._paths]
        self._generations = [0 if slot is None else slot[0] for slot in found]
        # Kept open: a slot is written several times a second.
        self._fds = [_open(path) for path in self._paths]

    def write(self, payload: bytes) -> None:
        """Replace the older slot durably; StorageLost if it cannot be."""
        self._overwrite(self._older(), max(self._generations) + 1, payload, self._writing)

    def blank_older(self, effect: Effect) -> None:
        """Overwrite the older slot with nothing, so that what it held is no longer there."""
        older = self._older()
        room = self._paths[older].stat().st_size - _LEAD.size - _DIGEST_BYTES
        self._overwrite(older, 0, bytes(max(0, room)), effect)

    def payloads(self) -> tuple[bytes, ...]:
        """Give what the whole slots hold, newest first."""
        found = [slot for slot in map(self._read, self._paths) if slot is not None]
        return tuple(payload for _, payload in sorted(found, reverse=True))

    def close(self) -> None:
        """Let go of both files."""
        for fd in self._fds:
            os.close(fd)
        self._fds = []

    def _older(self) -> int:
        return 0 if self._generations[0] <= self._generations[1] else 1

    def _overwrite(self, index: int, generation: int, payload: bytes, effect: Effect) -> None:
        if self._lost:
            raise StorageLost(self._name, self._lost)
        lead = _LEAD.pack(_MAGIC, generation, len(payload))
        data = lead + hashlib.sha256(lead + payload).digest() + payload
        fd = self._fds[index]
        try:
            self._step(effect)
            written = self._disk.write_at_start(fd, data)
            self._step(self._syncing)
            self._disk.sync(fd)
        except OSError as error:
            self._lost = error.strerror or str(error)
            raise StorageLost(self._name, self._lost) from error
        if written != len(data):
            self._lost = "only a part was written"
            raise StorageLost(self._name, self._lost)
        self._generations[index] = generation

    @staticmethod
    def _read(path: Path) -> tuple[int, bytes] | None:
        """Give generation and payload of a whole slot; None for a torn, blank or missing one."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        if len(data) < _LEAD.size + _DIGEST_BYTES:
            return None
        magic, generation, length = _LEAD.unpack_from(data)
        start = _LEAD.size + _DIGEST_BYTES
        payload = data[start : start + length]
        whole = hashlib.sha256(data[: _LEAD.size] + payload).digest() == data[_LEAD.size : start]
        if magic != _MAGIC or len(payload) != length or not whole or generation == 0:
            return None
        return generation, payload


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, SLOT_MODE)
