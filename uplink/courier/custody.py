"""The way to custody over its socket (docs/handover.md, "From the courier")."""

import selectors
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from recorder.evidence.words import base64_text
from recorder.handover.connection import Link
from recorder.handover.errors import LinkFull, LinkLost, RefusedPacket
from recorder.handover.orders import Command
from recorder.handover.packets import (
    AnchorOffer,
    Fault,
    Filed,
    Hello,
    Journey,
    Packet,
    ReceiptOffer,
    Role,
    StationTime,
    Welcome,
)
from uplink.courier.filing import FilingLost, FilingRefused
from uplink.wire.orders import CommandLetter
from uplink.wire.proofs import AnchorLetter, ReceiptLetter

Wanted = TypeVar("Wanted", Filed, Welcome)


@dataclass(slots=True)
class CustodyFiling:
    """A Filing that asks custody at `socket`, and connects anew after it was lost."""

    socket: Path
    seconds: Callable[[], float]
    answer_seconds: float = 10.0
    _link: Link | None = field(default=None)

    def receipt(self, letter: ReceiptLetter) -> int:
        """Return the number of the record that files it. Raise FilingRefused or FilingLost."""
        proof_hashes = tuple(base64_text(one) for one in letter.consistency)
        return self._ask(ReceiptOffer(letter.proof, proof_hashes, letter.since))

    def anchor(self, letter: AnchorLetter) -> int:
        """Return the number of the record that files it. Raise FilingRefused or FilingLost."""
        proof_hashes = tuple(base64_text(one) for one in letter.consistency)
        return self._ask(AnchorOffer(letter.checkpoint, proof_hashes, letter.since))

    def command(self, letter: CommandLetter) -> int:
        """Return the number of the record that states it. Raise FilingRefused or FilingLost."""
        return self._ask(Command(letter.note))

    def tell_time(self, utc: str) -> None:
        """Pass on what the station's clock showed; there is no answer. Raise FilingLost."""
        self._say(StationTime(utc))

    def say(self, journey: Journey) -> None:
        """Pass on how the way home goes; there is no answer. Raise FilingLost."""
        self._say(journey)

    def _say(self, word: Packet) -> None:
        try:
            (self._link or self._connect()).send(word)
        except (LinkLost, LinkFull, RefusedPacket) as loss:
            self.close()
            raise FilingLost(f"custody does not hear at {self.socket} ({loss})") from loss

    def close(self) -> None:
        """Let custody go."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _ask(self, question: Packet) -> int:
        try:
            link = self._link or self._connect()
            link.send(question)
            answer = self._await(link, Filed)
        except (LinkLost, LinkFull, RefusedPacket) as loss:
            self.close()
            raise FilingLost(
                f"custody does not answer at {self.socket} ({loss}); is it running?"
            ) from loss
        if isinstance(answer, Fault):
            raise FilingRefused(f"custody did not file it: {answer.sentence}")
        return answer.seq

    def _connect(self) -> Link:
        link = Link.connect(self.socket)
        self._link = link
        link.send(Hello(Role.COURIER))
        answer = self._await(link, Welcome)
        if isinstance(answer, Fault):
            raise LinkLost(answer.sentence)
        return link

    def _await(self, link: Link, kind: type[Wanted]) -> Wanted | Fault:
        deadline_seconds = self.seconds() + self.answer_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(link, selectors.EVENT_READ)
            while (left_seconds := deadline_seconds - self.seconds()) > 0:
                selector.select(left_seconds)
                packet = link.receive()
                if isinstance(packet, kind):
                    return packet
                if isinstance(packet, Fault):
                    return packet
        raise LinkLost(f"no answer within {self.answer_seconds:g} s")
