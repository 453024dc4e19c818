"""Workers beside the first one: processes of their own, at the broker that the first one runs.

One that is killed is replaced; so is one that hangs: each tells the first one that it gets on, as
that one tells systemd, and is killed after a minute of silence. One that ends by itself met what it
may not go on with, and so the whole station ends, as it would with one worker. None outlives the
first.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from uplink.broker.mosquitto import leash
from uplink.station import events
from uplink.station.settings import RunsBroker, StationSettings
from uplink.wire.post import Address

_STOP_SECONDS = 10.0
_SILENT_SECONDS = 60.0
"""As long as systemd gives the first one."""
_SIGN_MAX_BYTES = 64
COMMAND = "side"


class WorkerEnded(Exception):
    """A worker beside the first one ended by itself; it said why."""


def beside(settings: StationSettings, place: str) -> StationSettings:
    """Return the settings of a worker at a broker that runs already, at `host:port` or a file."""
    host, _, port = place.rpartition(":")
    address = Address(place, 0) if place.startswith("/") else Address(host, int(port))
    broker = replace(settings.broker, address=address, runs=RunsBroker.NONE)
    return replace(settings, broker=broker, workers=1)


@dataclass(slots=True)
class _Worker:
    """A process, and where it says that it gets on."""

    process: subprocess.Popen[bytes]
    ear: socket.socket
    heard_seconds: float

    def listen(self, now_seconds: float) -> None:
        """Take in every sign of life since the last time."""
        try:
            while self.ear.recv(_SIGN_MAX_BYTES):
                self.heard_seconds = now_seconds
        except BlockingIOError:
            return


class SideWorkers:
    """`count` more workers: `with SideWorkers(…) as workers:`, and `look` again and again."""

    def __init__(
        self,
        config: Path,
        address: Address,
        count: int,
        tell: Callable[[events.Event], None],
        seconds: Callable[[], float],
    ) -> None:
        isolated = ["-I"] if sys.flags.isolated else []
        program = [sys.executable, *isolated, "-m", "uplink.programs.station"]
        self._command = [*leash(), *program, "--config", str(config), COMMAND, str(address)]
        self._count = count
        self._tell = tell
        self._seconds = seconds
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        self._workers = [self._start() for _ in range(self._count)]
        return self

    @property
    def processes(self) -> tuple[subprocess.Popen[bytes], ...]:
        """The workers that run now."""
        return tuple(one.process for one in self._workers)

    def look(self) -> None:
        """Replace who was killed or hangs. Raise WorkerEnded for one that ended by itself."""
        now_seconds = self._seconds()
        for place, worker in enumerate(self._workers):
            worker.listen(now_seconds)
            code = worker.process.poll()
            if code is None and now_seconds - worker.heard_seconds <= _SILENT_SECONDS:
                continue
            if code is None:
                worker.process.kill()
                worker.process.wait()
                self._replace(place, f"a worker did not get on for {_SILENT_SECONDS:g} s")
            elif code >= 0 or -code == signal.SIGTERM:
                raise WorkerEnded("a worker of this station ended; what it said stands above")
            else:
                self._replace(place, f"a worker was killed by signal {-code}")

    def _replace(self, place: int, what: str) -> None:
        self._tell(events.WorkerLost(f"{what}, and is replaced"))
        self._workers[place].ear.close()
        self._workers[place] = self._start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            try:
                worker.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.ear.close()

    def _start(self) -> _Worker:
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ear.setblocking(False)
        name = f"shilu-side-{os.urandom(8).hex()}"
        ear.bind(f"\0{name}")
        heard = {**os.environ, "NOTIFY_SOCKET": f"@{name}"}
        process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, env=heard)
        return _Worker(process, ear, self._seconds())
