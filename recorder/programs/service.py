"""How a process tells systemd that it is ready and that it gets on (sd_notify, watchdog).

Whoever feeds the watchdog says what progress is; time alone never feeds it.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NO_SETTINGS, NO_KEY, BAD_SETTINGS = 66, 77, 78
"""Exit codes after which systemd/alert can say why a unit does not start (sysexits.h)."""
READY = "READY=1"
GETS_ON = "WATCHDOG=1"
_FEED_NS = 1_000_000_000


def notify(state: str, environment: Mapping[str, str]) -> None:
    """Tell systemd how we are, if it asked; OSError if it asked and does not listen."""
    address = environment.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            end.sendall(state.encode())


@dataclass(slots=True)
class Watchdog:
    """Fed by `turn`, at most once a second, and only if everything it watches has moved since."""

    say: Callable[[str], None]
    now_ns: Callable[[], int]
    watched: tuple[str, ...] = ()
    _moved: frozenset[str] = frozenset()
    _fed_ns: int | None = None

    def moved(self, what: str) -> None:
        """Say that `what` has got on, or was replaced because it had not."""
        self._moved |= {what}

    def turn(self) -> None:
        """The loop came round once."""
        now_ns = self.now_ns()
        if self._fed_ns is None:
            self.say(READY)
        elif now_ns - self._fed_ns < _FEED_NS or not self._moved.issuperset(self.watched):
            return
        self._fed_ns, self._moved = now_ns, frozenset()
        self.say(GETS_ON)
