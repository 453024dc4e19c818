"""The port to the broker: letters out, letters in, and whether the line is up.

It promises what MQTT 5 promises and no more: the broker carries, it decides nothing.
It refuses to know any library, any topic's meaning and any file but the three of TLS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol


class PostError(Exception):
    """Base of all refusals here; the text is a sentence that says what to do."""


class BrokerUnreachable(PostError):
    """Nobody answers at the broker's address, or the line to it broke."""


class BrokerRefused(PostError):
    """The broker answered, and does not let us in."""


class CertificateRefused(PostError):
    """One side does not accept the other's certificate, or a TLS file is unusable."""


class PapersRefused(CertificateRefused):
    """One side named what it does not accept of the other's; waiting mends that in no case."""


class PortInUse(PostError):
    """A broker cannot start because another program listens on its port."""


class BrokerMissing(PostError):
    """The broker program is not installed on this machine, or does not start."""


class NotConnected(PostError):
    """A letter was handed over while the line is down; it was not taken."""


class PostFull(PostError):
    """A letter was handed over beyond the bound on unsent bytes; it was not taken."""


class Qos(IntEnum):
    """MQTT quality of service; 2 does not exist here, since receipts acknowledge end to end."""

    AT_MOST_ONCE = 0
    AT_LEAST_ONCE = 1


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker listens. Port 0 asks a starting broker for any free port.

    A host that begins with a slash is a socket file of this machine.
    """

    host: str
    port: int

    @property
    def is_file(self) -> bool:
        """Whether it is a socket file."""
        return self.host.startswith("/")

    def __str__(self) -> str:
        if self.is_file:
            return self.host
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files for mutual TLS 1.3: whom to trust, who we are, and the key that proves it.

    `crl` is for a broker: the list of certificates that its CA revoked.
    """

    ca: Path
    certificate: Path
    key: Path
    crl: Path | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One MQTT application message, going out or come in.

    On a letter that came in, `retained` says that it was kept by the broker from before the
    subscription; on one going out it asks the broker to keep it. `body` are bytes that travel
    behind `payload`, taken as they lie and not copied, on a letter going out at QoS 0 that asks
    nothing else of the broker; one that came in has all in `payload`.
    """

    topic: str
    payload: bytes
    qos: Qos = Qos.AT_LEAST_ONCE
    retained: bool = False
    content_type: str | None = None
    response_topic: str | None = None
    correlation: bytes | None = None
    user_properties: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic filter to listen on; `$share/{group}/{filter}` shares its letters out."""

    topic_filter: str
    qos: Qos = Qos.AT_LEAST_ONCE
    no_local: bool = False

    def __post_init__(self) -> None:
        if self.no_local and self.topic_filter.startswith("$share/"):
            raise ValueError(
                f"subscription {self.topic_filter} cannot be shared and no_local at once: "
                "MQTT 5 forbids it; leave one out"
            )


@dataclass(frozen=True, slots=True)
class Connection:
    """How one client comes to the broker; everything a Post needs before it starts.

    `tls` None means a plain line, which belongs on the loopback interface only.
    With `clean_start` the broker forgets what an earlier run of this client id left; either way
    the session lives for `session_expiry_seconds` after the line breaks.
    `unsent_bound_bytes` bounds what this process holds for the broker.
    """

    address: Address
    client_id: str
    tls: TlsFiles | None
    will: Letter | None = None
    subscriptions: tuple[Subscription, ...] = ()
    clean_start: bool = True
    session_expiry_seconds: int = 0
    keep_alive_seconds: int = 60
    connect_seconds: float = 5.0
    retry_min_seconds: int = 1
    retry_max_seconds: int = 30
    unsent_bound_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listener:
    """What a Post calls, **on the library's thread**.

    Each must put its fact on a queue and return at once: no lock, no I/O, no decision, and no
    call of `open`, `await_up` or `close`. An exception in one ends the library's thread.
    """

    on_message: Callable[[Letter], None]
    """A letter came in. At QoS 1 it is acknowledged to the broker when this returns."""
    on_up: Callable[[], None]
    """The line is up and the broker has answered every subscription."""
    on_down: Callable[[str], None]
    """The line broke, or an attempt to get it up failed; the sentence says why and what to do."""
    on_refused: Callable[[str], None]
    """The broker refused a subscription or a letter at QoS 1.

    It may close the line over a letter (Mosquitto 2.0.11 does); then `on_down` follows.
    """


class Post(Protocol):
    """A client of one broker that keeps its line up until closed.

    Letters of one Post arrive in the order of `publish`. A letter at QoS 1 is delivered at least
    once while this Post lives: after a broken line it is sent again, so it may come twice. A
    letter at QoS 0 that was unsent when the line broke is lost.
    """

    def open(self) -> None:
        """Start connecting, and return at once; the line stays wanted until `close`.

        Raise CertificateRefused when our own TLS files cannot be used.
        """

    def await_up(self, limit_seconds: float) -> None:
        """Return once the line is up; at the limit raise the last attempt's refusal.

        Raise BrokerUnreachable, BrokerRefused or CertificateRefused, and PapersRefused at once.
        """

    def publish(self, letter: Letter) -> int:
        """Take a letter, and return the unsent bytes with it, as `unsent_bytes`.

        Raise NotConnected while the line is down and PostFull beyond the bound, the letter not
        taken in either case; a letter is always taken when nothing is unsent.
        Raise ValueError for a topic that cannot be published on, and for a `body` at QoS 1 or
        beside anything else than topic and payload.
        """

    @property
    def unsent_bytes(self) -> int:
        """Bytes not yet written to the line (QoS 0) or not yet acknowledged by the broker (1)."""

    def close(self, drain_seconds: float) -> int:
        """Wait so long for unsent letters, leave in order (no will), return bytes left unsent."""
