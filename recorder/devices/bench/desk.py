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
                wish = json.loads(self._socket.recv(256))
                if wish.get("button") == "check":
                    asked = True
                    continue
                act = self.buttons.push if wish["pressed"] else self.buttons.release
                act(Button(wish["button"]))
            except BlockingIOError:
                return asked
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self._tell("log", sentence=f"a wish at the desk was not understood: {error}")
