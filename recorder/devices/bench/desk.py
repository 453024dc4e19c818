"""The socket at which a program presses a bench unit's buttons, and drains its battery."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from recorder.capture.ports import Button
from recorder.devices.bench.hands import FULL, BenchButtons, BenchPower
from recorder.devices.pace import BoottimePace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_WISH_LIMIT_BYTES = 256
_SHIFT_MINUTES = FULL.minutes


class Desk:
    """The bench unit's buttons: a datagram `{"button":"record","pressed":true}` is an edge.

    `{"battery":25,"degrees":50}` lets the battery last 25 minutes, and the chip have 50 degrees;
    minutes below 0 are mains.
    """

    def __init__(self, path: Path, tell: Callable[..., None]) -> None:
        self._tell = tell
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.buttons = BenchButtons(BoottimePace())
        self.power = BenchPower()

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
            case {"battery": int(minutes), "degrees": int(degrees)} if minutes <= _SHIFT_MINUTES:
                percent = max(0, minutes) * 100 // _SHIFT_MINUTES
                self.power.become(
                    replace(
                        FULL,
                        on_mains=minutes < 0,
                        percent=percent,
                        minutes=max(-1, minutes),
                        degrees=degrees,
                    )
                )
                return False
            case {"button": str(name), "pressed": bool(pressed)}:
                act = self.buttons.push if pressed else self.buttons.release
                act(Button(name))
                return False
        raise ValueError("it names no button, no battery, or not whether it is pressed")
