"""Workers beside the first one: processes of their own, at the broker that the first one runs.

One that is killed is replaced; one that ends by itself met what it may not go on with, and so the
whole station ends, as it would with one worker. None outlives the first.
"""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from uplink.broker.mosquitto import leash
from uplink.station import events
from uplink.station.settings import RunsBroker, StationSettings
from uplink.wire.post import Address

_STOP_SECONDS = 10.0
COMMAND = "side"


class WorkerEnded(Exception):
    """A worker beside the first one ended by itself; it said why."""


def beside(settings: StationSettings, place: str) -> StationSettings:
    """Return the settings of a worker at a broker that runs already, at `host:port` or a file."""
    host, _, port = place.rpartition(":")
    address = Address(place, 0) if place.startswith("/") else Address(host, int(port))
    broker = replace(settings.broker, address=address, runs=RunsBroker.NONE)
    return replace(settings, broker=broker, workers=1)


class SideWorkers:
    """`count` more workers: `with SideWorkers(…) as workers:`, and `look` again and again."""

    def __init__(
        self, config: Path, address: Address, count: int, tell: Callable[[events.Event], None]
    ) -> None:
        isolated = ["-I"] if sys.flags.isolated else []
        program = [sys.executable, *isolated, "-m", "uplink.programs.station"]
        self._command = [*leash(), *program, "--config", str(config), COMMAND, str(address)]
        self._count = count
        self._tell = tell
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._workers = [self._start() for _ in range(self._count)]
        return self

    def look(self) -> None:
        """Replace those that were killed. Raise WorkerEnded for one that ended by itself."""
        for place, worker in enumerate(self._workers):
            code = worker.poll()
            if code is None:
                continue
            if code >= 0 or -code == signal.SIGTERM:
                raise WorkerEnded("a worker of this station ended; what it said stands above")
            self._tell(events.WorkerLost(f"a worker was killed by signal {-code}, and is replaced"))
            self._workers[place] = self._start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            try:
                worker.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
