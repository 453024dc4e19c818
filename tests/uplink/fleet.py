"""Real processes at a real broker: station and courier as programs, custody as a thread."""

from __future__ import annotations

import json
import os
import queue
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from config.provision.request import (
    courier_public,
    courier_request,
    digest_of,
    new_courier_key,
)
from recorder.custody.layout import identity_request
from recorder.evidence.head import Head
from recorder.evidence.moment import ClockSource
from recorder.evidence.receipt import CustodyEntry, TlogProof
from recorder.evidence.tree import EMPTY_ROOT
from recorder.evidence.trust import parse_trust
from recorder.evidence.words import CHAIN_FILE, base64_bytes
from recorder.handover.connection import Link, accept, listen
from recorder.handover.errors import LinkLost
from recorder.handover.orders import Command
from recorder.handover.packets import (
    AnchorOffer,
    Fault,
    Filed,
    Hello,
    Journey,
    Packet,
    ReceiptOffer,
    StationTime,
    Welcome,
)
from tests.uplink.dock import Spool
from tests.verify.unit import Unit
from uplink.courier.filing import FilingRefused
from uplink.station.authority.founding import UnitKeys, enrol, write_unit_papers
from uplink.station.settings import read_identity
from uplink.wire.orders import CommandLetter
from uplink.wire.proofs import AnchorLetter, ReceiptLetter

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AGENCY = "baofeng-mz"
WAIT_SECONDS = 40


def asked(identity: EllipticCurvePrivateKey, unit: str, courier: bytes) -> bytes:
    """Give the request of a unit with these two keys, as it makes it itself."""
    vouched = digest_of(courier_public(courier))
    return identity_request(identity, AGENCY, unit, vouched) + courier_request(
        courier, AGENCY, unit
    )


class Custody:
    """Answers the courier over the real socket, from a thread, until closed."""

    def __init__(self, path: Path, spool: Spool) -> None:
        self._spool = spool
        self.lock = threading.Lock()  # for whoever records on the same unit meanwhile
        self._listener = listen(path)
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._wake.send(b"x")
        self._thread.join()
        self._listener.close()
        self._wake.close()
        self._woken.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            links: list[Link] = []
            while True:
                for key, _ready in selector.select():
                    if key.fileobj is self._woken:
                        for link in links:
                            link.close()
                        return
                    if key.fileobj is self._listener:
                        caller = accept(self._listener)
                        if caller is not None:
                            links.append(caller)
                            selector.register(caller, selectors.EVENT_READ)
                    elif isinstance(key.fileobj, Link):
                        self._answer(selector, key.fileobj)

    def _answer(self, selector: selectors.BaseSelector, link: Link) -> None:
        try:
            packet = link.receive()
            if packet is not None and not isinstance(packet, Journey | StationTime):
                link.send(self._reply(packet))
        except LinkLost:
            selector.unregister(link)
            link.close()

    def _reply(self, packet: Packet) -> Packet:
        try:
            return self._asked(packet)
        except FilingRefused as refusal:
            return Fault(str(refusal), "receipt")

    def _asked(self, packet: Packet) -> Packet:
        with self.lock:
            match packet:
                case Hello():
                    unit = self._spool.unit
                    return Welcome(
                        unit.origin, unit.run, 0, 0, 0, "", 1, True, "", 200, ClockSource.NTP
                    )
                case ReceiptOffer(proof, consistency, since):
                    hashes = tuple(map(base64_bytes, consistency))
                    seq = self._spool.receipt(ReceiptLetter(proof, hashes, since, ()))
                    size = CustodyEntry.parse(TlogProof.parse(proof.encode()).extra).size
                    return Filed(seq, size)
                case AnchorOffer(checkpoint, consistency, since):
                    hashes = tuple(map(base64_bytes, consistency))
                    return Filed(self._spool.anchor(AnchorLetter(checkpoint, hashes, since)), 0)
                case Command(note):
                    return Filed(self._spool.command(CommandLetter(note)), 0)
        return Fault("the courier asks for receipts, anchors and commands only", "other")


@dataclass
class Program:
    """A child process whose standard output is events, and which is ours to kill."""

    module: str
    arguments: list[str]
    enter: tuple[str, ...] = ()
    events: list[dict[str, object]] = field(default_factory=list)
    told_at_seconds: float = 0.0

    def start(self) -> Self:
        self._lines: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [*self.enter, sys.executable, "-m", self.module, *self.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put((time.monotonic(), line))
        self._lines.put(None)

    def await_event(self, wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        while True:
            came = self._lines.get(timeout=WAIT_SECONDS)
            if came is None:
                raise AssertionError(
                    f"{self.module} ended: {self.end()}; it said {self.events[-5:]}"
                )
            self.told_at_seconds, line = came
            event: dict[str, object] = json.loads(line)
            self.events.append(event)
            if wanted(event):
                return event

    def named(self, name: str) -> dict[str, object]:
        return self.await_event(lambda event: event["event"] == name)

    def tells(self, name: str, within_seconds: float) -> bool:
        """Whether an event of that name comes in time."""
        until = time.monotonic() + within_seconds
        while not self.has_told(name):
            if time.monotonic() > until:
                return False
            threading.Event().wait(0.05)
        return True

    def has_told(self, name: str) -> bool:
        """Whether an event of that name came until now."""
        while not self._lines.empty():
            came = self._lines.get()
            if came is None:
                self._lines.put(None)
                break
            self.events.append(json.loads(came[1]))
        return any(one["event"] == name for one in self.events)

    def rest(self) -> list[dict[str, object]]:
        """Give every event of a program that ended."""
        while (came := self._lines.get(timeout=WAIT_SECONDS)) is not None:
            self.events.append(json.loads(came[1]))
        return self.events

    def children(self) -> list[int]:
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(one) for one in found.split()]

    def command_of(self, pid: int) -> list[str]:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.end()

    def stop(self) -> tuple[int, str]:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
        return self.end()

    def end(self) -> tuple[int, str]:
        """Wait for the end; give the exit code and what it complained of."""
        code = self.process.wait(WAIT_SECONDS)
        self._reader.join(WAIT_SECONDS)
        assert self.process.stderr is not None
        assert self.process.stdout is not None
        said = self.process.stderr.read()
        self.process.stderr.close()
        self.process.stdout.close()
        return code, said


def ask(module: str, *arguments: str) -> tuple[int, str, str]:
    """Run a program to its end; give its code, and what it said on both streams."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        timeout=WAIT_SECONDS,
    )
    return done.returncode, done.stdout, done.stderr


def run(module: str, *arguments: str) -> tuple[int, str]:
    code, _out, complaint = ask(module, *arguments)
    return code, complaint


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Fleet:
    """A station founded by its own program, and one enrolled unit with its spool.

    With `at` the unit is one more at that fleet's station, enrolled there. `rooms` is what to put
    before the commands of station and courier, where each runs in a network of its own.
    """

    def __init__(
        self,
        folder: Path,
        run_broker: str,
        *,
        chunk_kib: int = 64,
        cap_kib: int = 0,
        unit: Unit | None = None,
        at: Fleet | None = None,
        host: str = "127.0.0.1",
        rooms: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    ) -> None:
        self.folder = folder
        self.host = host
        self._station_room, self._courier_room = rooms
        self.unit = unit or Unit()
        self.papers = folder / "papers"
        if at is None:
            self.port = free_port()
            self.station_folder = folder / "station"
            self._found(run_broker)
            self._enrol()
        else:
            folder.mkdir()
            self.port, self.station_folder = at.port, at.station_folder
            now = datetime.now(UTC)
            courier = courier_public(self._courier_key())
            keys = UnitKeys(self.unit.identity.public_key(), courier)
            papers = enrol(self.station_folder, AGENCY, self.unit.number, keys, now)
            write_unit_papers(self.papers, papers)
        self.unit.station_key = read_identity(self.station_folder / "station.agekey")
        self.unit.files[CHAIN_FILE] = (self.papers / "chain.pem").read_bytes()
        trust = parse_trust((self.station_folder / "trust.toml").read_text())
        head = Head(trust.policy.station.name, 0, EMPTY_ROOT)
        self.spool = Spool(self.unit, folder / "spool", trust.policy, head, trust.commands)
        self.spool.flush()
        self.custody = Custody(folder / "custody.sock", self.spool)
        self.courier_file = folder / "courier.toml"
        self.courier_file.write_text(
            f'version = 1\nagency = "{AGENCY}"\nunit = "{self.unit.number}"\nspool = "spool"\n'
            f'outbox = "outbox.sqlite"\ncustody_socket = "custody.sock"\nchunk_kib = {chunk_kib}\n'
            f"cap_kib_per_second = {cap_kib}\n"
            f'[broker]\nhost = "{self.host}"\nport = {self.port}\nca = "papers/ca.pem"\n'
            'certificate = "papers/tls.pem"\nkey = "papers/tls.key"\n'
        )

    def _found(self, run_broker: str) -> None:
        code, said = run(
            "uplink.programs.station",
            *("init", str(self.station_folder), "--agency", AGENCY, "--port", str(self.port)),
            *("--host", self.host, "--run-broker", run_broker, "--not-immutable"),
        )
        assert code == 0, said

    def _courier_key(self) -> bytes:
        """Make the courier's key where the unit keeps it."""
        self.papers.mkdir(parents=True)
        key = new_courier_key()
        (self.papers / "tls.key").write_bytes(key)
        return key

    def _enrol(self) -> None:
        csr = self.folder / "unit.csr"
        key = self._courier_key()
        csr.write_bytes(asked(self.unit.identity.private, self.unit.number, key))
        code, said = run(
            "uplink.programs.station",
            *("enrol", str(self.station_folder), self.unit.number),
            *("--csr", str(csr), "--out", str(self.papers)),
        )
        assert code == 0, said

    def station(self, enter: tuple[str, ...] = ()) -> Program:
        config = str(self.station_folder / "station.toml")
        room = enter or self._station_room
        return Program("uplink.programs.station", ["--config", config], room).start()

    def courier(self, *, once: bool = True) -> Program:
        arguments = ["--config", str(self.courier_file)]
        if once:
            arguments += ["--once", "--limit-seconds", "35"]
        return Program("uplink.programs.courier", arguments, self._courier_room).start()

    def archived(self) -> dict[str, bytes]:
        folder = self.station_folder / "data" / "archive" / AGENCY / self.unit.number
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def sealed(self) -> dict[str, bytes]:
        return {name: data for name, data in self.unit.files.items() if name.startswith("media/")}

    def close(self) -> None:
        self.custody.close()
