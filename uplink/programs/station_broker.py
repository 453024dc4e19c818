"""The broker that a station runs, and its gate: who may come in today, and who was turned away."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from uplink.broker.embedded.server import EmbeddedBroker
from uplink.broker.mosquitto import MosquittoBroker, find_mosquitto
from uplink.broker.settings import BrokerSettings
from uplink.programs.access import access_table
from uplink.programs.wiring import roll_for
from uplink.station import events
from uplink.station.authority.door import turned_away
from uplink.station.settings import RunsBroker, StationSettings
from uplink.wire.post import Address, BrokerMissing
from uplink.wire.topics import STATION

_LOOK_SECONDS = 1.0


class Broker(Protocol):
    """What a station needs of the broker it runs."""

    @property
    def address(self) -> Address:
        """Where the station itself reaches it."""

    def renew(self) -> None:
        """Start anew, to read its papers again: every line breaks."""

    def turned_away(self) -> tuple[str, ...]:
        """Say why, of each whose certificate was not accepted since the last time."""


class _Elsewhere:
    """A broker that somebody else runs, and has to restart after a revocation."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def renew(self) -> None:
        """Leave it to whoever runs it."""

    def turned_away(self) -> tuple[str, ...]:
        """Know nothing."""
        return ()


class _Inside:
    """Mosquitto with a socket file for ourselves, where its path is short enough."""

    def __init__(self, broker: MosquittoBroker) -> None:
        self.address = broker.inside or broker.address
        self.renew = broker.renew
        self.turned_away = broker.turned_away


def broker_here() -> RunsBroker:
    """Return the broker that a new station runs: Mosquitto where it is installed, or our own."""
    try:
        find_mosquitto(os.environ.get("PATH", ""))
    except BrokerMissing:
        return RunsBroker.EMBEDDED
    return RunsBroker.MOSQUITTO


@contextmanager
def broker_of(settings: StationSettings) -> Iterator[Broker]:
    """Run the broker that the settings ask for."""
    place = settings.broker
    wanted = BrokerSettings(place.address, place.server, access_table(settings.agency))
    match place.runs:
        case RunsBroker.NONE:
            yield _Elsewhere(place.address)
        case RunsBroker.EMBEDDED:
            with EmbeddedBroker(wanted) as embedded:
                yield embedded
        case RunsBroker.MOSQUITTO:
            folder = settings.data / "broker"
            folder.mkdir(parents=True, exist_ok=True)
            program = find_mosquitto(os.environ.get("PATH", ""))
            with MosquittoBroker(wanted, program, folder, door_for=STATION) as mosquitto:
                yield _Inside(mosquitto)


class Gate:
    """Looks once a second whether somebody was revoked, and who was turned away."""

    def __init__(
        self,
        settings: StationSettings,
        broker: Broker,
        tell: Callable[[events.Event], None],
        seconds: Callable[[], float],
    ) -> None:
        self._agency = settings.agency
        self._roll = roll_for(settings)
        server = settings.broker.server
        self._crl = None if server is None else server.crl
        self._broker = broker
        self._tell = tell
        self._seconds = seconds
        self._due_seconds = seconds()
        self._written_ns = self._list_written_ns()

    def look(self) -> None:
        """Renew the broker after a revocation, and tell of those who knocked in vain."""
        if self._seconds() < self._due_seconds:
            return
        self._due_seconds = self._seconds() + _LOOK_SECONDS
        written_ns = self._list_written_ns()
        if written_ns != self._written_ns:
            self._written_ns = written_ns
            self._broker.renew()
        for reason in self._broker.turned_away():
            known = turned_away(self._roll, self._agency, self._crl, datetime.now(UTC))
            whose = "; ".join(known) or "no certificate of an enrolled unit is: a stranger, maybe"
            self._tell(
                events.TurnedAway(
                    f"the broker turned somebody away ({reason}). Expired or revoked: {whose}"
                )
            )

    def _list_written_ns(self) -> int:
        there = self._crl is not None and self._crl.exists()
        return self._crl.stat().st_mtime_ns if there and self._crl is not None else 0
