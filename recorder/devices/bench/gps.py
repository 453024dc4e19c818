"""The Gps port, fed from an NMEA log that is replayed with the pace of its own times."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from recorder.capture.ports import NoFix, Source
from recorder.devices.bench.unplayable import TapeUnplayable
from recorder.devices.nmea import NmeaReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from recorder.capture.ports import Fix
    from recorder.devices.pace import Pace

_SECOND_NS = 1_000_000_000
_DAY_SECONDS = 86_400
_LONGEST_PAUSE_SECONDS = 30.0


class BenchGps:
    """Sends the log's lines through the same reader as a serial line, once through or in a loop."""

    def __init__(self, log: Path, pace: Pace, not_before: datetime, *, loop: bool = True) -> None:
        """TapeUnplayable unless the log has NMEA sentences with times."""
        self._steps = _steps(log)
        self._pace = pace
        self._not_before = not_before
        self._loop = loop
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self, on_fix: Callable[[Fix | NoFix], None]) -> None:
        """Report every fix; NoFix once per loss."""
        self.stop()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._replay, args=(self._stop, on_fix), name="bench gps", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Return when no further fix will come; harmless when already stopped."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def _quiet(
        self, reader: NmeaReader, until_ns: int, stop: threading.Event
    ) -> Iterator[Fix | NoFix]:
        """Wait, asking the reader every second whether the line has been silent for too long."""
        now_ns = self._pace.now_ns()
        while now_ns + _SECOND_NS < until_ns:
            now_ns += _SECOND_NS
            if not self._pace.wait_until(now_ns, stop):
                return
            yield from reader.idle(now_ns)
        if self._pace.wait_until(until_ns, stop):
            yield from reader.idle(until_ns)

    def _replay(self, stop: threading.Event, on_fix: Callable[[Fix | NoFix], None]) -> None:
        reader = NmeaReader(self._not_before)
        due_ns = self._pace.now_ns()
        while True:
            for pause_seconds, lines in self._steps:
                due_ns += round(pause_seconds * _SECOND_NS)
                for fact in self._quiet(reader, due_ns, stop):
                    on_fix(fact)
                if stop.is_set():
                    return
                for fact in reader.feed(lines, due_ns):
                    on_fix(fact)
            if not self._loop:
                on_fix(NoFix(due_ns, "the NMEA log has ended"))
                return
            due_ns += _SECOND_NS


def _steps(log: Path) -> list[tuple[float, bytes]]:
    """Split the log where its time changes: (seconds to wait before, lines to send then)."""
    try:
        content = log.read_bytes()
    except OSError as error:
        raise TapeUnplayable(
            Source.GPS, f"{log} cannot be read ({error.strerror}); check its name."
        ) from error
    steps: list[tuple[float, bytes]] = []
    before: float | None = None
    for line in content.splitlines(keepends=True):
        now = _seconds_of_day(line)
        if now is not None and now != before:
            gone = 0.0 if before is None else (now - before) % _DAY_SECONDS
            steps.append((min(gone, _LONGEST_PAUSE_SECONDS), line))
            before = now
        elif steps:
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
    if not steps:
        raise TapeUnplayable(
            Source.GPS,
            f"{log} has no NMEA sentence with a time; give a log with lines such as $GPRMC,….",
        )
    return steps


def _seconds_of_day(line: bytes) -> float | None:
    fields = line[line.rfind(b"$") :].split(b",")
    if fields[0][:1] != b"$" or fields[0][3:6] not in {b"RMC", b"GGA"} or len(fields) < 2:
        return None
    clock = fields[1]
    try:
        return int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + float(clock[4:])
    except ValueError:
        return None
