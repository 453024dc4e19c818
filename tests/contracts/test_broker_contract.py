"""What the courier and the station may rely on, whichever broker carries their letters."""

import datetime as dt
import itertools
import queue
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.broker_bench import (
    LIMIT_SECONDS,
    Agency,
    make_client,
    mosquitto_program,
    start_apart,
)
from tests.contracts.broker_certificates import Authority, make_authority
from tests.contracts.broker_wire import RawLine
from uplink.broker.embedded.packets import (
    Connect,
    Disconnect,
    Filter,
    Pingreq,
    Pingresp,
    Publish,
    Will,
)
from uplink.broker.embedded.properties import Properties
from uplink.broker.mosquitto import find_mosquitto
from uplink.wire.post import (
    Address,
    BrokerMissing,
    BrokerUnreachable,
    CertificateRefused,
    Connection,
    Letter,
    NotConnected,
    PapersRefused,
    PortInUse,
    PostFull,
    Qos,
)

MIB = 1024 * 1024
UNIT = "shilu/1/a/unit-1"
AGES_SECONDS = 3600.0
"""Whoever waits so long runs into the end of the test."""


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("pki") / "agency", "agency")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("pki") / "stranger", "stranger")


@pytest.fixture(params=["embedded", "mosquitto"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "mosquitto":
        mosquitto_program()
    return str(request.param)


@pytest.fixture(params=["plain", "tls"])
def agency(
    request: pytest.FixtureRequest, kind: str, authority: Authority, tmp_path: Path
) -> Iterator[Agency]:
    with ExitStack() as closing:
        one = Agency(kind, authority if request.param == "tls" else None, tmp_path, closing)
        one.start()
        closing.callback(one.stop)
        yield one


@pytest.fixture
def closed_agency(kind: str, authority: Authority, tmp_path: Path) -> Iterator[Agency]:
    """Mutual TLS: everybody has a name, and the table says who may what."""
    with ExitStack() as closing:
        one = Agency(kind, authority, tmp_path, closing)
        one.start()
        closing.callback(one.stop)
        yield one


@pytest.mark.parametrize("qos", list(Qos))
def test_a_letter_arrives_with_all_that_stood_on_it(agency: Agency, qos: Qos) -> None:
    station = agency.join("station", "shilu/#")
    letter = Letter(
        f"{UNIT}/offer",
        b"\0\xff segments",
        qos,
        content_type="application/json",
        response_topic=f"{UNIT}/in/answer",
        correlation=b"\x01\x02",
        user_properties=(("epoch", "7"), ("epoch", "八")),
    )
    agency.join("unit-1").send(letter)
    assert station.receive() == letter


@pytest.mark.parametrize("qos", list(Qos))
def test_a_retained_letter_waits_for_a_late_listener_until_it_is_emptied(
    agency: Agency, qos: Qos
) -> None:
    unit = agency.join("unit-1")
    unit.send(Letter(f"{UNIT}/state", b"docked", qos, retained=True))
    assert unit.post.close(LIMIT_SECONDS) == 0
    late = agency.join("station", f"{UNIT}/state", client_id="late")
    assert late.receive() == Letter(f"{UNIT}/state", b"docked", qos, retained=True)
    late.send(Letter(f"{UNIT}/state", b"", retained=True))
    assert late.receive().payload == b""
    later = agency.join("station", f"{UNIT}/#", client_id="later")
    later.send(Letter(f"{UNIT}/mark", b"first"))
    assert later.receive().payload == b"first"


def test_a_live_letter_does_not_claim_to_be_retained(agency: Agency) -> None:
    station = agency.join("station", "shilu/#")
    agency.join("unit-1").send(Letter(f"{UNIT}/state", b"docked", retained=True))
    assert not station.receive().retained


def test_a_unit_whose_line_is_cut_leaves_its_will(agency: Agency) -> None:
    station = agency.join("station", "shilu/#")
    unit = agency.raw("unit-1")
    will = Will(f"{UNIT}/state", b"lost", qos=1, retain=True)
    assert unit.enter(Connect("unit-1", True, 60, will=will)).reason == 0
    unit.kill()
    assert station.receive() == Letter(f"{UNIT}/state", b"lost")
    late = agency.join("station", f"{UNIT}/state", client_id="late")
    assert late.receive().retained


def test_a_post_announces_its_will(agency: Agency) -> None:
    will = Letter(f"{UNIT}/state", b"lost", retained=True)
    station = agency.join("station", "shilu/#")
    agency.enter(replace(agency.connection("unit-1"), will=will))
    usurper = agency.raw("unit-1")  # the same client id again: the broker cuts the first line
    usurper.enter(Connect("unit-1", clean_start=True, keep_alive_seconds=60))
    assert station.receive().payload == b"lost"


def test_a_unit_that_says_goodbye_leaves_no_will(agency: Agency) -> None:
    station = agency.join("station", "shilu/#")
    unit = agency.raw("unit-1")
    unit.enter(Connect("unit-1", True, 60, will=Will(f"{UNIT}/state", b"lost", 1, retain=False)))
    unit.send(Disconnect())
    agency.join("unit-1").send(Letter(f"{UNIT}/state", b"back"))
    assert station.receive().payload == b"back"


def test_a_silent_unit_is_given_up_after_one_and_a_half_keep_alives(closed_agency: Agency) -> None:
    station = closed_agency.join("station", "shilu/#")
    unit = closed_agency.raw("unit-1")
    unit.enter(Connect("unit-1", True, 1, will=Will(f"{UNIT}/state", b"silent", 1, retain=False)))
    assert station.receive().payload == b"silent"


@pytest.mark.parametrize(
    ("topic_filter", "heard"),
    [
        ("shilu/1/a/+/offer", "ab"),
        ("shilu/1/a/unit-1/#", "acd"),
        ("shilu/#", "abcde"),
        ("shilu/1/+/unit-1/offer", "a"),
        ("shilu/1/a/unit-1/offer/+", "d"),
    ],
)
def test_wildcards_hear_what_the_standard_says(
    agency: Agency, topic_filter: str, heard: str
) -> None:
    station = agency.join("station", topic_filter)
    sender = agency.join("station", client_id="sender")
    topics = ["unit-1/offer", "unit-2/offer", "unit-1", "unit-1/offer/x", "end"]
    for name, topic in zip("abcd", topics, strict=False):
        sender.send(Letter(f"shilu/1/a/{topic}", name.encode()))
    sender.send(Letter("shilu/end", b"e"))
    assert "".join(one.payload.decode() for one in station.receive_many(len(heard))) == heard


def test_shared_subscribers_split_the_letters_and_lose_none(agency: Agency) -> None:
    workers = [
        agency.join("station", "$share/ingest/shilu/1/a/+/offer", client_id=f"worker-{number}")
        for number in range(3)
    ]
    unit = agency.join("unit-1")
    sent = [str(number).encode() for number in range(60)]
    for payload in sent:
        unit.send(Letter(f"{UNIT}/offer", payload))
    assert unit.post.close(LIMIT_SECONDS) == 0
    for worker in workers:  # a letter of its own, behind all others
        worker.send(Letter("shilu/1/a/station/offer", b"end"))
    got: list[list[bytes]] = [[] for _ in workers]
    ends = 0
    while ends < len(workers):
        for worker, mine in zip(workers, got, strict=True):
            while True:
                try:
                    payload = worker.letters.get(timeout=0.05).payload
                except queue.Empty:
                    break
                if payload == b"end":
                    ends += 1
                else:
                    mine.append(payload)
    assert sorted(itertools.chain.from_iterable(got), key=int) == sent
    assert all(mine == sorted(mine, key=int) and mine for mine in got)


def test_a_unit_writes_only_under_its_own_name(closed_agency: Agency) -> None:
    station = closed_agency.join("station", "shilu/#")
    forger = closed_agency.join("unit-1", client_id="forger")
    forger.send(Letter("shilu/1/a/unit-2/offer", b"forged"))
    assert "shilu/1/a/unit-2/offer" in forger.refusals.get(timeout=LIMIT_SECONDS)
    quiet = closed_agency.join("unit-1", client_id="quiet")
    quiet.send(Letter("shilu/1/a/unit-2/offer", b"forged", Qos.AT_MOST_ONCE))
    assert quiet.post.close(LIMIT_SECONDS) == 0
    closed_agency.join("unit-1").send(Letter(f"{UNIT}/offer", b"own"))
    assert station.receive().payload == b"own"


def test_a_unit_hears_only_what_is_addressed_to_it(closed_agency: Agency) -> None:
    nosy = closed_agency.join("unit-1", "shilu/1/a/unit-2/in/#", "shilu/#", f"{UNIT}/in/#")
    station = closed_agency.join("station")
    station.send(Letter("shilu/1/a/unit-2/in/answer", b"for another"))
    station.send(Letter(f"{UNIT}/in/answer", b"for you"))
    assert nosy.receive().payload == b"for you"


def test_a_client_of_another_ca_is_refused(closed_agency: Agency, stranger: Authority) -> None:
    theirs = stranger.issue("unit-1")
    ours = closed_agency.papers("unit-1")
    assert ours is not None
    papers = replace(theirs, ca=ours.ca)
    forged = replace(closed_agency.connection("unit-1"), tls=papers)
    client = closed_agency.client(forged)
    client.post.open()
    sentence = client.downs.get(timeout=LIMIT_SECONDS)
    assert f"our certificate {theirs.certificate}" in sentence
    with pytest.raises(CertificateRefused, match="CA"):
        client.post.await_up(0)
    assert len(closed_agency.turned_away(papers)) == 1


def test_an_expired_certificate_is_refused_and_both_sides_say_so(closed_agency: Agency) -> None:
    assert closed_agency.authority is not None
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    good = closed_agency.connection("unit-1")
    papers = closed_agency.authority.issue("unit-1", yesterday)
    client = closed_agency.client(replace(good, tls=papers))
    client.post.open()
    assert "expired" in client.downs.get(timeout=LIMIT_SECONDS)
    (said,) = closed_agency.turned_away(papers)
    assert said in {"certificate has expired", "certificate verify failed"}
    assert closed_agency.broker.turned_away() == ()


def test_who_is_revoked_while_his_line_is_up_loses_it_and_all_others_come_back(
    kind: str, tmp_path: Path
) -> None:
    authority = make_authority(tmp_path / "pki", "agency")
    with ExitStack() as closing:
        agency = Agency(kind, authority, tmp_path, closing)
        crl = authority.revoke()
        tls = agency.settings.tls
        assert tls is not None
        agency.settings = replace(agency.settings, tls=replace(tls, crl=crl))
        agency.start()
        closing.callback(agency.stop)
        lost, honest = (agency.connection(name) for name in ("unit-1", "unit-2"))
        thief, unit = agency.enter(lost), agency.enter(honest)
        assert lost.tls is not None
        authority.revoke(lost.tls.certificate)
        agency.broker.renew()
        while "revoked" not in thief.downs.get(timeout=LIMIT_SECONDS):
            pass
        unit.ups.get(timeout=LIMIT_SECONDS)
        unit.ups.get(timeout=LIMIT_SECONDS)
        assert agency.turned_away(lost.tls)


def test_a_broker_of_another_ca_is_refused(closed_agency: Agency, stranger: Authority) -> None:
    ours = closed_agency.papers("unit-1")
    assert ours is not None
    wary = replace(closed_agency.connection("unit-1"), tls=replace(ours, ca=stranger.ca_file))
    client = closed_agency.client(wary)
    client.post.open()
    assert "is not accepted" in client.downs.get(timeout=LIMIT_SECONDS)
    with pytest.raises(PapersRefused, match=r"check that .*ca\.pem is the CA"):
        client.post.await_up(AGES_SECONDS)


def test_a_client_without_a_certificate_is_refused(closed_agency: Agency) -> None:
    client = closed_agency.client(replace(closed_agency.connection("unit-1"), tls=None))
    client.post.open()
    with pytest.raises(BrokerUnreachable):
        raise BrokerUnreachable(client.downs.get(timeout=LIMIT_SECONDS))
    assert client.ups.empty()


@pytest.mark.parametrize("qos", list(Qos))
def test_a_letter_of_one_mebibyte_arrives_whole(agency: Agency, qos: Qos) -> None:
    station = agency.join("station", "shilu/#")
    payload = bytes(range(256)) * (MIB // 256)
    agency.join("unit-1").send(Letter(f"{UNIT}/chunk", payload, qos))
    assert station.receive().payload == payload


def test_a_body_travels_behind_its_payload_and_nothing_comes_between(agency: Agency) -> None:
    station = agency.join("station", "shilu/#")
    unit = agency.join("unit-1")
    sent = [bytes([number]) * MIB for number in range(12)]
    for number, body in enumerate(sent):
        unit.send(Letter(f"{UNIT}/chunk", b"head", Qos.AT_MOST_ONCE, body=body))
        unit.send(Letter(f"{UNIT}/state", str(number).encode(), Qos.AT_MOST_ONCE))
    came = [one.payload for one in station.receive_many(2 * len(sent))]
    assert came[::2] == [b"head" + body for body in sent]
    assert came[1::2] == [str(number).encode() for number in range(len(sent))]


@pytest.mark.parametrize(
    "letter",
    [
        Letter(f"{UNIT}/chunk", b"head", Qos.AT_LEAST_ONCE, body=b"body"),
        Letter(f"{UNIT}/chunk", b"head", Qos.AT_MOST_ONCE, retained=True, body=b"body"),
        Letter(f"{UNIT}/chunk", b"head", Qos.AT_MOST_ONCE, content_type="film", body=b"body"),
        Letter(f"{UNIT}/#", b"head", Qos.AT_MOST_ONCE, body=b"body"),
    ],
    ids=["acknowledged", "retained", "with a property", "on a wildcard"],
)
def test_a_body_on_any_other_letter_is_not_taken(agency: Agency, letter: Letter) -> None:
    unit = agency.join("unit-1")
    with pytest.raises(ValueError, match=r"has a body|topic"):
        unit.post.publish(letter)
    assert unit.post.unsent_bytes == 0


@pytest.mark.parametrize("qos", list(Qos))
def test_two_hundred_letters_arrive_in_order(agency: Agency, qos: Qos) -> None:
    station = agency.join("station", "shilu/#")
    unit = agency.join("unit-1")
    for number in range(200):
        unit.send(Letter(f"{UNIT}/chunk", str(number).encode(), qos))
    assert [int(one.payload) for one in station.receive_many(200)] == list(range(200))


def test_after_a_restart_of_the_broker_the_line_and_its_subscriptions_come_back(
    agency: Agency,
) -> None:
    station = agency.join("station", "shilu/#")
    unit = agency.join("unit-1")
    agency.restart()
    for client in (station, unit):
        assert "connecting again" in client.downs.get(timeout=LIMIT_SECONDS)
        client.ups.get(timeout=LIMIT_SECONDS)  # the first, of the start
        client.ups.get(timeout=LIMIT_SECONDS)
    unit.send(Letter(f"{UNIT}/offer", b"again"))
    assert station.receive().payload == b"again"


def test_a_session_that_outlives_its_line_keeps_its_letters(agency: Agency) -> None:
    asleep = replace(agency.connection("unit-1", f"{UNIT}/in/#"), session_expiry_seconds=300)
    agency.enter(asleep).post.close(0)
    station = agency.join("station")
    for number in range(30):
        station.send(Letter(f"{UNIT}/in/order", str(number).encode()))
    assert station.post.close(LIMIT_SECONDS) == 0
    awake = agency.enter(replace(asleep, clean_start=False))
    assert [int(one.payload) for one in awake.receive_many(30)] == list(range(30))


def test_an_unacknowledged_letter_comes_again_and_says_so(agency: Agency) -> None:
    asked = Connect("worker", False, 60, properties=Properties(session_expiry_seconds=300))
    first = agency.raw("station")
    first.enter(asked)
    first.listen(Filter("shilu/#", qos=1))
    agency.join("unit-1").send(Letter(f"{UNIT}/offer", b"once"))
    seen = first.receive()
    first.kill()
    second = agency.raw("station")
    assert second.enter(asked).session_present
    assert isinstance(seen, Publish)
    assert second.receive() == replace(seen, duplicate=True)


def test_a_listener_that_stops_reading_does_not_fill_the_broker(kind: str, tmp_path: Path) -> None:
    with ExitStack() as closing:
        broker = start_apart(kind, tmp_path, MIB, closing)
        before_bytes = broker.resident_bytes()
        listener = closing.enter_context(RawLine(broker.address, None))
        listener.enter(Connect("listener", clean_start=True, keep_alive_seconds=0))
        listener.listen(Filter("flood", qos=1))
        flood = closing.enter_context(RawLine(broker.address, None))
        flood.enter(Connect("flood", clean_start=True, keep_alive_seconds=0))
        flood.socket.settimeout(1.0)
        try:
            for number in range(1, 257):
                flood.send(Publish("flood", bytes(MIB), qos=1, packet_id=number))
            flood.send(Pingreq())
            while flood.receive() != Pingresp():
                pass
        except TimeoutError:
            assert kind == "embedded"  # ours pauses the sender; Mosquitto drops beyond its bound
        assert broker.resident_bytes() - before_bytes < 96 * MIB


def test_an_absent_broker_is_one_sentence_and_no_traceback(
    authority: Authority, capfd: pytest.CaptureFixture[str]
) -> None:
    nobody = Connection(Address("127.0.0.1", 1), "unit-1", authority.issue("unit-1"))
    client = make_client(nobody)
    client.post.open()
    sentence = "no broker answers at 127.0.0.1:1; start it, or correct the address"
    assert client.downs.get(timeout=LIMIT_SECONDS) == sentence
    with pytest.raises(BrokerUnreachable, match=sentence):
        client.post.await_up(0)
    with pytest.raises(NotConnected, match=sentence):
        client.post.publish(Letter(f"{UNIT}/offer", b""))
    assert client.post.close(0) == 0
    assert capfd.readouterr() == ("", "")


def test_a_port_in_use_is_one_sentence(agency: Agency, tmp_path: Path) -> None:
    with ExitStack() as closing:
        second = Agency(agency.kind, agency.authority, tmp_path, closing)
        second.settings = replace(second.settings, address=agency.settings.address)
        with pytest.raises(PortInUse, match="another program already listens on 127"):
            second.start()


def test_unusable_tls_files_are_named_before_anything_is_sent(authority: Authority) -> None:
    files = authority.issue("unit-1")
    absent = replace(files, key=files.key.with_name("absent.key"))
    mixed = replace(files, key=authority.issue("unit-2").key)
    for broken, words in ((absent, r"absent\.key cannot be used"), (mixed, "enrol again")):
        client = make_client(Connection(Address("127.0.0.1", 1), "unit-1", broken))
        with pytest.raises(CertificateRefused, match=words):
            client.post.open()


def test_a_full_post_refuses_the_next_letter_and_keeps_what_it_took(agency: Agency) -> None:
    connection = replace(agency.connection("unit-1"), unsent_bound_bytes=64 * MIB)
    unit = agency.enter(connection)
    letter = Letter(f"{UNIT}/chunk", bytes(3 * MIB))
    with pytest.raises(PostFull, match="hand over again when some have gone"):
        deque(map(unit.post.publish, itertools.repeat(letter, 1000)), maxlen=0)
    assert 0 < unit.post.unsent_bytes <= 64 * MIB
    assert unit.post.close(LIMIT_SECONDS) == 0


def test_a_missing_mosquitto_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(BrokerMissing, match="install mosquitto"):
        find_mosquitto(str(tmp_path), places=str(tmp_path))
