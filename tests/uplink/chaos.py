"""Chaos: six units, and at random moments the end of a unit, the broker, a worker, a witness.

All are real processes with real papers, each unit in a network of its own on a wire of its own;
what dies dies by SIGKILL, and is started again. The wires lose and delay packets in a weather that
changes, and are cut without a word. Custody lives in threads of this process, the only survivor.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.evidence.note import VerifierKey
from recorder.evidence.receipt import CustodyEntry, TlogProof, check_receipt
from tests.rig.network.rooms import DOCK, Network
from tests.uplink.fleet import AGENCY, Fleet, Program
from tests.verify.unit import Unit
from uplink.broker.mosquitto import access_file_text, configuration
from uplink.broker.settings import BrokerSettings
from uplink.programs.access import access_table
from uplink.station.intake.journeys import Limits
from uplink.station.log.tiles import split_entries
from uplink.station.settings import read_settings, read_signing_key
from uplink.wire.post import Address, TlsFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNITS, WORKERS = 6, 2
HOME_SECONDS = 120.0
WITNESS_PORT = 8090
WORST_LOSS, WORST_DELAY_SECONDS = 0.03, 0.04


@dataclass
class Tally:
    """What was done to them, and what they did."""

    blows: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    unconfirmed_bytes: Counter[str] = field(default_factory=Counter)
    sent_bytes: Counter[str] = field(default_factory=Counter)
    needed_bytes: Counter[str] = field(default_factory=Counter)
    files: int = 0

    def text(self) -> str:
        """Say it in a sentence or two."""
        sent, needed = self.sent_bytes.total(), self.needed_bytes.total()
        unconfirmed = self.unconfirmed_bytes.total()
        blows = ", ".join(f"{count} x {what}" for what, count in sorted(self.blows.items()))
        return (
            f"{blows}; {self.recorded.total()} recordings, {self.files} files of "
            f"{needed / 1e6:.0f} MB home once; {(sent - needed) / 1e6:.1f} MB sent again after "
            f"{self.broken.total()} journeys that broke with {unconfirmed / 1e6:.1f} MB under way"
        )


class Storm:
    """The whole dock, and whoever ends its members."""

    def __init__(self, folder: Path, seed: int, mosquitto: Path) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - a storm that can be repeated
        self.tally = Tally()
        self._mosquitto = mosquitto
        self._folder = folder
        self.network = Network(UNITS, random.Random(seed))  # noqa: S311 - as above
        units = [Unit(), *(Unit(seed=50 + n, number=f"BF-{2000 + n}") for n in range(1, UNITS))]
        self.fleets: list[Fleet] = []
        for unit, room in zip(units, self.network.units, strict=True):
            at = self.fleets[0] if self.fleets else None
            place = folder / unit.number if at else folder
            rooms = (self.network.dock.enter, room.enter)
            self.fleets.append(Fleet(place, "none", unit=unit, at=at, host=DOCK, rooms=rooms))
            unit.boot()
            # The first recording is long, so that there is something to resume.
            unit.fragment_bytes = 2_000_000
            unit.record(3, 3)
            unit.fragment_bytes = 400_000
            self.fleets[-1].spool.flush()
        self._witness_apart()
        self._write_broker()
        self.broker = self._broker()
        self.witness = self._witness()
        self.workers = [self.fleets[0].station() for _ in range(WORKERS)]
        self.couriers = [one.courier(once=False) for one in self.fleets]

    def rage(self, seconds: float) -> None:
        """Record on all units, and end something every now and then."""
        until = time.monotonic() + seconds
        blows: list[Callable[[], None]] = [
            self._kill_unit, self._kill_unit, self._kill_broker, self._kill_worker,
            self._kill_witness, self._pull_a_unit, self._pull_a_unit, self._change_weather,
        ]  # fmt: skip
        turn = 0
        while time.monotonic() < until or turn < len(blows):
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
        for wire in self.network.wires:
            wire.loss, wire.delay_seconds = 0.0, 0.0
        until = time.monotonic() + HOME_SECONDS
        while left := [one.unit.number for one in self.fleets if not self._is_home(one)]:
            if time.monotonic() > until:
                raise AssertionError(f"{', '.join(left)} did not come home: {self._why(left)}")
            time.sleep(0.2)

    def _why(self, left: list[str]) -> str:
        """Ask those who are not home, and the quarantine."""
        said: list[str] = []
        for at, one in enumerate(self.fleets):
            if one.unit.number in left:
                self.couriers[at].kill()
                told = (str(event)[:300] for event in self.couriers[at].rest())
                said += [word for word in told if "'Progress'" not in word][-12:]
        kept = (self.fleets[0].station_folder / "data/quarantine").rglob("reason.json")
        said += [f"{path.parent.name}: {path.read_text()}" for path in kept]
        self.couriers.clear()
        return "\n".join([self.tally.text(), *said])

    def check(self) -> None:
        """Every segment archived once, byte for byte; every receipt valid; little sent again."""
        for at in range(UNITS):
            self._end_courier(at)
        self.couriers.clear()
        journal = self.fleets[0].station_folder / "data/log/entries"
        entries = [CustodyEntry.parse(one) for one in split_entries(journal.read_bytes())[0]]
        for one in self.fleets:
            self._check_unit(one, entries)
        assert not list((self.fleets[0].station_folder / "data/quarantine").rglob("reason.json"))

    def _check_unit(self, one: Fleet, entries: list[CustodyEntry]) -> None:
        folder = one.station_folder / "data/archive" / AGENCY / one.unit.number
        archived = {str(path.relative_to(folder)) for path in folder.rglob("media/*")}
        number, sealed = one.unit.number, one.sealed()
        assert archived == set(sealed), number
        for name, data in sealed.items():
            assert (folder / name).read_bytes() == data, (number, name)
        mine = [entry for entry in entries if entry.log == one.unit.origin]
        confirmed = Counter(file.file for entry in mine for file in entry.files)
        assert confirmed == Counter(sealed.keys()), number
        receipts = [d for name, d in one.unit.files.items() if name.startswith("receipts/")]
        for receipt in receipts:
            check_receipt(TlogProof.parse(receipt), one.spool.policy)
        needed = sum(len(d) for name, d in one.unit.files.items() if not name.startswith("rec"))
        # What a worker confirmed never travels again, but for a log's newest lines: the next worker
        # begins those where the archive ends.
        lines = sum(len(d) for name, d in one.unit.files.items() if name.startswith("log/"))
        again = self.tally.sent_bytes[number] - needed
        may_come_again = self.tally.unconfirmed_bytes[number] + self.tally.broken[number] * lines
        assert again <= may_come_again, f"{number} sent {again} bytes again: {self.tally}"
        self.tally.needed_bytes[number] = needed
        self.tally.files += len(sealed)

    def close(self) -> None:
        for program in (*self.couriers, *self.workers, self.witness):
            program.stop()
        self.broker.kill()
        self.broker.wait()
        for one in self.fleets:
            one.close()
        self.network.close()

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
        self._end_courier(at)
        self.couriers[at] = self.fleets[at].courier(once=False)
        self.tally.blows["unit killed"] += 1

    def _end_courier(self, at: int) -> None:
        """Kill it, and count what it said that it sent, and what broke under way."""
        self.couriers[at].kill()
        number, last = self.fleets[at].unit.number, (0, 0)
        for told in self.couriers[at].rest():
            sent, unconfirmed = told.get("sent_bytes", 0), told.get("unconfirmed_bytes", 0)
            assert isinstance(sent, int)
            assert isinstance(unconfirmed, int)
            assert unconfirmed <= Limits().window_bytes
            if told["event"] == "JourneyBroken":
                self.tally.broken[number] += 1
                self.tally.unconfirmed_bytes[number] += unconfirmed
            else:
                last = max(last, (sent, unconfirmed))
        self.tally.sent_bytes[number] += last[0]
        self.tally.unconfirmed_bytes[number] += last[1]
        self.tally.broken[number] += 1

    def _kill_broker(self) -> None:
        self.broker.kill()
        self.broker.wait()
        self.broker = self._broker()
        self.tally.blows["broker killed"] += 1

    def _kill_worker(self) -> None:
        at = self.dice.randrange(WORKERS)
        self.workers[at].kill()
        self.workers[at] = self.fleets[0].station()
        self.tally.blows["worker killed"] += 1

    def _kill_witness(self) -> None:
        self.witness.kill()
        self.witness = self._witness()
        self.tally.blows["witness killed"] += 1

    def _pull_a_unit(self) -> None:
        at = self.dice.randrange(UNITS)
        self.network.wires[at].cut = True
        time.sleep(self.dice.uniform(0.2, 3.0))
        self.network.wires[at].cut = False
        self.tally.blows["unit pulled"] += 1

    def _change_weather(self) -> None:
        for wire in self.network.wires:
            wire.loss = self.dice.uniform(0.0, WORST_LOSS)
            wire.delay_seconds = self.dice.uniform(0.0, WORST_DELAY_SECONDS)
        self.tally.blows["weather changed"] += 1

    def _write_broker(self) -> None:
        papers = self.fleets[0].station_folder
        tls = TlsFiles(papers / "ca/tls.pem", papers / "tls/broker.pem", papers / "tls/broker.key")
        address = Address(DOCK, self.fleets[0].port)
        settings = BrokerSettings(address, tls, access_table(AGENCY))
        access = self._folder / "access"
        access.write_text(access_file_text(settings.access))
        text = configuration(settings, access, persistence=None)
        (self._folder / "mosquitto.conf").write_text(text)

    def _broker(self) -> subprocess.Popen[bytes]:
        program = (str(self._mosquitto), "-c", str(self._folder / "mosquitto.conf"))
        return subprocess.Popen((*self.network.dock.enter, *program), stderr=subprocess.DEVNULL)

    def _witness_apart(self) -> None:
        """Put the second witness into a process of its own, as an agency should."""
        folder = self.fleets[0].station_folder
        settings = read_settings(folder / "station.toml")
        log = read_signing_key(settings.log_key).public_key()
        station = VerifierKey.of(f"{AGENCY}.shilu/station", 0x01, log)
        apart = settings.witnesses[1]
        assert apart.key is not None
        public = VerifierKey.of(apart.name, 0x04, read_signing_key(apart.key).public_key())
        url = f"http://127.0.0.1:{WITNESS_PORT}"
        file = folder / "station.toml"
        head, _mark, _tail = file.read_text().rpartition("[[witness]]")
        file.write_text(f'{head}[[witness]]\npublic = "{public.text()}"\nurl = "{url}"\n')
        (folder / "witness.toml").write_text(
            f'version = 1\nname = "{apart.name}"\nkey = "witness-2/witness.key"\n'
            f'folder = "witness-2"\nlogs = ["{station.text()}"]\n'
            f'host = "127.0.0.1"\nport = {WITNESS_PORT}\n'
        )

    def _witness(self) -> Program:
        config = str(self.fleets[0].station_folder / "witness.toml")
        arguments = ["--config", config]
        return Program("uplink.programs.witness", arguments, self.network.dock.enter).start()


def weather(folder: Path, mosquitto: Path, seed: int, seconds: float) -> Tally:
    """Let it storm for so long, wait for calm, and look at what became of them."""
    storm = Storm(folder, seed, mosquitto)
    try:
        storm.rage(seconds)
        storm.calm()
        storm.check()
    finally:
        storm.close()
    kinds = {"unit killed", "broker killed", "worker killed", "witness killed", "unit pulled"}
    assert kinds | {"weather changed"} == set(storm.tally.blows)
    assert storm.tally.recorded
    return storm.tally
