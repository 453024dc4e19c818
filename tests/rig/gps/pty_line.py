"""A serial line with a receiver on it: a real tty of the kernel, whose other end a test holds."""

from __future__ import annotations

import contextlib
import os
import pty
import termios
from pathlib import Path


class PtyLine:
    """`path` is the tty; `close` pulls the plug."""

    def __init__(self) -> None:
        self._receiver, self._line = pty.openpty()
        self.path = Path(os.ttyname(self._line))
        # What a receiver says before anybody has set the line up would else be echoed back to it.
        settings = termios.tcgetattr(self._line)
        settings[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(self._line, termios.TCSANOW, settings)

    def send(self, said: bytes) -> None:
        """Say this at once; the kernel hands it to whoever reads the line."""
        os.write(self._receiver, said)

    def close(self) -> None:
        """Hang up; harmless when done already."""
        for descriptor in (self._receiver, self._line):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._receiver = self._line = -1
