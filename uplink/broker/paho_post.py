"""The port on paho-mqtt 2, MQTT 5 only; the one module that knows that library.

paho runs one thread per post. Its callbacks land here, count, and hand over.
"""

import socket
import sys
import threading
from collections.abc import Sequence
from enum import Enum, auto

from paho.mqtt.client import (
    MQTT_CLEAN_START_FIRST_ONLY,
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    MQTTMessageInfo,
    MQTTv5,
)
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from uplink.broker.ledger import Entry, Ledger
from uplink.broker.paho_client import BulkClient
from uplink.broker.paho_letters import (
    check_bulk,
    connect_properties,
    letter_of,
    publish_properties,
    will_properties,
)
from uplink.broker.refusals import (
    failed_attempt,
    letter_refused,
    line_lost,
    not_let_in,
    shut_out,
    subscription_refused,
)
from uplink.broker.tls import client_context
from uplink.wire.post import (
    BrokerUnreachable,
    Connection,
    Letter,
    Listener,
    NotConnected,
    PapersRefused,
    PostError,
    PostFull,
    Qos,
)

_USER_TIMEOUT_MS = 30_000
_NOTSENT_LOWAT = 25
"""Linux's TCP_NOTSENT_LOWAT, which `socket` does not name."""
_NOTSENT_BYTES = 256 * 1024


class _Stage(Enum):
    """How far the present connection got."""

    KNOCKING = auto()
    REFUSED = auto()
    IN = auto()


class PahoPost:
    """A Post by paho-mqtt; see `uplink.wire.post.Post` for every promise."""

    def __init__(self, connection: Connection, listener: Listener) -> None:
        self._connection = connection
        self._listener = listener
        self._ledger = Ledger()
        self._up = threading.Event()
        self._decided = threading.Event()  # up, or refused for good
        self._stage = _Stage.KNOCKING
        self._last_error = ""
        self._problem: PostError = BrokerUnreachable(
            f"no answer yet from the broker at {connection.address}; is it started?"
        )
        self._client = self._make_client()

    def _make_client(self) -> BulkClient:
        wanted = self._connection
        client = BulkClient(
            CallbackAPIVersion.VERSION2,
            client_id=wanted.client_id,
            protocol=MQTTv5,
            transport="unix" if wanted.address.is_file else "tcp",
        )
        client.connect_timeout = wanted.connect_seconds
        client.reconnect_delay_set(wanted.retry_min_seconds, wanted.retry_max_seconds)
        client.max_queued_messages_set(0)  # the ledger bounds by bytes instead
        if wanted.will is not None:
            will = wanted.will
            client.will_set(
                will.topic,
                will.payload,
                will.qos,
                will.retained,
                properties=will_properties(will),
            )
        client.on_socket_open = _tune_socket
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_log = self._on_log
        return client

    def open(self) -> None:
        """Start connecting, and return at once; raise CertificateRefused for unusable files."""
        wanted = self._connection
        if wanted.tls is not None:
            self._client.tls_set_context(client_context(wanted.tls))
        # A clean start at every reconnection would drop the session that we asked to keep.
        clean_start = MQTT_CLEAN_START_FIRST_ONLY if wanted.clean_start else False
        self._client.connect_async(
            wanted.address.host,
            wanted.address.port or 1,  # of a socket file paho wants one too, and ignores it
            wanted.keep_alive_seconds,
            clean_start=clean_start,
            properties=connect_properties(wanted.session_expiry_seconds),
        )
        self._client.loop_start()

    def await_up(self, limit_seconds: float) -> None:
        """Return once the line is up; raise the last refusal at the limit, or a final one."""
        self._decided.wait(limit_seconds)
        if not self._up.is_set():
            raise self._problem

    def publish(self, letter: Letter) -> int:
        """Take a letter and return the unsent bytes; raise NotConnected, PostFull, ValueError."""
        if not self._up.is_set():
            raise NotConnected(f"{letter.topic} was not taken: {self._problem}")
        size_bytes = len(letter.topic) + len(letter.payload) + len(letter.body)
        bound = self._connection.unsent_bound_bytes
        if not self._ledger.reserve(size_bytes, bound):
            raise PostFull(
                f"{letter.topic} was not taken: {self._ledger.unsent_bytes} of {bound} bytes "
                "still wait for the broker; hand over again when some have gone"
            )
        try:
            info = self._hand_over(letter)
        except ValueError:
            self._ledger.give_back(size_bytes)
            raise
        if letter.qos is Qos.AT_MOST_ONCE and info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._ledger.give_back(size_bytes)
            raise NotConnected(f"{letter.topic} was not taken: the line just broke; wait for it")
        survives = letter.qos is Qos.AT_LEAST_ONCE
        return self._ledger.record(info.mid, Entry(letter.topic, size_bytes, survives))

    def _hand_over(self, letter: Letter) -> MQTTMessageInfo:
        if letter.body:
            check_bulk(letter)
            return self._client.publish_bulk(letter.topic, letter.payload, letter.body)
        return self._client.publish(
            letter.topic,
            letter.payload,
            letter.qos,
            letter.retained,
            publish_properties(letter),
        )

    @property
    def unsent_bytes(self) -> int:
        """Bytes not yet written (QoS 0) or not yet acknowledged (QoS 1)."""
        return self._ledger.unsent_bytes

    def close(self, drain_seconds: float) -> int:
        """Wait so long for unsent letters, leave in order, return the bytes left unsent."""
        if self._up.is_set():
            self._ledger.await_empty(drain_seconds)
        left = self._ledger.unsent_bytes
        self._client.disconnect()
        self._client.loop_stop()
        self._client.let_go()
        return left

    # On paho's thread from here on.

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        client.on_log = None  # it costs a formatted sentence per packet
        if reason.is_failure:
            self._stage = _Stage.REFUSED
            self._fall(not_let_in(self._connection, str(reason)))
            return
        self._stage = _Stage.IN
        self._ledger.line_broke()  # a letter may have slipped in while the old line fell
        wanted = self._connection.subscriptions
        if not wanted:
            self._rise()
            return
        client.subscribe(
            [(one.topic_filter, SubscribeOptions(one.qos, one.no_local)) for one in wanted]
        )

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: Sequence[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for one, reason in zip(self._connection.subscriptions, reasons, strict=True):
            if reason.is_failure:
                self._listener.on_refused(subscription_refused(one.topic_filter, str(reason)))
        self._rise()

    def _on_connect_fail(self, _client: Client, _userdata: object) -> None:
        # paho calls this while it handles the failure, and passes it on no other way.
        self._fall(failed_attempt(self._connection, sys.exc_info()[1]))

    def _on_disconnect(
        self,
        client: Client,
        _userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        stage, self._stage = self._stage, _Stage.KNOCKING
        detail, self._last_error = self._last_error, ""
        client.on_log = self._on_log
        if stage is _Stage.IN and (reason.is_failure or flags.is_disconnect_packet_from_server):
            self._fall(line_lost(self._connection, str(reason)))
        elif stage is _Stage.IN:
            self._up.clear()  # we left
        elif stage is _Stage.KNOCKING and reason.is_failure:
            self._fall(shut_out(self._connection, detail))

    def _on_publish(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        entry = self._ledger.settle(mid)
        if reason.is_failure:
            topic = entry.topic if entry else "a topic"
            self._listener.on_refused(letter_refused(topic, str(reason)))

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._listener.on_message(letter_of(message))

    def _on_log(self, _client: Client, _userdata: object, level: int, text: str) -> None:
        if level == LogLevel.MQTT_LOG_ERR:
            self._last_error = text

    def _rise(self) -> None:
        self._up.set()
        self._decided.set()
        self._listener.on_up()

    def _fall(self, problem: PostError) -> None:
        self._problem = problem
        self._up.clear()
        if isinstance(problem, PapersRefused):
            self._decided.set()
        else:
            self._decided.clear()
        self._ledger.line_broke()
        self._listener.on_down(str(problem))


def _tune_socket(_client: Client, _userdata: object, line: object) -> None:
    """Small letters go at once, a dead peer shows in time, and what waits, waits with us.

    The kernel would take megabytes for a slow line, and nobody could tell how fast it is.
    """
    if isinstance(line, socket.socket) and line.family != socket.AF_UNIX:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform == "linux":
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
            line.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _NOTSENT_BYTES)
