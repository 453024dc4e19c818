"""The same small agency around either broker: a station, two units, and a line to each."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.contracts.broker_certificates import Authority
from tests.contracts.broker_wire import RawLine
from uplink.broker.access import NAME_LEVEL, OPEN, AccessTable, Action, Rule
from uplink.broker.embedded.server import EmbeddedBroker
from uplink.broker.mosquitto import MosquittoBroker, find_mosquitto
from uplink.broker.paho_post import PahoPost
from uplink.broker.settings import BrokerSettings
from uplink.wire.post import (
    Address,
    BrokerMissing,
    Connection,
    Letter,
    Listener,
    Subscription,
    TlsFiles,
)

LIMIT_SECONDS = 10.0
KNOCKS = 6
AGENCY = AccessTable(
    (
        Rule(None, Action.WRITE, f"shilu/1/a/{NAME_LEVEL}/#"),
        Rule(None, Action.READ, f"shilu/1/a/{NAME_LEVEL}/in/#"),
        Rule("station", Action.READ, "shilu/#"),
        Rule("station", Action.WRITE, "shilu/#"),
    )
)


def mosquitto_program() -> Path:
    """Return Mosquitto's path, or fail: a contract held by one broker alone is no contract."""
    try:
        return find_mosquitto(os.environ.get("PATH", ""))
    except BrokerMissing as missing:
        pytest.fail(f"install mosquitto, so that the contract is held by both brokers: {missing}")


@dataclass(frozen=True, slots=True)
class Client:
    """A post with everything that it was told, in queues."""

    post: PahoPost
    letters: queue.SimpleQueue[Letter]
    ups: queue.SimpleQueue[None]
    downs: queue.SimpleQueue[str]
    refusals: queue.SimpleQueue[str]

    def send(self, letter: Letter) -> None:
        self.post.publish(letter)

    def receive(self) -> Letter:
        return self.letters.get(timeout=LIMIT_SECONDS)

    def receive_many(self, count: int) -> list[Letter]:
        return [self.receive() for _ in range(count)]


@dataclass(slots=True)
class Agency:
    """One broker of `kind` and its clients; everything ends with `closing`."""

    kind: str
    authority: Authority | None
    folder: Path
    closing: ExitStack
    settings: BrokerSettings = field(init=False)
    broker: EmbeddedBroker | MosquittoBroker = field(init=False)

    def __post_init__(self) -> None:
        tls = self.papers("broker")
        access = OPEN if tls is None else AGENCY
        self.settings = BrokerSettings(Address("127.0.0.1", 0), tls, access)

    def start(self) -> None:
        if self.kind == "embedded":
            self.broker = EmbeddedBroker(self.settings)
        else:
            self.broker = MosquittoBroker(self.settings, mosquitto_program(), self.folder)
        self.broker.start()
        self.settings = replace(self.settings, address=self.broker.address)

    def stop(self) -> None:
        self.broker.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def turned_away(self, papers: TlsFiles) -> set[str]:
        """What the broker says of those with these papers, whom it refused.

        It says so after the refusal, and Mosquitto not of each (2 of 24): they knock again.
        """
        for _ in range(KNOCKS):
            until = time.monotonic() + 2
            while time.monotonic() < until:
                if said := self.broker.turned_away():
                    return set(said)
                threading.Event().wait(0.02)
            self._knock(papers)
        raise AssertionError("The broker says nothing of whom it turned away.")

    def _knock(self, papers: TlsFiles) -> None:
        with contextlib.suppress(OSError), RawLine(self.settings.address, papers) as line:
            line.socket.recv(1)

    def papers(self, name: str) -> TlsFiles | None:
        return None if self.authority is None else self.authority.issue(name)

    def connection(self, name: str, *filters: str, client_id: str | None = None) -> Connection:
        return Connection(
            self.settings.address,
            client_id or name,
            self.papers(name),
            subscriptions=tuple(Subscription(one) for one in filters),
        )

    def client(self, connection: Connection) -> Client:
        """Return a client that is still to be opened."""
        client = make_client(connection)
        self.closing.callback(client.post.close, 0)
        return client

    def join(self, name: str, *filters: str, client_id: str | None = None) -> Client:
        """Return a client that is up."""
        return self.enter(self.connection(name, *filters, client_id=client_id))

    def enter(self, connection: Connection) -> Client:
        client = self.client(connection)
        client.post.open()
        client.post.await_up(LIMIT_SECONDS)
        return client

    def raw(self, name: str) -> RawLine:
        return self.closing.enter_context(RawLine(self.settings.address, self.papers(name)))


def make_client(connection: Connection) -> Client:
    letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()
    ups: queue.SimpleQueue[None] = queue.SimpleQueue()
    downs: queue.SimpleQueue[str] = queue.SimpleQueue()
    refusals: queue.SimpleQueue[str] = queue.SimpleQueue()
    listener = Listener(letters.put, lambda: ups.put(None), downs.put, refusals.put)
    return Client(PahoPost(connection, listener), letters, ups, downs, refusals)


_ALONE = """
import sys, threading
from pathlib import Path
from uplink.broker.access import OPEN
from uplink.broker.embedded.server import serve
from uplink.broker.settings import BrokerSettings
from uplink.wire.post import Address
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
settings = BrokerSettings(Address("127.0.0.1", 0), None, OPEN, held_bound_bytes=int(sys.argv[1]))
serve(settings, lambda where: print(where.port, flush=True), stop)
"""


@dataclass(frozen=True, slots=True)
class Apart:
    """A broker in a process of its own, so that its memory can be weighed."""

    address: Address
    process_id: int

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.process_id}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def start_apart(kind: str, folder: Path, held_bound_bytes: int, closing: ExitStack) -> Apart:
    if kind == "mosquitto":
        settings = BrokerSettings(Address("127.0.0.1", 0), None, OPEN, held_bound_bytes)
        broker = closing.enter_context(MosquittoBroker(settings, mosquitto_program(), folder))
        return Apart(broker.address, broker.process_id)
    process = subprocess.Popen(
        [sys.executable, "-c", _ALONE, str(held_bound_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    closing.callback(process.wait, LIMIT_SECONDS)
    closing.callback(process.stdout.close)
    closing.callback(process.stdin.close)
    return Apart(Address("127.0.0.1", int(process.stdout.readline())), process.pid)
