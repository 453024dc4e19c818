"""Hears callers while the pen writes: a bounded memory between the socket and the card.

A card may hang for seconds inside a write, a sync or a new name, and nothing of it can be
interrupted. So in the program a thread of its own takes in what callers send, and the pen works it
off when the card answers again. It takes at most `MAX_WAITING_BYTES` of a caller (ten seconds of
film and more); behind that a caller's packets wait in its own memory. It never decides, and never
touches the card. Without that thread, in tests, `take` listens by itself.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from recorder.custody.piece import Assembly
from recorder.handover import packets as p
from recorder.handover.connection import accept
from recorder.handover.errors import LinkLost, RefusedPacket

if TYPE_CHECKING:
    import socket

    from recorder.handover.connection import Link

MAX_LINKS = 16
MAX_WAITING_BYTES = {p.Role.LENS: 16 * 1024 * 1024}
MAX_WAITING_BYTES_OF_OTHERS = 256 * 1024
# So that one flooding peer does not keep the others, or a due sync, waiting.
PACKETS_AT_ONCE = 32
# What a packet without media is reckoned as.
_SMALL_BYTES = 4096


@dataclass(slots=True, eq=False)
class Caller:
    """A connection; `role` is None until its hello was done."""

    link: Link
    user: int
    role: p.Role | None = None
    assembly: Assembly = field(default_factory=Assembly)
    waiting_bytes: int = 0
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody has connected."""

    caller: Caller


@dataclass(frozen=True, slots=True)
class Said:
    """A caller sent a packet."""

    caller: Caller
    packet: p.Packet


@dataclass(frozen=True, slots=True)
class Garbled:
    """A caller sent bytes that are no packet; nothing more is heard of it."""

    caller: Caller
    refusal: RefusedPacket


@dataclass(frozen=True, slots=True)
class Left:
    """A caller is gone."""

    caller: Caller


Heard: TypeAlias = Came | Said | Garbled | Left


class Ears:
    """The sockets. Only `listen` touches them; whoever writes hears through `take`."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._woken, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._changed = threading.Condition()
        self._heard: deque[Heard] = deque()
        self._resumed: list[Caller] = []
        self._dropped: list[Caller] = []
        self._callers: set[Caller] = set()
        self._nudged = self._closing = False
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    def listen_apart(self) -> None:
        """Listen in a thread of its own from now on."""
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)
        self._thread.start()

    def watch(self, descriptor: int) -> None:
        """Let `take` return when this descriptor becomes readable; it is read empty."""
        self._selector.register(descriptor, selectors.EVENT_READ)

    def take(self, wait_ms: int) -> list[Heard]:
        """Give what was heard, oldest first; wait at most so long for the first of it."""
        if self._thread is None:
            self.listen(0 if self._heard else wait_ms)
        with self._changed:
            if self._thread is not None:
                self._changed.wait_for(
                    lambda: self._heard or self._nudged or self._failure, wait_ms / 1000
                )
            if self._failure is not None:
                raise self._failure
            self._nudged = False
            count = min(len(self._heard), PACKETS_AT_ONCE)
            return [self._heard.popleft() for _ in range(count)]

    def done(self, said: Said) -> None:
        """Make room for more of this caller: one of its packets was worked off."""
        caller = said.caller
        with self._changed:
            caller.waiting_bytes -= _bytes_of(said.packet)
            resume = caller.paused and caller.waiting_bytes <= _room_of(caller) // 2
            if resume:
                caller.paused = False
                self._resumed.append(caller)
        if resume:
            self._wake()

    def drop(self, caller: Caller) -> None:
        """Let a caller go; nothing may be sent to it any more."""
        with self._changed:
            self._dropped.append(caller)
        self._wake()

    def listen(self, wait_ms: int) -> None:
        """Take in what is there; wait at most so long for the first of it."""
        self._tidy()
        for key, _ in self._selector.select(wait_ms / 1000):
            if isinstance(key.data, Caller):
                self._hear(key.data)
            elif key.fileobj is self._listener:
                self._accept()
            else:
                self._read_empty(key.fd)
        self._tidy()

    def close(self) -> None:
        """Let everybody go, and close the socket."""
        self._closing = True
        self._wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for caller in self._callers:
            caller.link.close()
        self._selector.close()
        self._listener.close()
        os.close(self._woken)
        os.close(self._waker)

    def _run(self) -> None:
        try:
            while not self._closing:
                self.listen(1000)
        except BaseException as failure:  # noqa: BLE001 - the pen ends with it: nobody would hear
            with self._changed:
                self._failure = failure
                self._changed.notify()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # so many wakes are waiting already
            os.write(self._waker, b"\0")

    def _read_empty(self, descriptor: int) -> None:
        os.read(descriptor, 4096)
        if descriptor != self._woken:
            with self._changed:
                self._nudged = True
                self._changed.notify()

    def _accept(self) -> None:
        link = accept(self._listener)
        if link is None:
            return
        if len(self._callers) >= MAX_LINKS:
            link.close()
            return
        caller = Caller(link, link.peer().uid)
        self._callers.add(caller)
        self._selector.register(link, selectors.EVENT_READ, caller)
        self._tell(Came(caller))

    def _hear(self, caller: Caller) -> None:
        for _ in range(PACKETS_AT_ONCE):
            try:
                packet = caller.link.receive()
            except LinkLost:
                self._end(Left(caller))
                return
            except RefusedPacket as refusal:
                self._end(Garbled(caller, refusal))
                return
            if packet is None:
                return
            if not self._has_room_after(Said(caller, packet)):
                self._selector.unregister(caller.link)
                return

    def _end(self, heard: Left | Garbled) -> None:
        self._selector.unregister(heard.caller.link)
        self._tell(heard)

    def _tell(self, heard: Heard) -> None:
        with self._changed:
            self._heard.append(heard)
            self._changed.notify()

    def _has_room_after(self, said: Said) -> bool:
        """Tell of a packet; whether the caller may send more before some are worked off."""
        caller = said.caller
        with self._changed:
            caller.waiting_bytes += _bytes_of(said.packet)
            full = caller.waiting_bytes > _room_of(caller)
            caller.paused = full
            self._heard.append(said)
            self._changed.notify()
        return not full

    def _tidy(self) -> None:
        """Do what the pen asked for meanwhile."""
        with self._changed:
            resumed, self._resumed = self._resumed, []
            dropped, self._dropped = self._dropped, []
        for caller in resumed:
            if caller not in dropped:
                self._selector.register(caller.link, selectors.EVENT_READ, caller)
        for caller in dropped:
            self._callers.discard(caller)
            with contextlib.suppress(KeyError, ValueError):  # not listened to any more
                self._selector.unregister(caller.link)
            caller.link.close()


def _bytes_of(packet: p.Packet) -> int:
    return _SMALL_BYTES + (len(packet.media) if isinstance(packet, p.Keep) else 0)


def _room_of(caller: Caller) -> int:
    if caller.role is None:
        return MAX_WAITING_BYTES_OF_OTHERS
    return MAX_WAITING_BYTES.get(caller.role, MAX_WAITING_BYTES_OF_OTHERS)
