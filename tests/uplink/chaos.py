"""Chaos: six units, and at random moments the end of a unit, the broker, the station, a witness.

All are real processes with real papers; what dies dies by SIGKILL, and is started again. Cuts are
the line's own: a relay between the units and the broker drops every connection, and takes none for
a while. Custody lives in threads of this process, as the story's only survivor.
"""

from __future__ import annotations

import random
import selectors
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.evidence.note import VerifierKey
from recorder.evidence.receipt import CustodyEntry, TlogProof, check_receipt
from tests.uplink.fleet import AGENCY, Fleet, Program, free_port
from tests.verify.unit import Unit
from uplink.broker.mosquitto import MosquittoBroker
from uplink.broker.settings import BrokerSettings
from uplink.programs.access import access_table
from uplink.station.settings import read_settings, read_signing_key
from uplink.station.tiles import split_entries
from uplink.wire.post import Address, TlsFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNITS = 6
HOME_SECONDS = 90.0
LOOK_SECONDS = 0.1


class Relay:
    """A line that can be cut: forwards bytes to the broker, from a thread of its own."""

    def __init__(self, port: int, to_port: int) -> None:
        self._to = ("127.0.0.1", to_port)
        self._listener = socket.create_server(("127.0.0.1", port))
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._lock = threading.Lock()
        self._cut = False
        self._ended = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Drop every connection, and take none until mended."""
        with self._lock:
            self._cut = True
            for line in list(self._pairs):
                self._drop(line)

    def mend(self) -> None:
        with self._lock:
            self._cut = False

    def close(self) -> None:
        self._ended = True
        self._thread.join()
        with self._lock:
            for line in list(self._pairs):
                self._drop(line)
        self._listener.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._ended:
            for key, _ready in self._selector.select(LOOK_SECONDS):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._forward(key.fileobj)

    def _accept(self) -> None:
        near, _address = self._listener.accept()
        with self._lock:
            try:
                if self._cut:
                    raise ConnectionRefusedError
                far = socket.create_connection(self._to, 1)
            except OSError:
                near.close()
                return
            for one, other in ((near, far), (far, near)):
                self._pairs[one] = other
                self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, line: socket.socket) -> None:
        with self._lock:
            other = self._pairs.get(line)
        if other is None:
            return
        try:
            data = line.recv(1 << 18)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        with self._lock:
            self._drop(line)

    def _drop(self, line: socket.socket) -> None:
        other = self._pairs.pop(line, None)
        if other is None:
            return
        self._pairs.pop(other, None)
        for one in (line, other):
            self._selector.unregister(one)
            one.close()


@dataclass
class Tally:
    """What was done to them, and what they did."""

    kills: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)


class Storm:
    """The whole dock, and whoever ends its members."""

    def __init__(self, folder: Path, seed: int, mosquitto: Path) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - a storm that can be repeated
        self.tally = Tally()
        self._mosquitto = mosquitto
        self._folder = folder
        first = Fleet(folder, "none")
        self.relay_port = free_port()
        units = [Unit(seed=50 + n, number=f"BF-{2000 + n}") for n in range(1, UNITS)]
        self.fleets = [
            first,
            *(Fleet(folder / one.number, "none", unit=one, at=first) for one in units),
        ]
        for one in self.fleets:
            text = one.courier_file.read_text().replace(str(first.port), str(self.relay_port))
            one.courier_file.write_text(text)
            one.unit.boot()
            one.unit.fragment_bytes = 400_000
            one.spool.flush()
        self._witness_apart()
        self.broker = self._broker()
        self.relay = Relay(self.relay_port, first.port)
        self.witness = self._witness()
        self.station = first.station()
        self.couriers = [one.courier(once=False) for one in self.fleets]

    def rage(self, seconds: float) -> None:
        """Record on all units, and end something every now and then."""
        until = time.monotonic() + seconds
        blows: list[Callable[[], None]] = [
            self._kill_unit, self._kill_unit, self._kill_broker, self._kill_station,
            self._kill_witness, self._cut,
        ]  # fmt: skip
        turn = 0
        while time.monotonic() < until:
            for one in self.dice.sample(self.fleets, 3):
                with one.custody.lock:
                    one.unit.record(*[1] * self.dice.randint(1, 3))
                    one.spool.flush()
                self.tally.recorded[one.unit.number] += 1
            time.sleep(self.dice.uniform(0.5, 2.0))
            # Each kind of blow falls, in an order that nobody chose.
            if turn % len(blows) == 0:
                self.dice.shuffle(blows)
            blows[turn % len(blows)]()
            turn += 1

    def calm(self) -> None:
        """Wait until every unit holds a receipt for everything. AssertionError names who not."""
        until = time.monotonic() + HOME_SECONDS
        while left := [one.unit.number for one in self.fleets if not self._is_home(one)]:
            if time.monotonic() > until:
                raise AssertionError(f"{', '.join(left)} did not come home: {self.tally}")
            time.sleep(0.2)

    def check(self) -> None:
        """Every segment archived once, byte for byte; every receipt valid; nobody starved."""
        journal = self.fleets[0].station_folder / "data/log/entries"
        entries = [CustodyEntry.parse(one) for one in split_entries(journal.read_bytes())[0]]
        for one in self.fleets:
            folder = one.station_folder / "data/archive" / AGENCY / one.unit.number
            archived = {str(path.relative_to(folder)) for path in folder.rglob("media/*")}
            assert archived == set(one.sealed()), one.unit.number
            for name, data in one.sealed().items():
                assert (folder / name).read_bytes() == data, (one.unit.number, name)
            mine = [entry for entry in entries if entry.log == one.unit.origin]
            confirmed = Counter(file.file for entry in mine for file in entry.files)
            assert confirmed == Counter(one.sealed().keys()), one.unit.number
            receipts = [d for name, d in one.unit.files.items() if name.startswith("receipts/")]
            for receipt in receipts:
                check_receipt(TlogProof.parse(receipt), one.spool.policy)
        assert not list((self.fleets[0].station_folder / "data/quarantine").rglob("reason.json"))

    def close(self) -> None:
        for program in (*self.couriers, self.station, self.witness):
            program.stop()
        self.relay.close()
        self.broker.stop()
        for one in self.fleets:
            one.close()

    def _is_home(self, fleet: Fleet) -> bool:
        with fleet.custody.lock:
            files = dict(fleet.unit.files)
        confirmed: set[str] = set()
        for name, data in files.items():
            if name.startswith("receipts/"):
                entry = CustodyEntry.parse(TlogProof.parse(data).extra)
                confirmed.update(one.file for one in entry.files)
        return {name for name in files if name.startswith("media/")} <= confirmed

    def _kill_unit(self) -> None:
        at = self.dice.randrange(UNITS)
        self.couriers[at].kill()
        self.couriers[at] = self.fleets[at].courier(once=False)
        self.tally.kills["unit"] += 1

    def _kill_broker(self) -> None:
        self.broker.kill()
        self.broker = self._broker()
        self.tally.kills["broker"] += 1

    def _kill_station(self) -> None:
        self.station.kill()
        self.station = self.fleets[0].station()
        self.tally.kills["station"] += 1

    def _kill_witness(self) -> None:
        self.witness.kill()
        self.witness = self._witness()
        self.tally.kills["witness"] += 1

    def _cut(self) -> None:
        self.relay.cut()
        time.sleep(self.dice.uniform(0.2, 2.0))
        self.relay.mend()
        self.tally.kills["cut"] += 1

    def _broker(self) -> MosquittoBroker:
        papers = self.fleets[0].station_folder
        tls = TlsFiles(papers / "ca/tls.pem", papers / "tls/broker.pem", papers / "tls/broker.key")
        address = Address("127.0.0.1", self.fleets[0].port)
        settings = BrokerSettings(address, tls, access_table(AGENCY))
        return MosquittoBroker(settings, self._mosquitto, self._folder).start()

    def _witness_apart(self) -> None:
        """Put the second witness into a process of its own, as an agency should."""
        folder = self.fleets[0].station_folder
        settings = read_settings(folder / "station.toml")
        log = read_signing_key(settings.log_key).public_key()
        station = VerifierKey.of(f"{AGENCY}.shilu/station", 0x01, log)
        apart = settings.witnesses[1]
        assert apart.key is not None
        public = VerifierKey.of(apart.name, 0x04, read_signing_key(apart.key).public_key())
        port = free_port()
        file = folder / "station.toml"
        head, _mark, _tail = file.read_text().rpartition("[[witness]]")
        file.write_text(
            f'{head}[[witness]]\npublic = "{public.text()}"\nurl = "http://127.0.0.1:{port}"\n'
        )
        (folder / "witness.toml").write_text(
            f'version = 1\nname = "{apart.name}"\nkey = "witness-2/witness.key"\n'
            f'folder = "witness-2"\nlogs = ["{station.text()}"]\n'
            f'host = "127.0.0.1"\nport = {port}\n'
        )

    def _witness(self) -> Program:
        config = str(self.fleets[0].station_folder / "witness.toml")
        return Program("uplink.programs.witness", ["--config", config]).start()


def weather(folder: Path, mosquitto: Path, seed: int, seconds: float) -> None:
    """Let it storm for so long, wait for calm, and look at what became of them."""
    storm = Storm(folder, seed, mosquitto)
    try:
        storm.rage(seconds)
        storm.calm()
        storm.check()
    finally:
        storm.close()
    assert set(storm.tally.kills) == {"unit", "broker", "station", "witness", "cut"}
    assert len(storm.tally.recorded) == UNITS
