"""The Gps port on a serial line: a receiver's NMEA at 1 to 10 Hz, by way of the kernel's tty.

A line that goes away is closed and opened anew each second; it never spins and never raises.
"""

from __future__ import annotations

import os
import select
import termios
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from recorder.capture.ports import DeviceLost, NoFix, Source
from recorder.devices.nmea import NmeaReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from recorder.capture.ports import Fix

_READ_BYTES = 4096
_TICK_SECONDS = 0.25
_AGAIN_SECONDS = 1.0
SPEEDS = {
    4800: termios.B4800,
    9600: termios.B9600,
    38_400: termios.B38400,
    115_200: termios.B115200,
}


class SerialGps:
    """A receiver on `line`, such as /dev/ttyAMA0. `not_before` as NmeaReader has it."""

    def __init__(
        self, line: Path, bits_per_second: int, not_before: datetime, now_ns: Callable[[], int]
    ) -> None:
        """DeviceLost if no line has that speed; one that is missing today may come tomorrow."""
        if bits_per_second not in SPEEDS:
            known = ", ".join(map(str, SPEEDS))
            raise DeviceLost(
                Source.GPS,
                f"A GPS line cannot have {bits_per_second} bits a second; choose {known}.",
            )
        self._line = line
        self._speed = SPEEDS[bits_per_second]
        self._not_before = not_before
        self._now_ns = now_ns
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self, on_fix: Callable[[Fix | NoFix], None]) -> None:
        """Report every fix; NoFix once per loss."""
        self.stop()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._follow, args=(self._stop, _Once(on_fix)), name="gps", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Return when no further fix will come; harmless when already stopped."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def _follow(self, stop: threading.Event, tell: _Once) -> None:
        # One reader for all openings: what it believes about time outlives a loose plug.
        reader = NmeaReader(self._not_before)
        while not stop.is_set():
            try:
                descriptor = self._opened()
            except (OSError, termios.error) as error:
                reason = error.args[-1]
                tell(NoFix(self._now_ns(), f"{self._line} cannot be opened ({reason})"))
            else:
                try:
                    self._read(descriptor, reader, stop, tell)
                except OSError as error:
                    cause = f"{self._line} is gone ({error.strerror}); check the receiver's plug"
                    tell(NoFix(self._now_ns(), cause))
                finally:
                    os.close(descriptor)
            stop.wait(_AGAIN_SECONDS)

    def _read(
        self, descriptor: int, reader: NmeaReader, stop: threading.Event, tell: _Once
    ) -> None:
        """Read until stopped; OSError when the line goes away."""
        while not stop.is_set():
            ready, _, _ = select.select([descriptor], [], [], _TICK_SECONDS)
            now_ns = self._now_ns()
            if ready:
                chunk = os.read(descriptor, _READ_BYTES)
                if not chunk:
                    raise OSError(0, "hung up")
                facts = reader.feed(chunk, now_ns)
            else:
                facts = reader.idle(now_ns)
            for fact in facts:
                tell(fact)

    def _opened(self) -> int:
        """Open the line raw, at its speed; OSError or termios.error if it cannot be."""
        descriptor = os.open(self._line, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            raw = termios.tcgetattr(descriptor)
            raw[0] = raw[1] = raw[3] = 0
            raw[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
            raw[4] = raw[5] = self._speed
            raw[6][termios.VMIN], raw[6][termios.VTIME] = 0, 0
            termios.tcsetattr(descriptor, termios.TCSANOW, raw)
        except BaseException:
            with suppress(OSError):
                os.close(descriptor)
            raise
        return descriptor


class _Once:
    """Passes every fix on, and of several losses in a row only the first."""

    def __init__(self, on_fix: Callable[[Fix | NoFix], None]) -> None:
        self._on_fix = on_fix
        self._lost = False

    def __call__(self, fact: Fix | NoFix) -> None:
        lost = isinstance(fact, NoFix)
        if not (lost and self._lost):
            self._on_fix(fact)
        self._lost = lost
