"""Brings orders to units that stand at the dock and have nothing to say: they begin no journey."""

from collections.abc import Callable
from dataclasses import dataclass, field

from uplink.station import events
from uplink.station.store.order_book import Given, OrderBook
from uplink.wire.orders import CommandLetter
from uplink.wire.post import Letter
from uplink.wire.topics import Kind, Topic

_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Runner:
    """Sends each order once as soon as it may be taken, and again when its unit begins a journey.

    To a unit that is away a letter goes nowhere; it gets the order at its next journey.
    """

    agency: str
    book: OrderBook
    utc: Callable[[], str]
    publish: Callable[[Letter], None]
    tell: Callable[[events.Event], None]
    seconds: Callable[[], float]
    _seen: set[tuple[str, int]] = field(default_factory=set)
    _due_seconds: float = 0.0

    def look(self) -> None:
        """Send what is new, or has become due, since the last time."""
        if self.seconds() < self._due_seconds:
            return
        self._due_seconds = self.seconds() + _LOOK_SECONDS
        utc = self.utc()
        for unit in self.book.units():
            new = {(unit, order.number) for order in self.book.due(unit, utc)} - self._seen
            if new:
                self._seen |= new
                for order in self.book.pending(unit, utc):
                    if (unit, order.number) in new:
                        self._send(unit, order)

    def greet(self, unit: str) -> None:
        """Send a unit that begins a journey all that it has still to take."""
        for order in self.book.pending(unit, self.utc()):
            self._send(unit, order)

    def _send(self, unit: str, order: Given) -> None:
        topic = str(Topic(self.agency, unit, Kind.COMMAND))
        self.publish(Letter(topic, CommandLetter(order.note).payload()))
        self.tell(events.OrderSent(unit, order.number))
