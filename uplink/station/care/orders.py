"""Giving an order: signed by the command key, told by the station's log, and only then sent.

Effects of `give`: 1 the note lies as a draft · 2 the entry is in the log, cosigned · 3 the note may
be sent. A crash before 2 leaves a draft that never leaves, and its number is not used again; one
before 3 an entry that says more than happened, never less. Names stand in the note alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.evidence.command import Command, sign_command
from recorder.evidence.moment import utc_ms
from recorder.evidence.sidecar import Officers
from recorder.evidence.words import digest, station_origin, unit_origin
from uplink.station.admission.receipts import Registrar
from uplink.station.log.changes import Change, What, parse_change
from uplink.station.steps import Step
from uplink.station.store.durable import held
from uplink.station.store.layout import Layout
from uplink.station.store.order_book import Given, OrderBook, Taken


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants ordered, of one unit; `officers` None asks for a self-check."""

    unit: str
    officers: Officers | None
    since: str
    until: str
    by: str
    reason: str


@dataclass(slots=True)
class Desk:
    """Gives orders, one at a time in the whole station."""

    layout: Layout
    agency: str
    private: Ed25519PrivateKey
    registrar: Registrar
    random: Callable[[int], bytes]
    step: Step

    def give(self, asked: Asked, utc: str) -> tuple[int, int]:
        """Give an order; return its number and that of its entry in the log.

        Raise Malformed if no unit would take it, QuorumMissing if too few witnesses confirm that
        it was given: then it is not sent.
        """
        book = OrderBook(self.layout, self.agency)
        origin = unit_origin(self.agency, asked.unit)
        with held(self.layout.locks / "orders"):
            number = book.next_number(asked.unit)
            salt = self.random(16).hex()
            command = Command(origin, number, asked.since, asked.until, asked.officers, salt)
            note = sign_command(command, self.private)
            self.step("order: before 1 (draft)")
            book.draft(asked.unit, number, note)  # 1
            self.step("order: before 2 (entry)")
            reason = f"{_what(number, command.what, digest(note))} {asked.reason}".rstrip()
            station = station_origin(self.agency)
            change = Change(What.ORDER, origin, (), asked.by, reason, station, utc)
            entry = self.registrar.enter(change)  # 2
            self.step("order: before 3 (may be sent)")
            book.give(asked.unit, number)  # 3
        return number, entry


class How(Enum):
    """How an order stands, in the words of whoever gave it."""

    OBEYED = "已执行 obeyed"
    WAITING = "待取 on its way"
    EARLY = "未到时间 not yet to be taken"
    LATE = "过期未取 not taken in time"
    PASSED = "未执行，后号已取 not obeyed, a later one was"
    OTHER = "同号不同令 the unit states another order under this number"


@dataclass(frozen=True, slots=True)
class Standing:
    """An order, who gave it, and how it stands by the unit's own verified log."""

    given: Given
    by: str
    how: How
    taken: Taken | None


def standings(registrar: Registrar, book: OrderBook, unit: str, utc: str) -> Iterator[Standing]:
    """Say of each order of a unit how it stands, the oldest first."""
    log, gave = unit_origin(book.agency, unit), {}
    for _number, line in registrar.index.changes():
        change = parse_change(line)
        if change is not None and change.what is What.ORDER and change.log == log:
            gave[" ".join(change.reason.split(" ")[:3])] = change.by
    taken = book.taken(unit)
    newest, now_ms = max(taken, default=0), utc_ms(utc)
    for one in book.given(unit):
        command, stated = one.signed.command, taken.get(one.number)
        if stated is not None:
            how = How.OBEYED if stated.sha256 == one.signed.sha256 else How.OTHER
        elif one.number < newest:
            how = How.PASSED
        elif now_ms < utc_ms(command.since):
            how = How.EARLY
        else:
            how = How.WAITING if now_ms < utc_ms(command.until) else How.LATE
        by = gave.get(_what(one.number, command.what, one.signed.sha256), "-")
        yield Standing(one, by, how, stated)


def _what(number: int, what: str, sha256: str) -> str:
    """Name an order in the log: which one, for what, and by which digest it is known."""
    return f"{number} {what} {sha256}"
