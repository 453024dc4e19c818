"""One client's line: read strictly, answer, and stop reading while a listener is full."""

import asyncio
import ssl
from dataclasses import dataclass, replace

from uplink.broker.access import Action
from uplink.broker.embedded import codec
from uplink.broker.embedded.fields import Malformed, varint
from uplink.broker.embedded.hub import Hub
from uplink.broker.embedded.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from uplink.broker.embedded.properties import Properties
from uplink.broker.embedded.reasons import Reason
from uplink.broker.embedded.session import Session
from uplink.broker.topics import BadTopic, check_name

_ANSWERS_BOUND_BYTES = 1024 * 1024
_CYCLE_FACTOR = 4
_FAREWELL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the broker waits, in seconds."""

    connect_seconds: float = 10.0
    """For a CONNECT after the line is there."""
    stall_seconds: float = 20.0
    """For a full listener that takes not one letter; then it is closed."""


class LineLost(Exception):
    """The client is gone, or was sent away."""


class Line:
    """One connection from CONNECT to the end."""

    def __init__(  # noqa: PLR0913, PLR0917  everything comes in by argument
        self,
        hub: Hub,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client_name: str,
        packet_bound_bytes: int,
        patience: Patience,
    ) -> None:
        self._hub = hub
        self._reader = reader
        self._writer = writer
        self._client_name = client_name
        self._packet_bound_bytes = packet_bound_bytes
        self._patience = patience
        self._drain_lock = asyncio.Lock()
        self._session: Session | None = None
        self._will: Will | None = None
        self._in_flight_bound = 0xFFFF
        self._their_packet_bound_bytes: int | None = None
        self._heard_at_seconds = 0.0
        self._watch: asyncio.TimerHandle | None = None

    async def serve(self, fallback_id: str) -> None:
        """Serve the client until it is gone; `fallback_id` is for one that names none."""
        pen: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(self._patience.connect_seconds):
                session = await self._greet(fallback_id)
            pen = asyncio.create_task(self._write_out(session))
            await self._read_on(session)
        except Malformed as fault:
            self._leave(fault.reason)
        except (LineLost, TimeoutError, OSError, EOFError, ssl.SSLError):
            self._leave(None)
        finally:
            self._leave(None)
            if pen is not None:
                pen.cancel()

    async def _greet(self, fallback_id: str) -> Session:
        try:
            asked = await self._next_packet()
        except Malformed as fault:
            self._send(Connack(session_present=False, reason=fault.reason))
            raise LineLost from fault
        if not isinstance(asked, Connect):
            raise LineLost
        refusal = self._refusal(asked)
        if refusal is not None:
            self._send(Connack(session_present=False, reason=refusal))
            raise LineLost
        owner = (self._client_name, asked.client_id or fallback_id)
        session, present = self._hub.attach(owner, clean_start=asked.clean_start, expel=self._leave)
        self._session, self._will = session, asked.will
        limits = asked.properties
        session.expiry_seconds = limits.session_expiry_seconds or 0
        self._in_flight_bound = limits.receive_maximum or 0xFFFF
        self._their_packet_bound_bytes = limits.maximum_packet_bytes
        ours = Properties(
            assigned_client_id=None if asked.client_id else fallback_id,
            maximum_qos=1,
            maximum_packet_bytes=self._packet_bound_bytes,
            subscription_identifier_available=0,
        )
        self._send(Connack(present, Reason.SUCCESS, ours))
        if asked.keep_alive_seconds:
            self._watch_for(asked.keep_alive_seconds * 1.5)
        return session

    def _refusal(self, asked: Connect) -> Reason | None:
        if asked.properties.authentication_method is not None:
            return Reason.BAD_AUTHENTICATION_METHOD
        if asked.will is None:
            return None
        if asked.will.qos > 1:
            return Reason.QOS_NOT_SUPPORTED
        try:
            check_name(asked.will.topic)
        except BadTopic:
            return Reason.TOPIC_NAME_INVALID
        if not self._hub.access.may(self._client_name, Action.WRITE, asked.will.topic):
            return Reason.NOT_AUTHORIZED
        return None

    async def _next_packet(self) -> Packet:
        first_byte = (await self._reader.readexactly(1))[0]
        size_bytes = 0
        for place in range(4):
            byte = (await self._reader.readexactly(1))[0]
            size_bytes |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                break
        else:
            raise Malformed("the packet's length is longer than four bytes")
        if 1 + len(varint(size_bytes)) + size_bytes > self._packet_bound_bytes:
            raise Malformed(f"{size_bytes} bytes are too many", Reason.PACKET_TOO_LARGE)
        body = await self._reader.readexactly(size_bytes)
        self._heard_at_seconds = self._hub.now_seconds()
        return codec.read(first_byte, body)

    async def _read_on(self, session: Session) -> None:
        while True:
            match await self._next_packet():
                case Publish() as letter:
                    await self._take(letter, session)
                case Puback(packet_id):
                    session.acknowledge(packet_id)
                case Pingreq():
                    self._send(Pingresp())
                case Subscribe() as asked:
                    self._subscribe(asked, session)
                case Unsubscribe(packet_id, filters):
                    reasons = tuple(self._hub.unsubscribe(session, one) for one in filters)
                    self._send(Unsuback(packet_id, reasons))
                case Disconnect() as farewell:
                    self._heed(farewell, session)
                    return
                case _:
                    raise Malformed("only a broker may send this", Reason.PROTOCOL_ERROR)
            if self._writer.transport.get_write_buffer_size() > _ANSWERS_BOUND_BYTES:
                await self._drain()  # it asks, and does not read our answers

    async def _take(self, letter: Publish, session: Session) -> None:
        if letter.qos > 1:
            raise Malformed("QoS 2 is not served here", Reason.QOS_NOT_SUPPORTED)
        if letter.properties.topic_alias is not None:
            raise Malformed("topic aliases are not served here", Reason.TOPIC_ALIAS_INVALID)
        if letter.properties.subscription_identifier is not None:
            raise Malformed("only a broker may identify subscriptions", Reason.PROTOCOL_ERROR)
        try:
            check_name(letter.topic)
        except BadTopic as fault:
            raise Malformed(str(fault), Reason.TOPIC_NAME_INVALID) from fault
        reason = Reason.SUCCESS
        if self._hub.access.may(self._client_name, Action.WRITE, letter.topic):
            for listener in self._hub.route(letter, session):
                await self._until_lighter(listener, session)
            if self._session is None:
                raise LineLost
        else:
            reason = Reason.NOT_AUTHORIZED
        if letter.qos:
            self._send(Puback(letter.packet_id, reason))

    async def _until_lighter(self, listener: Session, session: Session) -> None:
        """Read no more from this client while a listener holds too much: the back-pressure.

        It leaves acknowledgements unread too, so two that fill each other would wait for ever:
        one that is full itself is given more before it must wait.
        """
        bound_bytes, patience_seconds = self._hub.held_bound_bytes, self._patience.stall_seconds
        session.waits_for = listener
        gone_bytes, deadline_seconds = -1, 0.0
        while listener.online:
            factor = _CYCLE_FACTOR if session.held_bytes > bound_bytes else 1
            if listener.held_bytes <= bound_bytes * factor:
                break
            if listener.gone_bytes != gone_bytes:
                gone_bytes = listener.gone_bytes
                deadline_seconds = self._hub.now_seconds() + patience_seconds
            listener.look_again.clear()
            try:
                async with asyncio.timeout_at(deadline_seconds):
                    await listener.look_again.wait()
            except TimeoutError:
                self._hub.expel(listener, Reason.QUOTA_EXCEEDED)
        session.waits_for = None
        self._heard_at_seconds = self._hub.now_seconds()

    def _subscribe(self, asked: Subscribe, session: Session) -> None:
        if asked.properties.subscription_identifier is not None:
            reason = Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED
            raise Malformed("subscription identifiers are not served here", reason)
        for one in asked.filters:
            if one.no_local and one.topic_filter.startswith("$share/"):
                raise Malformed("a shared subscription cannot be no-local", Reason.PROTOCOL_ERROR)
        reasons = tuple(self._hub.subscribe(session, one) for one in asked.filters)
        self._send(Suback(asked.packet_id, reasons))

    def _heed(self, farewell: Disconnect, session: Session) -> None:
        expiry_seconds = farewell.properties.session_expiry_seconds
        if expiry_seconds is not None:
            if expiry_seconds and not session.expiry_seconds:
                raise Malformed("a session that ends now cannot live on", Reason.PROTOCOL_ERROR)
            session.expiry_seconds = expiry_seconds
        if farewell.reason == Reason.SUCCESS:
            self._will = None

    async def _write_out(self, session: Session) -> None:
        try:
            while True:
                session.changed.clear()
                while one := session.next(self._in_flight_bound, self._hub.now_seconds()):
                    letter, let_go_bytes = one
                    await self._write_letter(letter, session)
                    session.let_go(let_go_bytes)
                await session.changed.wait()
        except OSError:
            self._writer.transport.abort()

    async def _write_letter(self, letter: Publish, session: Session) -> None:
        packet = codec.write(letter)
        bound_bytes = self._their_packet_bound_bytes
        if bound_bytes is not None and len(packet) > bound_bytes:
            session.acknowledge(letter.packet_id)  # MQTT-3.1.2-25: as if it had been delivered
            return
        self._writer.write(packet)
        await self._drain()

    async def _drain(self) -> None:
        async with self._drain_lock:
            await self._writer.drain()

    def _send(self, packet: Packet) -> None:
        self._writer.write(codec.write(packet))

    def _watch_for(self, limit_seconds: float) -> None:
        """Close the line when nothing was heard for so long while we were listening."""
        now_seconds = self._hub.now_seconds()
        if self._session is not None and self._session.waits_for is not None:
            self._heard_at_seconds = now_seconds
        left_seconds = self._heard_at_seconds + limit_seconds - now_seconds
        if left_seconds <= 0:
            self._leave(Reason.KEEP_ALIVE_TIMEOUT)
        else:
            self._watch = self._hub.later(left_seconds, lambda: self._watch_for(limit_seconds))

    def _leave(self, reason: Reason | None) -> None:
        """End the line once: say why if there is a reason, free the session, send the will."""
        if self._watch is not None:
            self._watch.cancel()
        session, self._session = self._session, None
        if session is not None:
            if reason is not None:
                self._send(Disconnect(reason))
            self._hub.detach(session)
            if self._will is not None:
                self._hub.route(_as_letter(self._will), session)
        self._writer.close()
        # Closing waits for what is still to be written; a peer that reads nothing gets no more.
        self._hub.later(_FAREWELL_SECONDS, self._writer.transport.abort)


def _as_letter(will: Will) -> Publish:
    # Sent at once: of will delays only 0 is served.
    properties = replace(will.properties, will_delay_seconds=None)
    return Publish(will.topic, will.payload, will.qos, will.retain, properties=properties)
