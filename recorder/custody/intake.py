"""The custody socket: who may connect, who may send what, and how each is answered.

Custody never waits for a peer: what a peer does not read is lost with its connection. A packet
that breaks a rule is answered, written down, and ends that connection; nothing kept before it is
touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recorder.custody.ears import Caller, Came, Ears, Garbled, Left, Said
from recorder.custody.errors import RefusedRequest
from recorder.evidence.errors import Malformed
from recorder.handover import packets as p
from recorder.handover.codec import name_of
from recorder.handover.errors import LinkFull, LinkLost, RefusedPacket
from recorder.handover.orders import Command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from recorder.custody.commands import Commands
    from recorder.custody.pen import Pen
    from recorder.custody.receipts import Receipts
    from recorder.custody.station_clock import StationClock

MAY: Mapping[p.Role, tuple[type[p.Packet], ...]] = {
    p.Role.CONDUCTOR: (p.Open, p.Note, p.Turn, p.Close),
    p.Role.LENS: (p.Keep, p.End),
    p.Role.COURIER: (p.ReceiptOffer, p.AnchorOffer, Command, p.Journey, p.StationTime),
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
    """Lets the pen do what was heard, in the order in which it came."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a part of custody of its own
        self,
        ears: Ears,
        doormen: Doormen,
        callers: Callers,
        pen: Pen,
        receipts: Receipts,
        commands: Commands,
        station_clock: StationClock,
    ) -> None:
        self._ears = ears
        self._doormen = doormen
        self._callers = callers
        self._pen = pen
        self._receipts = receipts
        self._commands = commands
        self._station_clock = station_clock
        self._journey: p.Journey | None = None  # what the courier said last; never written down

    def hear(self, wait_ms: int) -> None:
        """Wait at most so long, and do what was asked meanwhile."""
        for heard in self._ears.take(wait_ms):
            if isinstance(heard, Came):
                self._callers.here.append(heard.caller)
            else:
                self._attend(heard)
        while gone := self._callers.unreachable():
            for caller in gone:
                self._lose(caller)

    def _attend(self, heard: Said | Garbled | Left) -> None:
        caller = heard.caller
        try:
            match heard:
                case Said(packet=packet):
                    # What one sent that was let go meanwhile is not heard any more.
                    if caller in self._callers.here:
                        self._do(caller, packet)
                case Garbled(refusal=refusal):
                    raise refusal
                case Left():  # pragma: no branch - there is nothing else to hear
                    self._lose(caller)
        except RefusedPacket as refusal:
            self._refuse(caller, refusal.asked, str(refusal))
            self._lose(caller)
        finally:
            if isinstance(heard, Said):
                self._ears.done(heard)

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
            case Command():
                return self._commands.take(packet)
            case p.Journey():
                self._pass_on(packet)
            case p.StationTime(utc):
                self._write_time(utc)
            case _:
                self._lead(packet)
        return None

    def _lead(self, packet: p.Packet) -> None:
        """Do what the conductor asks."""
        match packet:
            case p.Open():
                self._pen.open(packet, self._commands.note_for(packet.officers))
            case p.Note():
                self._pen.note(packet)
            case p.Turn():
                self._pen.turn()
            case p.Close(cause=cause):
                self._pen.close(cause)
            case _:  # pragma: no cover - MAY lets the conductor ask for nothing else
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
        if packet.role is not p.Role.CONDUCTOR:
            self._callers.send(caller, self._pen.welcome())
            return
        # Whom to bind goes first: the conductor may open a recording as soon as it is welcome.
        first, then = self._commands.assignment(), (self._commands.check_due(), self._journey)
        for told in (first, self._pen.welcome(), *then):
            if told is not None:
                self._callers.send(caller, told)

    def _write_time(self, utc: str) -> None:
        """Write the station's time down as a claim, once an hour at most."""
        stated = self._station_clock.statement(utc)
        if stated is not None:
            self._pen.commit(stated)

    def _pass_on(self, journey: p.Journey) -> None:
        """Let the conductor know how the way home goes; custody itself does not act on it."""
        self._journey = journey
        self._callers.say(p.Role.CONDUCTOR, journey)

    def _refuse(self, caller: Caller, asked: str, because: str) -> None:
        by = str(caller.role) if caller.role is not None else f"user {caller.user}"
        self._pen.refused(asked, by, because[: p.MAX_SENTENCE_CHARACTERS])
        self._callers.send(caller, p.Fault(because[: p.MAX_SENTENCE_CHARACTERS], asked))

    def _lose(self, caller: Caller) -> None:
        """Let a caller go, and do what its going means."""
        if caller not in self._callers.here:
            return
        self._callers.here.remove(caller)
        self._ears.drop(caller)
        if caller.role is p.Role.LENS:
            self._pen.lens_lost()
        elif caller.role is p.Role.CONDUCTOR:
            self._pen.conductor_lost()
        elif caller.role is p.Role.COURIER and self._journey is not None:
            self._pass_on(replace(self._journey, dock=p.Dock.AWAY))
