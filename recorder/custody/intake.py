"""The custody socket: who may connect, who may send what, and one thread that owns it all.

Custody never waits for a peer: what a peer does not read is lost with its connection. A packet
that breaks a rule is answered, written down, and ends that connection; nothing kept before it is
touched.
"""

from __future__ import annotations

import selectors
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.custody.errors import RefusedRequest
from recorder.custody.piece import Assembly
from recorder.evidence.errors import Malformed
from recorder.handover import packets as p
from recorder.handover.codec import name_of
from recorder.handover.connection import accept
from recorder.handover.errors import LinkFull, LinkLost, RefusedPacket

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from typing import Self

    from recorder.custody.pen import Pen
    from recorder.custody.receipts import Receipts
    from recorder.handover.connection import Link

MAX_LINKS = 16
# So that one flooding peer does not keep the others, or a due sync, waiting.
PACKETS_AT_ONCE = 32

MAY: Mapping[p.Role, tuple[type[p.Packet], ...]] = {
    p.Role.CONDUCTOR: (p.Open, p.Note, p.Turn, p.Close),
    p.Role.LENS: (p.Keep, p.End),
    p.Role.COURIER: (p.ReceiptOffer, p.AnchorOffer),
    p.Role.RELEASE: (p.ReleaseRequest,),
}


@dataclass(frozen=True, slots=True)
class Doormen:
    """Which user may take which role; a bench unit runs all under one user."""

    users: Mapping[p.Role, int]

    @classmethod
    def of_bench(cls, user: int) -> Self:
        """Let one user take every role."""
        return cls(dict.fromkeys(p.Role, user))

    def check(self, role: p.Role, user: int) -> None:
        """Raise RefusedPacket unless this user may be that."""
        if self.users.get(role) != user:
            raise RefusedPacket("hello", f"The user {user} may not be the {role}.")


@dataclass(slots=True, eq=False)
class Caller:
    """A connection; `role` is None until its hello."""

    link: Link
    user: int
    role: p.Role | None = None
    assembly: Assembly = field(default_factory=Assembly)


class Callers:
    """Everybody who is connected, and how they are told something."""

    def __init__(self) -> None:
        self.here: list[Caller] = []
        self._unreachable: list[Caller] = []

    def say(self, role: p.Role, packet: p.FromCustody) -> None:
        """Tell every caller of a role; whoever does not read is let go soon after."""
        for caller in self.here:
            if caller.role is role:
                self.send(caller, packet)

    def send(self, caller: Caller, packet: p.FromCustody) -> None:
        """Tell one caller."""
        try:
            caller.link.send(packet)
        except (LinkFull, LinkLost):
            # Not let go at once: the pen may be in the middle of what it says.
            self._unreachable.append(caller)

    def unreachable(self) -> list[Caller]:
        """Give those who could not be told something, once."""
        gone, self._unreachable = self._unreachable, []
        return gone


class Intake:
    """Hears every connection and lets the pen do what was asked."""

    def __init__(
        self,
        listener: socket.socket,
        doormen: Doormen,
        callers: Callers,
        pen: Pen,
        receipts: Receipts,
    ) -> None:
        self._listener = listener
        self._doormen = doormen
        self._callers = callers
        self._pen = pen
        self._receipts = receipts
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)

    def watch(self, descriptor: int) -> None:
        """Wake up when this descriptor becomes readable; reading it is the caller's."""
        self._selector.register(descriptor, selectors.EVENT_READ)

    def hear(self, wait_ms: int) -> None:
        """Wait at most so long, and do what was asked meanwhile."""
        for key, _ in self._selector.select(wait_ms / 1000):
            if key.fileobj is self._listener:
                self._accept()
            elif isinstance(key.data, Caller) and key.data in self._callers.here:
                self._hear(key.data)
        while gone := self._callers.unreachable():
            for caller in gone:
                self._lose(caller)

    def close(self) -> None:
        """Let everybody go."""
        for caller in self._callers.here.copy():
            self._drop(caller)
        self._selector.close()
        self._listener.close()

    def _accept(self) -> None:
        link = accept(self._listener)
        if link is None:
            return
        if len(self._callers.here) >= MAX_LINKS:
            link.close()
            return
        caller = Caller(link, link.peer().uid)
        self._callers.here.append(caller)
        self._selector.register(link, selectors.EVENT_READ, caller)

    def _hear(self, caller: Caller) -> None:
        for _ in range(PACKETS_AT_ONCE):
            try:
                packet = caller.link.receive()
                if packet is None:
                    return
                self._do(caller, packet)
            except LinkLost:
                self._lose(caller)
            except RefusedPacket as refusal:
                self._refuse(caller, refusal.asked, str(refusal))
                self._lose(caller)
            if caller not in self._callers.here:
                return

    def _do(self, caller: Caller, packet: p.Packet) -> None:
        if caller.role is None:
            self._welcome(caller, packet)
            return
        if not isinstance(packet, MAY[caller.role]):
            raise RefusedPacket(name_of(packet), f"The {caller.role} may not ask for this.")
        try:
            answer = self._answer(caller, packet)
        except RefusedRequest as refusal:
            self._refuse(caller, name_of(packet), str(refusal))
        except Malformed as error:
            # It can be sent, and yet no record can hold it.
            raise RefusedPacket(name_of(packet), str(error)) from error
        else:
            if answer is not None:
                self._callers.send(caller, answer)

    def _answer(self, caller: Caller, packet: p.Packet) -> p.FromCustody | None:
        match packet:
            case p.Keep():
                piece = caller.assembly.take(packet)
                if piece is not None:
                    self._pen.keep(piece)
            case p.End():
                self._pen.lens_ended()
            case p.ReceiptOffer():
                return self._receipts.file_receipt(packet)
            case p.AnchorOffer():
                return self._receipts.file_anchor(packet)
            case p.ReleaseRequest():
                return self._receipts.release(packet)
            case _:
                self._lead(packet)
        return None

    def _lead(self, packet: p.Packet) -> None:
        """Do what the conductor asks."""
        match packet:
            case p.Open():
                self._pen.open(packet)
            case p.Note():
                self._pen.note(packet)
            case p.Turn():
                self._pen.turn()
            case p.Close(cause=cause):
                self._pen.close(cause)
            case _:
                raise RefusedPacket(name_of(packet), "Nobody may ask custody for this.")

    def _welcome(self, caller: Caller, packet: p.Packet) -> None:
        if not isinstance(packet, p.Hello):
            raise RefusedPacket(name_of(packet), "A connection begins with hello.")
        self._doormen.check(packet.role, caller.user)
        if packet.role in {p.Role.CONDUCTOR, p.Role.LENS}:
            # The newest is the living one: the other was killed, or will be.
            for other in [c for c in self._callers.here if c.role is packet.role]:
                self._lose(other)
        caller.role = packet.role
        if packet.role is p.Role.LENS:
            self._pen.lens_began()
        self._callers.send(caller, self._pen.welcome())

    def _refuse(self, caller: Caller, asked: str, because: str) -> None:
        by = str(caller.role) if caller.role is not None else f"user {caller.user}"
        self._pen.refused(asked, by, because[: p.MAX_SENTENCE_CHARACTERS])
        self._callers.send(caller, p.Fault(because[: p.MAX_SENTENCE_CHARACTERS], asked))

    def _lose(self, caller: Caller) -> None:
        """Let a caller go, and do what its going means."""
        if caller not in self._callers.here:
            return
        self._drop(caller)
        if caller.role is p.Role.LENS:
            self._pen.lens_lost()
        elif caller.role is p.Role.CONDUCTOR:
            self._pen.conductor_lost()

    def _drop(self, caller: Caller) -> None:
        self._callers.here.remove(caller)
        self._selector.unregister(caller.link)
        caller.link.close()
