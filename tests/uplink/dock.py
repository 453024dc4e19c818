"""A dock in one thread: a synthetic unit, its courier, and a station whose process can die.

Everything is real but the broker between them, which is two lists; tests with real brokers are in
test_brokers.py. The station lives on its folder alone: `restart` forgets all memory.
"""

from __future__ import annotations

import datetime as dt
import queue
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec

from recorder.evidence.command import check_command, check_due, parse_command
from recorder.evidence.errors import EvidenceError
from recorder.evidence.head import Head
from recorder.evidence.moment import utc_text
from recorder.evidence.receipt import (
    CustodyEntry,
    LogPolicy,
    TlogProof,
    check_receipt,
    check_station_head,
)
from recorder.evidence.tree import EMPTY_ROOT, Tree, check_consistency, leaf_hash
from recorder.evidence.trust import parse_trust
from recorder.evidence.words import CHAIN_FILE, digest, receipt_file, station_origin
from tests.verify.unit import NOON_MS, Dice, Unit
from uplink.courier.berth import Berth
from uplink.courier.courier import Courier
from uplink.courier.desk import Desk
from uplink.courier.filing import FilingRefused
from uplink.courier.line import Habits, Inbox, Up
from uplink.courier.outbox import Outbox
from uplink.courier.spool import SpoolReader
from uplink.programs.wiring import admission_for, ingest_for
from uplink.station import events as station_events
from uplink.station.authority.founding import Plan, UnitKeys, enrol, found
from uplink.station.intake.runner import Runner
from uplink.station.log.index import Index
from uplink.station.progress import Progress
from uplink.station.settings import read_identity, read_settings
from uplink.station.steps import no_step
from uplink.station.store.layout import Layout
from uplink.station.store.openers import Openers
from uplink.station.store.order_book import OrderBook
from uplink.wire.post import Letter, NotConnected
from uplink.wire.topics import Kind, parse_topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorder.evidence.note import VerifierKey
    from recorder.handover.packets import Journey
    from uplink.station.admission.admit import Admission, Arrived
    from uplink.station.intake.ingest import Ingest
    from uplink.station.steps import Step
    from uplink.wire.orders import CommandLetter
    from uplink.wire.proofs import AnchorLetter, ReceiptLetter

_Event = TypeVar("_Event")
NOW = dt.datetime.fromtimestamp(NOON_MS / 1000, dt.UTC)


class Killed(BaseException):
    """The station's process ends here."""


@dataclass(slots=True)
class ManualClock:
    """Seconds that pass when a test says so."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(slots=True)
class Spool:
    """A synthetic unit's files on a disk, and its custody, which checks what it is handed."""

    unit: Unit
    folder: Path
    policy: LogPolicy
    newest: Head
    commands: tuple[VerifierKey, ...] = ()
    written: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    heard: list[Journey] = field(default_factory=list)
    times: list[str] = field(default_factory=list)

    def flush(self) -> None:
        """Bring the folder to what the unit holds in memory."""
        for name, data in self.unit.files.items():
            if self.written.get(name) != data:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                self.written[name] = data
                self.digests[name] = digest(data)

    def receipt(self, letter: ReceiptLetter) -> int:
        try:
            receipt = check_receipt(TlogProof.parse(letter.proof.encode()), self.policy)
            entry = receipt.entry
            self._extends(receipt.head, letter.since, letter.consistency)
            if entry.log != self.unit.origin or self._root(entry.size).hex() != entry.root:
                raise FilingRefused("the receipt is of another log")
        except EvidenceError as error:
            raise FilingRefused(str(error)) from error
        for one in entry.files:
            if self.digests[one.file] != one.sha256:
                raise FilingRefused(f"{one.file} is not what the receipt says")
        name = receipt_file(entry.size)
        if name in self.unit.files:
            raise FilingRefused("there is a receipt of this size already")
        self.newest = receipt.head
        proof = letter.proof.encode()
        self.unit.file_receipt(name, proof, entry.size, receipt.head.size)
        self.flush()
        return self.unit.size - 1

    def anchor(self, letter: AnchorLetter) -> int:
        checkpoint = letter.checkpoint.encode()
        try:
            head, _cosigned = check_station_head(checkpoint, self.policy)
            self._extends(head, letter.since, letter.consistency)
        except EvidenceError as error:
            raise FilingRefused(str(error)) from error
        self.newest = head
        self.unit.anchor(checkpoint)
        self.flush()
        return self.unit.size - 1

    def command(self, letter: CommandLetter) -> int:
        try:
            signed = parse_command(letter.note.encode())
            for key in self.commands:
                check_command(signed, key)
            check_due(signed.command, self.unit.origin, self.unit.commands, self.unit.clock.now())
        except EvidenceError as error:
            raise FilingRefused(str(error)) from error
        seq = self.unit.obey(letter.note.encode())
        self.flush()
        return seq

    def tell_time(self, utc: str) -> None:
        self.times.append(utc)

    def say(self, journey: Journey) -> None:
        self.heard.append(journey)

    def _extends(self, head: Head, since: int, proof: tuple[bytes, ...]) -> None:
        if since != self.newest.size:
            raise FilingRefused(f"this unit has seen {self.newest.size}, not {since}")
        check_consistency(since, self.newest.root, head.size, head.root, proof)

    def _root(self, size: int) -> bytes:
        tree = Tree()
        for line in self.unit.lines[:size]:
            tree.append(leaf_hash(line))
        return tree.root()


@dataclass(slots=True)
class Wire:
    """One end of the line: what is published waits in `out`; while `cut`, nothing is taken."""

    out: deque[Letter] = field(default_factory=deque)
    cut: bool = False

    @property
    def unsent_bytes(self) -> int:
        return 0

    def publish(self, letter: Letter) -> int:
        if self.cut:
            raise NotConnected("the line is cut")
        whole = letter.payload + letter.body
        # A live letter does not claim to be retained (MQTT 5, 3.3.1.3).
        self.out.append(replace(letter, payload=whole, body=b"", retained=False))
        return 0


class Dock:
    """One unit at one station."""

    def __init__(self, folder: Path, unit: Unit | None = None) -> None:
        self.station_folder = folder / "station"
        if not self.station_folder.exists():
            plan = Plan("baofeng-mz", ("127.0.0.1",), 0, "none", False, "", NOW, Dice(5))
            found(self.station_folder, plan)
        self.settings = read_settings(self.station_folder / "station.toml")
        self.layout = Layout(self.settings.data)
        self.unit = unit or Unit()
        self.unit.station_key = read_identity(self.station_folder / "station.agekey")
        self.folder = folder / self.unit.number
        self.trust = parse_trust((self.station_folder / "trust.toml").read_text())
        origin = station_origin("baofeng-mz")
        self.spool = Spool(
            self.unit,
            self.folder / "spool",
            self.trust.policy,
            Head(origin, 0, EMPTY_ROOT),
            self.trust.commands,
        )
        self.clock = ManualClock()
        self.said: list[object] = []
        self.up = Wire()
        self.down = Wire()
        self.step: Step = no_step
        self.loses: Callable[[Letter], bool] = lambda _: False
        self.arrived: deque[Arrived] = deque()
        self.chunk_bytes_sent = 0
        self.failures: list[BaseException] = []
        self.openers = Openers((), 0, self.failures.append)
        self.restart()

    # --- the unit ------------------------------------------------------------------------------

    def enrol(self) -> None:
        papers = enrol(
            self.station_folder,
            "baofeng-mz",
            self.unit.number,
            UnitKeys(
                self.unit.identity.public_key(),
                ec.generate_private_key(ec.SECP256R1()).public_key(),
            ),
            NOW,
        )
        self.unit.files[CHAIN_FILE] = papers.chain

    def dock(self) -> None:
        """Start a courier on what the spool holds now."""
        self.spool.flush()
        self.inbox: Inbox = queue.SimpleQueue()
        self.outbox = Outbox(self.folder / "outbox.sqlite")
        reader = SpoolReader(self.spool.folder, live=True)
        reader.survey()  # it looked before: the newest head rests
        desk = Desk(reader, self.outbox, self.spool)
        habits = Habits(
            "baofeng-mz",
            self.unit.number,
            "test",
            "the broker",
            chunk_bytes=65_536,
            idle_seconds=0.0,
        )
        self.courier = Courier(
            habits,
            desk,
            self.up,
            self.inbox,
            self.said.append,
            seconds=self.clock,
            random=Dice(9),
            utc=lambda: utc_text(NOON_MS),
        )
        self.berth = Berth(self.courier, desk, self.clock)
        self.inbox.put(Up())

    # --- the station ---------------------------------------------------------------------------

    def restart(self) -> None:
        """Start the station's process; what was only in memory is gone."""
        self.arrived.clear()
        self.openers.stop()
        self.down.out.clear()
        self.openers = Openers(
            [read_identity(one) for one in self.settings.identities], 0, self.failures.append
        )
        self.ingest: Ingest = ingest_for(
            self.settings, "w1", self.said.append, self._send, self.arrived.append
        )
        self.ingest.readers = self.openers
        self.admission: Admission = admission_for(
            self.settings,
            self.said.append,
            self._send,
            self._at_moment,
            lambda: self.unit.clock.boottime_ms + self.unit.clock.true_offset_ms,
        )
        self.admission.facts_of = self.openers.facts_of
        self.runner = Runner(
            self.settings.agency,
            OrderBook(self.layout, self.settings.agency),
            utc=lambda: utc_text(self.unit.clock.boottime_ms + self.unit.clock.true_offset_ms),
            publish=self._send,
            tell=self.said.append,
            seconds=self.clock,
        )
        self.ingest.greet = self.runner.greet

    def _at_moment(self, name: str) -> None:
        self.step(name)

    def _send(self, letter: Letter) -> None:
        self.down.publish(letter)

    # --- time ----------------------------------------------------------------------------------

    def turn(self) -> None:
        """Let everybody act once, and a moment pass."""
        self.courier.step()
        while self.up.out:
            letter = self.up.out.popleft()
            if parse_topic(letter.topic).kind is Kind.CHUNK:
                self.chunk_bytes_sent += len(letter.payload) - 16
            if not self.loses(letter):
                self.ingest.take(letter)
        self.ingest.settle()
        while not self.openers.idle:
            self.openers.turn(Progress())
        while self.arrived:
            self.admission.admit(self.arrived.popleft())
        self.runner.look()
        while self.down.out:
            self.inbox.put(self.down.out.popleft())
        self.berth.look()
        self.clock.seconds += 0.25

    def bring_home(self, turns: int = 400) -> None:
        """Let time pass until the courier is done, one way or the other."""
        for _ in range(turns):
            self.turn()
            if self.courier.home or self.courier.stuck:
                return
        raise AssertionError(f"not home after {turns} turns: {self.said[-12:]}")

    # --- what became of it ---------------------------------------------------------------------

    def archived(self) -> dict[str, bytes]:
        folder = self.layout.archive("baofeng-mz", self.unit.number)
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def sealed(self) -> dict[str, bytes]:
        """What must be at the station: every media file of the unit."""
        return {name: data for name, data in self.unit.files.items() if name.startswith("media/")}

    def receipted_files(self) -> list[str]:
        """Files that entries of the station's log confirm, each as often as one does."""
        log = self.admission.registrar.log
        self.admission.registrar.catch_up()
        entries = [CustodyEntry.parse(log.entry(n)) for n in range(log.size)]
        return [one.file for entry in entries for one in entry.files]

    def index(self) -> Index:
        return Index(self.layout.index)

    def told(self, kind: type[_Event]) -> list[_Event]:
        return [one for one in self.said if isinstance(one, kind)]


__all__ = ["Dock", "Killed", "ManualClock", "Spool", "station_events"]
