"""A receiver on a serial line: a true fix each second, or what it is told to say instead."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.rig.gps.pty_line import PtyLine

if TYPE_CHECKING:
    from pathlib import Path

GARBAGE = b"\xb5\x62\x01\x07\x5c\x00\xff\xfe$GNR\n$GNRMC,0100,A,33*00\r\n\x00\xff"


def sentence(body: str) -> bytes:
    check = 0
    for byte in body.encode():
        check ^= byte
    return f"${body}*{check:02X}\r\n".encode()


def fix(at: datetime) -> bytes:
    """A position at this instant, as common receivers state it."""
    clock = f"{at:%H%M%S}.00"
    place = "3352.12800,N,11303.28200,E"
    return sentence(f"GNRMC,{clock},A,{place},2.7,0.0,{at:%d%m%y},,,A") + sentence(
        f"GNGGA,{clock},{place},1,09,0.98,112.3,M,-17.1,M,,"
    )


class Receiver:
    """Speaks once a second from the beginning until closed."""

    def __init__(self) -> None:
        self._line = PtyLine()
        self._broken = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._speak, name="receiver", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        return self._line.path

    def break_down(self) -> None:
        """From now on: bytes of another protocol, cut sentences, wrong check sums."""
        self._broken = True

    def mend(self) -> None:
        self._broken = False

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._line.close()

    def _speak(self) -> None:
        while not self._stop.wait(1.0):
            self._line.send(GARBAGE if self._broken else fix(datetime.now(UTC)))
