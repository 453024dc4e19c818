"""What only our own broker promises: it pauses senders, and refuses what it does not serve."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contracts.broker_certificates import make_authority
from tests.contracts.broker_wire import RawLine
from uplink.broker.access import OPEN
from uplink.broker.embedded import codec
from uplink.broker.embedded.connection import Patience
from uplink.broker.embedded.packets import (
    Connect,
    Disconnect,
    Filter,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Subscribe,
    Will,
)
from uplink.broker.embedded.properties import Properties
from uplink.broker.embedded.reasons import Reason
from uplink.broker.embedded.server import EmbeddedBroker
from uplink.broker.settings import BrokerSettings
from uplink.wire.post import Address

KIB = 1024
BOUND_BYTES = 64 * KIB
HERE = Address("127.0.0.1", 0)


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    settings = BrokerSettings(HERE, None, OPEN, BOUND_BYTES, packet_bound_bytes=256 * KIB)
    with EmbeddedBroker(settings) as one:
        yield one


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def enter(closing: ExitStack, broker: EmbeddedBroker, client_id: str, **limits: int) -> RawLine:
    line = closing.enter_context(RawLine(broker.address, None))
    asked = Connect(client_id, False, 0, Properties(**limits))  # type: ignore[arg-type]  # all int
    assert line.enter(asked).reason == Reason.SUCCESS
    return line


def test_a_paused_sender_loses_nothing_and_goes_on_in_order(
    broker: EmbeddedBroker, closing: ExitStack
) -> None:
    listener = enter(closing, broker, "listener")
    listener.listen(Filter("flood", qos=1))
    sender = enter(closing, broker, "sender")
    payloads = [number.to_bytes(4) * 32 * KIB for number in range(200)]

    def pour() -> None:
        for number, payload in enumerate(payloads, 1):
            sender.send(Publish("flood", payload, 1, packet_id=number))

    pouring = threading.Thread(target=pour)
    pouring.start()
    pouring.join(0.5)
    assert pouring.is_alive()  # 25 MB do not fit into two sockets and the bound
    for payload in payloads:
        letter = listener.receive()
        assert isinstance(letter, Publish)
        assert letter.payload == payload
        listener.send(Puback(letter.packet_id))
    pouring.join()


def test_two_that_fill_each_other_do_not_wait_for_ever(
    broker: EmbeddedBroker, closing: ExitStack
) -> None:
    lines = [enter(closing, broker, f"client-{number}", receive_maximum=2) for number in range(2)]
    for number, line in enumerate(lines):
        line.listen(Filter(f"to/{number}", qos=1))
    # Each sends more than the bound before it acknowledges anything that came.
    for number, line in enumerate(lines):
        for packet_id in range(1, 8):
            line.send(Publish(f"to/{1 - number}", bytes(16 * KIB), 1, packet_id=packet_id))
    for line in lines:
        letters = acknowledgements = 0
        while letters < 7 or acknowledgements < 7:
            match line.receive():
                case Publish(packet_id=packet_id):
                    letters += 1
                    line.send(Puback(packet_id))
                case Puback():
                    acknowledgements += 1


def test_a_listener_that_takes_nothing_at_all_is_closed(closing: ExitStack) -> None:
    settings = BrokerSettings(HERE, None, OPEN, BOUND_BYTES)
    broker = closing.enter_context(EmbeddedBroker(settings, Patience(stall_seconds=0.2)))
    listener = enter(closing, broker, "listener", receive_maximum=1)
    listener.listen(Filter("flood", qos=1))
    sender = enter(closing, broker, "sender")
    for packet_id in range(1, 11):
        sender.send(Publish("flood", bytes(32 * KIB), 1, packet_id=packet_id))
    assert [sender.receive() for _ in range(10)] == [Puback(number) for number in range(1, 11)]
    assert isinstance(listener.receive(), Publish)
    assert listener.receive() == Disconnect(Reason.QUOTA_EXCEEDED)


def test_a_session_that_cannot_be_kept_whole_is_forgotten(
    broker: EmbeddedBroker, closing: ExitStack
) -> None:
    asleep = enter(closing, broker, "asleep", session_expiry_seconds=300)
    asleep.listen(Filter("flood", qos=1))
    asleep.send(Disconnect())
    with pytest.raises(EOFError):
        asleep.receive()
    sender = enter(closing, broker, "sender")
    for packet_id in range(1, 4):
        sender.send(Publish("flood", bytes(32 * KIB), 1, packet_id=packet_id))
        assert sender.receive() == Puback(packet_id)
    awake = closing.enter_context(RawLine(broker.address, None))
    assert not awake.enter(Connect("asleep", False, 0)).session_present


def test_what_a_lost_worker_had_not_acknowledged_goes_to_another(
    broker: EmbeddedBroker, closing: ExitStack
) -> None:
    first = enter(closing, broker, "first")
    first.listen(Filter("$share/ingest/offer", qos=1))
    sender = enter(closing, broker, "sender")
    sender.send(Publish("offer", b"segment 7", 1, packet_id=1))
    assert sender.receive() == Puback(1)
    second = enter(closing, broker, "second")
    second.listen(Filter("$share/ingest/offer", qos=1))
    assert isinstance(first.receive(), Publish)
    first.kill()
    assert second.receive() == Publish("offer", b"segment 7", 1, packet_id=1)


def test_no_certificate_takes_over_the_session_of_another(
    closing: ExitStack, tmp_path: Path
) -> None:
    authority = make_authority(tmp_path / "pki", "agency")
    settings = BrokerSettings(HERE, authority.issue("broker"), OPEN)
    broker = closing.enter_context(EmbeddedBroker(settings))
    honest = closing.enter_context(RawLine(broker.address, authority.issue("unit-1")))
    honest.enter(Connect("unit-1", False, 0, Properties(session_expiry_seconds=300)))
    thief = closing.enter_context(RawLine(broker.address, authority.issue("unit-2")))
    assert not thief.enter(Connect("unit-1", False, 0)).session_present
    honest.send(Pingreq())
    assert honest.receive() == Pingresp()


def test_a_newer_line_of_the_same_client_ends_the_older(
    broker: EmbeddedBroker, closing: ExitStack
) -> None:
    older = enter(closing, broker, "unit-1")
    enter(closing, broker, "unit-1")
    assert older.receive() == Disconnect(Reason.SESSION_TAKEN_OVER)


def test_a_stopping_broker_says_goodbye_and_nothing_else(
    broker: EmbeddedBroker, closing: ExitStack, capfd: pytest.CaptureFixture[str]
) -> None:
    line = enter(closing, broker, "unit-1")
    closing.enter_context(RawLine(broker.address, None))  # it never says a word
    broker.stop()
    assert line.receive() == Disconnect(Reason.SERVER_SHUTTING_DOWN)
    assert capfd.readouterr() == ("", "")


def test_own_letters_do_not_come_back_where_not_wanted(
    broker: EmbeddedBroker, closing: ExitStack
) -> None:
    line = enter(closing, broker, "unit-1")
    line.listen(Filter("a", no_local=True), Filter("b"))
    line.send(Publish("a", b"own"))
    line.send(Publish("b", b"own"))
    assert line.receive() == Publish("b", b"own")


@pytest.mark.parametrize(("handling", "heard"), [(0, "rl"), (1, "l"), (2, "l")])
def test_a_repeated_subscription_hears_retained_letters_as_it_asked(
    broker: EmbeddedBroker, closing: ExitStack, handling: int, heard: str
) -> None:
    line = enter(closing, broker, "unit-1")
    line.send(Publish("state", b"r", retain=True))
    line.listen(Filter("state", retain_handling=2))
    line.listen(Filter("state", retain_handling=handling))
    line.send(Publish("state", b"l"))
    got = [line.receive() for _ in heard]
    assert "".join(one.payload.decode() for one in got if isinstance(one, Publish)) == heard


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (codec.write(Publish("a", b"", 2, packet_id=1)), Reason.QOS_NOT_SUPPORTED),
        (codec.write(Publish("a/+", b"")), Reason.TOPIC_NAME_INVALID),
        (
            codec.write(Publish("a", b"", properties=Properties(topic_alias=1))),
            Reason.TOPIC_ALIAS_INVALID,
        ),
        (
            codec.write(Subscribe(1, (Filter("a"),), Properties(subscription_identifier=1))),
            Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
        ),
        (codec.write(Subscribe(1, (Filter("$share/g/a", no_local=True),))), Reason.PROTOCOL_ERROR),
        (codec.write(Publish("a", bytes(256 * KIB)))[:4], Reason.PACKET_TOO_LARGE),
        (codec.write(Connect("again", clean_start=True, keep_alive_seconds=0)), 0x82),
        (b"\x30\xff\xff\xff\xff", Reason.MALFORMED_PACKET),
        (b"\x00\x00", Reason.PROTOCOL_ERROR),
    ],
)
def test_what_is_not_served_ends_the_line_with_its_reason(
    broker: EmbeddedBroker, closing: ExitStack, packet: bytes, reason: int
) -> None:
    line = enter(closing, broker, "unit-1")
    line.socket.sendall(packet)
    assert line.receive() == Disconnect(reason)
    with pytest.raises(EOFError):
        line.receive()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Connect("a", True, 0, will=Will("w", b"", 2, retain=False)), Reason.QOS_NOT_SUPPORTED),
        (Connect("a", True, 0, will=Will("w/#", b"", 0, retain=False)), Reason.TOPIC_NAME_INVALID),
        (
            Connect("a", True, 0, Properties(authentication_method="SCRAM")),
            Reason.BAD_AUTHENTICATION_METHOD,
        ),
    ],
)
def test_who_asks_too_much_is_not_let_in(
    broker: EmbeddedBroker, closing: ExitStack, asked: Connect, reason: Reason
) -> None:
    line = closing.enter_context(RawLine(broker.address, None))
    assert line.enter(asked).reason == reason


@pytest.mark.parametrize("first", [Pingreq(), Publish("a", b"")])
def test_a_line_that_does_not_begin_with_connect_is_closed(
    broker: EmbeddedBroker, closing: ExitStack, first: Packet
) -> None:
    line = closing.enter_context(RawLine(broker.address, None))
    line.send(first)
    with pytest.raises(EOFError):
        line.receive()


def test_a_line_on_which_nothing_is_said_is_closed(closing: ExitStack) -> None:
    settings = BrokerSettings(HERE, None, OPEN)
    broker = closing.enter_context(EmbeddedBroker(settings, Patience(connect_seconds=0.1)))
    line = closing.enter_context(RawLine(broker.address, None))
    with pytest.raises(EOFError):
        line.receive()


def test_a_letter_that_ran_out_of_time_is_not_delivered(
    broker: EmbeddedBroker, closing: ExitStack
) -> None:
    line = enter(closing, broker, "unit-1")
    line.listen(Filter("#"))
    line.send(Publish("a", b"late", properties=Properties(message_expiry_seconds=0)))
    line.send(Publish("a", b"fresh", properties=Properties(message_expiry_seconds=60)))
    letter = line.receive()
    assert isinstance(letter, Publish)
    assert letter.payload == b"fresh"


def test_a_broker_without_tls_stays_on_this_machine() -> None:
    with pytest.raises(ValueError, match=r"give it certificates, or let it listen on 127\.0\.0\.1"):
        BrokerSettings(Address("0.0.0.0", 0), None, OPEN)  # noqa: S104  the refusal is the point
