"""The packets of MQTT 5 as frozen facts. QoS 2 and AUTH have none: this broker refuses both."""

from dataclasses import dataclass

from uplink.broker.embedded.properties import NONE, Properties


@dataclass(frozen=True, slots=True)
class Will:
    """The letter that the broker sends when a client is lost."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Connect:
    """A client asks to come in."""

    client_id: str
    clean_start: bool
    keep_alive_seconds: int
    properties: Properties = NONE
    will: Will | None = None
    user_name: str | None = None
    password: bytes | None = None


@dataclass(frozen=True, slots=True)
class Connack:
    """The broker's answer, with its limits."""

    session_present: bool
    reason: int
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Publish:
    """One letter; `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    duplicate: bool = False
    packet_id: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Puback:
    """One letter at QoS 1 has arrived, or was refused."""

    packet_id: int
    reason: int = 0
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Filter:
    """One line of a SUBSCRIBE."""

    topic_filter: str
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A client asks for letters."""

    packet_id: int
    filters: tuple[Filter, ...]
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Suback:
    """One reason code for each filter asked for."""

    packet_id: int
    reasons: tuple[int, ...]
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A client wants no more letters on these filters."""

    packet_id: int
    filters: tuple[str, ...]
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Unsuback:
    """One reason code for each filter given up."""

    packet_id: int
    reasons: tuple[int, ...]
    properties: Properties = NONE


@dataclass(frozen=True, slots=True)
class Pingreq:
    """A client asks whether the broker is there."""


@dataclass(frozen=True, slots=True)
class Pingresp:
    """The broker is there."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Either side leaves, and says why."""

    reason: int = 0
    properties: Properties = NONE


Packet = (
    Connect
    | Connack
    | Publish
    | Puback
    | Subscribe
    | Suback
    | Unsubscribe
    | Unsuback
    | Pingreq
    | Pingresp
    | Disconnect
)
