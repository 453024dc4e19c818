"""The lens as the conductor holds it: a process that may hang, die, and is then replaced."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.handover.errors import LinkLost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Eye:
    """The lens process as the conductor holds it: orders go in, reports come out."""

    def __init__(self, command: Sequence[str], tell: Callable[..., None]) -> None:
        self._command = command
        self._tell = tell
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def open(self) -> None:
        """Start a lens; one that is still there is killed first, however it hangs."""
        self.kill()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [*self._command, "--control", str(theirs.fileno())], pass_fds=[theirs.fileno()]
        )
        theirs.close()
        ours.setblocking(False)
        self._control = ours
        self._tell("lens", pid=self._process.pid)

    def kill(self) -> None:
        """Let it go, at once; a process that the kernel cannot end is left to the kernel."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            try:
                self._process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                self._tell("log", sentence=f"lens {self._process.pid} cannot be ended; left alone")
            self._process = None

    def fileno(self) -> int:
        """For selectors; −1 while there is no lens."""
        return -1 if self._control is None else self._control.fileno()

    def order(self, word: words.Order) -> None:
        """Send one order; a lens that is gone is noticed by `reports`."""
        if self._control is None:
            return
        try:
            self._control.send(words.encode(word), socket.MSG_NOSIGNAL)
        except OSError as error:
            self._tell("log", sentence=f"the lens did not take an order: {error.strerror}")

    def reports(self) -> list[words.Report]:
        """What it said since; LinkLost if it is gone."""
        reports: list[words.Report] = []
        while self._control is not None:
            try:
                packet = self._control.recv(words.PACKET_LIMIT_BYTES + 1)
            except BlockingIOError:
                break
            except ConnectionResetError:  # it was killed with an order of ours unread
                packet = b""
            except OSError as error:
                raise LinkLost(f"the lens is gone ({error.strerror})") from error
            if not packet:
                raise LinkLost(f"the lens ended{self._how()}")
            word = words.decode(packet)
            if isinstance(word, words.Report):
                reports.append(word)
        return reports

    def _how(self) -> str:
        if self._process is None:
            return ""
        try:
            code = self._process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            return ""
        return f" by signal {-code}" if code < 0 else f" with code {code}"
