"""Rooms and wires: network namespaces of our own, and lines between them that lose and delay.

A wire is one TUN device in each of two rooms, and a thread that carries IP packets from one to the
other – or does not. So TCP itself meets the loss, sends again, and waits. A kernel's netem would do
the same; many kernels are built without it.
"""

from __future__ import annotations

import heapq
import itertools
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from recorder.evidence.errors import EvidenceError

if TYPE_CHECKING:
    import random

_KEEPER = Path(__file__).with_name("keeper.py")
_PACKET_MAX_BYTES = 65_535
_BURST = 64
_LOOK_SECONDS = 0.05
DOCK = "10.77.0.1"


class Room:
    """A network namespace with an address of its own, and lines out of it."""

    def __init__(self, address: str, gateway: str, lines: tuple[str, ...]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # Only root may make a namespace; anybody may become root of one that he makes.
            as_root = ("--user", "--map-root-user") if os.geteuid() else ()
            self._keeper = subprocess.Popen(
                [
                    *("unshare", *as_root, "--net", sys.executable, str(_KEEPER)),
                    *(str(theirs.fileno()), address, gateway, *lines),
                ],
                pass_fds=[theirs.fileno()],
            )
        self._ours = ours
        _ready, ends, _flags, _address = socket.recv_fds(ours, 1, len(lines))
        if len(ends) != len(lines):
            self.close()
            raise EvidenceError("no namespace with lines: unshare and /dev/net/tun must be allowed")
        self.ends = tuple(ends)
        self.address = address

    @property
    def enter(self) -> tuple[str, ...]:
        """What to put before a command so that it runs in here; its process id is the command's."""
        as_root = ("--user", "--preserve-credentials") if os.geteuid() else ()
        return ("nsenter", f"--target={self._keeper.pid}", *as_root, "--net", "--")

    def close(self) -> None:
        self._ours.close()
        self._keeper.wait(10)


@dataclass(slots=True)
class Wire:
    """One line between two rooms; whoever holds it changes the weather while it carries."""

    ends: tuple[int, int]
    loss: float = 0.0
    delay_seconds: float = 0.0
    cut: bool = False
    carried: int = 0
    lost: int = 0


@dataclass
class Wires:
    """The thread that carries packets over all wires."""

    wires: tuple[Wire, ...]
    dice: random.Random
    _waiting: list[tuple[float, int, int, bytes]] = field(default_factory=list)
    _ended: bool = False

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._selector = selectors.DefaultSelector()
        for wire in self.wires:
            for one, other in (wire.ends, wire.ends[::-1]):
                self._selector.register(one, selectors.EVENT_READ, (wire, other))
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        self._ended = True
        self._thread.join()
        self._selector.close()
        for wire in self.wires:
            for end in wire.ends:
                os.close(end)

    def _run(self) -> None:
        while not self._ended:
            now_seconds = time.monotonic()
            due = self._waiting[0][0] - now_seconds if self._waiting else _LOOK_SECONDS
            for key, _ready in self._selector.select(min(max(due, 0.0), _LOOK_SECONDS)):
                wire, other = key.data
                self._take(wire, key.fd, other)
            now_seconds = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now_seconds:
                _due, _number, end, packet = heapq.heappop(self._waiting)
                self._put(end, packet)

    def _take(self, wire: Wire, end: int, other: int) -> None:
        for _ in range(_BURST):
            try:
                packet = os.read(end, _PACKET_MAX_BYTES)
            except BlockingIOError:
                return
            if wire.cut or self.dice.random() < wire.loss:
                wire.lost += 1
                continue
            wire.carried += 1
            if wire.delay_seconds:
                due = time.monotonic() + wire.delay_seconds
                heapq.heappush(self._waiting, (due, next(self._numbers), other, packet))
            else:
                self._put(other, packet)

    def _put(self, end: int, packet: bytes) -> None:
        try:
            os.write(end, packet)
        except BlockingIOError:
            return  # a full line loses packets, as lines do


class Network:
    """A dock and so many units, each in a room of its own, each on a wire of its own."""

    def __init__(self, units: int, dice: random.Random) -> None:
        names = [(f"bay{n}", f"10.77.{n}.1", f"10.77.{n}.2") for n in range(1, units + 1)]
        self.dock = Room(DOCK, "", tuple(f"{name}={bay}/{unit}" for name, bay, unit in names))
        self.units = tuple(
            Room(f"10.78.{n}.1", bay, (f"dock={unit}/{bay}",))
            for n, (_name, bay, unit) in enumerate(names, 1)
        )
        self.wires = tuple(
            Wire((bay, room.ends[0])) for bay, room in zip(self.dock.ends, self.units, strict=True)
        )
        self._carrier = Wires(self.wires, dice).start()

    def close(self) -> None:
        self._carrier.close()
        for room in (*self.units, self.dock):
            room.close()
