"""What the broker keeps for one client: its subscriptions and the letters on their way to it."""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace

from uplink.broker.embedded.packets import Filter, Publish

Owner = tuple[str, str]
"""Client name and client id: a certificate cannot take over another's session by its id."""

_ENVELOPE_BYTES = 200


@dataclass(frozen=True, slots=True)
class Parcel:
    """One letter for one client."""

    letter: Publish
    shared_as: str | None = None
    """The shared filter that it came by; another member may have it if this client is lost."""
    expires_at_seconds: float | None = None

    @property
    def size_bytes(self) -> int:
        """What it costs to hold."""
        return len(self.letter.payload) + len(self.letter.topic) + _ENVELOPE_BYTES


@dataclass(slots=True, eq=False)
class Session:
    """Letters wait, are written, and at QoS 1 stay until acknowledged; bytes are counted."""

    owner: Owner
    filters: dict[str, Filter] = field(default_factory=dict)
    expiry_seconds: int = 0
    online: bool = False
    held_bytes: int = 0
    gone_bytes: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Something to write, or something to write it with."""
    look_again: asyncio.Event = field(default_factory=asyncio.Event)
    """Some bytes went, or the line did, or a sender paused for us became full itself."""
    waits_for: "Session | None" = None
    """The full listener that this client is paused for."""
    _waiting: deque[Parcel] = field(default_factory=deque)
    _in_flight: dict[int, Parcel] = field(default_factory=dict)
    _again: set[int] = field(default_factory=set)
    """Packet identifiers of waiting duplicates, which must keep theirs."""
    _last_id: int = 0

    def put(self, parcel: Parcel) -> None:
        """Take a letter to be written when its turn comes."""
        self._waiting.append(parcel)
        self.held_bytes += parcel.size_bytes
        self.changed.set()
        if self.waits_for is not None:
            self.waits_for.look_again.set()

    def next(self, in_flight_bound: int, now_seconds: float) -> tuple[Publish, int] | None:
        """Return the next letter to write and its held bytes to let go once written, or None."""
        while self._waiting:
            parcel = self._waiting[0]
            if parcel.letter.qos and len(self._in_flight) >= in_flight_bound:
                return None
            self._waiting.popleft()
            self._again.discard(parcel.letter.packet_id)
            letter = _still_fresh(parcel, now_seconds)
            if letter is None:
                self.let_go(parcel.size_bytes)
            elif not letter.qos:
                return letter, parcel.size_bytes
            else:
                packet_id = letter.packet_id or self._free_id()
                self._in_flight[packet_id] = parcel
                return replace(letter, packet_id=packet_id), 0
        return None

    def acknowledge(self, packet_id: int) -> None:
        """Let a letter at QoS 1 go; an unknown number is an old one, and harmless."""
        parcel = self._in_flight.pop(packet_id, None)
        if parcel is not None:
            self.let_go(parcel.size_bytes)
            self.changed.set()

    def let_go(self, size_bytes: int) -> None:
        """Count bytes out, and tell whoever waits for room."""
        self.held_bytes -= size_bytes
        self.gone_bytes += size_bytes
        self.look_again.set()

    def line_broke(self) -> None:
        """Put what was not acknowledged back in front, to be sent again as duplicates."""
        again = [
            replace(parcel, letter=replace(parcel.letter, packet_id=number, duplicate=True))
            for number, parcel in self._in_flight.items()
        ]
        self._again.update(self._in_flight)
        self._in_flight.clear()
        self._waiting = deque([*again, *(one for one in self._waiting if one.letter.qos)])
        self.held_bytes = sum(one.size_bytes for one in self._waiting)
        self.online = False
        self.look_again.set()

    def shared_leftovers(self) -> list[Parcel]:
        """Return what came by shared subscriptions and never reached this client."""
        return [one for one in self._waiting if one.shared_as is not None]

    def _free_id(self) -> int:
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._in_flight and self._last_id not in self._again:
                return self._last_id


def _still_fresh(parcel: Parcel, now_seconds: float) -> Publish | None:
    if parcel.expires_at_seconds is None:
        return parcel.letter
    left_seconds = int(parcel.expires_at_seconds - now_seconds)
    if left_seconds <= 0:
        return None
    properties = replace(parcel.letter.properties, message_expiry_seconds=left_seconds)
    return replace(parcel.letter, properties=properties)
