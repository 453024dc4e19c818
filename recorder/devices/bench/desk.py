"""The socket at which a program presses a bench unit's buttons."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

from recorder.capture.ports import Button
from recorder.devices.bench.hands import BenchButtons
from recorder.devices.pace import BoottimePace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_WISH_LIMIT_BYTES = 256


class Desk:
    """The bench unit's buttons: a datagram `{"button":"record","pressed":true}` is an edge."""

    def __init__(self, path: Path, tell: Callable[..., None]) -> None:
        self._tell = tell
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.buttons = BenchButtons(BoottimePace())

    def look(self) -> bool:
        """Pass on what was pressed; True if a self-check was asked for."""
        asked = False
        while True:
            try:
                wish = self._socket.recv(_WISH_LIMIT_BYTES + 1)
            except BlockingIOError:
                return asked
            try:
                asked = self._grant(wish) or asked
            except ValueError as error:
                self._tell("log", sentence=f"a wish at the desk was not understood: {error}")

    def close(self) -> None:
        """Take no more wishes."""
        self._socket.close()

    def _grant(self, wish: bytes) -> bool:
        """Move the button that was wished for; True for a check. ValueError if it is neither."""
        if len(wish) > _WISH_LIMIT_BYTES:
            raise ValueError(f"it is longer than {_WISH_LIMIT_BYTES} bytes")
        match json.loads(wish):
            case {"button": "check"}:
                return True
            case {"button": str(name), "pressed": bool(pressed)}:
                act = self.buttons.push if pressed else self.buttons.release
                act(Button(name))
                return False
        raise ValueError("it names no button, or not whether it is pressed")
