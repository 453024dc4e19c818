"""Admit: verify, then store, then receipt. Numbered as in docs/station.md; nobody skips a number.

1 bytes complete (incoming) · 2 digest equals the record · 3 decrypts · 4 clear digest, fragments
5 chain and heads · 6 archived, as read back from 2 to 4 · 7 entry · 8 head · 9 witnesses
10 receipt kept · 11 receipt sent. What is refused goes to quarantine; its receipt is never made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recorder.evidence.age import Identity
from recorder.evidence.head import parse_signed_head
from recorder.evidence.receipt import CustodyEntry, FiledFile, TlogProof
from recorder.evidence.words import CHAIN_FILE, unit_origin
from uplink.station import events
from uplink.station.admission.receipts import Claim, Registrar, UnitAhead
from uplink.station.admission.segment_check import (
    Opened,
    SegmentRefused,
    check_segment,
    files_of,
    unread,
)
from uplink.station.admission.unit_chain import BadLog, NamedSegment
from uplink.station.admission.unit_log import Forked, UnitLog, run_files
from uplink.station.authority.roll import IdentityRefused, Roll
from uplink.station.log.cosigners import QuorumMissing
from uplink.station.progress import Progress
from uplink.station.store.archive import Archive, ArchiveFailed
from uplink.station.store.durable import held, write_durably
from uplink.station.store.layout import Layout
from uplink.station.store.order_book import OrderBook
from uplink.station.store.quarantine import Proof, put_aside
from uplink.station.store.reading import Facts
from uplink.wire.messages import Refusal
from uplink.wire.orders import CommandLetter
from uplink.wire.proofs import AnchorLetter, ReceiptLetter

Answer = ReceiptLetter | AnchorLetter | CommandLetter | Refusal


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a journey brought, and what to do with it.

    `logs` are complete log and heads files where they lie; `files` are other offered files that
    are complete since the last time, or have a receipt already; `last` says that nothing more
    will come in this journey.
    """

    agency: str
    unit: str
    journey: str
    logs: Mapping[str, Path]
    files: frozenset[str]
    last: bool = False


@dataclass(slots=True)
class _UnitState:
    """A unit as this worker knows it; `since` is the station head that it has seen."""

    log: UnitLog
    journey: str = ""
    since: int = 0
    sent: set[int] = field(default_factory=set)
    owners_size: int = 0
    owners: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Admission:
    """Admits what arrived; one thread of a worker uses it, a lock per unit keeps others off."""

    layout: Layout
    archive: Archive
    registrar: Registrar
    roll: Roll
    orders: OrderBook
    identities: tuple[Identity, ...]
    utc: Callable[[], str]
    tell: Callable[[events.Event], None]
    send: Callable[[Arrived, Answer], None]
    facts_of: Callable[[Path], Facts | None] = unread
    progress: Progress = field(default_factory=Progress)
    _units: dict[str, _UnitState] = field(default_factory=dict)

    def admit(self, arrived: Arrived) -> None:
        """Admit what can be admitted now, and send each answer as soon as it is true.

        Raise LogUnusable when this station may not go on, and OSError when the disk does not
        take it; nothing was lost then, and the unit offers it again.
        """
        with held(self.layout.unit_lock(arrived.agency, arrived.unit), self.progress.waiting):
            try:
                state = self._follow(arrived)
                self._answer(arrived, state)
            except (IdentityRefused, BadLog, UnitAhead) as refusal:
                self._refuse_log(arrived, str(refusal), None)
            except Forked as fork:
                self._refuse_log(arrived, str(fork), fork.proof)
            except (QuorumMissing, ArchiveFailed) as missing:
                self.tell(events.ReceiptWithheld(arrived.unit, str(missing)))

    def _follow(self, arrived: Arrived) -> _UnitState:
        """5: the unit's identity, then its log, record by record and head by head."""
        state = self._state(arrived)
        chain = state.log.chain
        size, checks = chain.size, chain.checks
        if arrived.logs:
            state.log.extend(run_files(arrived.logs, state.log.archive_folder), self.archive)
        if chain.size > size:
            self.tell(events.LogFollowed(arrived.unit, chain.size))
        if chain.checks != checks:
            found = tuple(chain.checked.values())
            self.tell(events.self_checked(arrived.unit, found, chain.checked_utc))
        return state

    def _answer(self, arrived: Arrived, state: _UnitState) -> None:
        chain = state.log.chain
        fresh = arrived.journey != state.journey
        if fresh:
            state.journey, state.since = arrived.journey, chain.station_size
            state.sent.clear()
            self.registrar.catch_up()
        self._send_held(arrived, state)
        if fresh:
            self._greet(arrived, state)
        for named in self._candidates(arrived, state):
            files = files_of(named.body)
            if self._number_of(chain.origin, files) is None and self._all_here(arrived, files):
                try:
                    self._admit_segment(arrived, state, named)
                except SegmentRefused as refusal:
                    self._refuse_segment(arrived, refusal)
        if arrived.last:
            self._close_log(arrived, state)

    def _send_held(self, arrived: Arrived, state: _UnitState) -> None:
        """Send the receipts of what is offered though it has one: oldest first, as they left."""
        numbers: set[int] = set()
        for named in self._candidates(arrived, state):
            files = files_of(named.body)
            number = self._number_of(state.log.chain.origin, files)
            if number is not None:
                numbers.add(number)
                self._clear_incoming(arrived, files)
        for number in sorted(numbers):
            self._send_again(arrived, state, number)

    def _greet(self, arrived: Arrived, state: _UnitState) -> None:
        """Begin a journey: the newest receipt, if the unit's log lacks it; an anchor; orders."""
        chain = state.log.chain
        size = self.registrar.index.receipted_size(chain.origin)
        newest = self.registrar.index.entry_at(chain.origin, size)
        if newest is not None and size not in {one.size for one in chain.filed}:
            self._send_again(arrived, state, newest)
        if chain.size and self.registrar.log.size > chain.anchored_size:
            # "Not before": what the unit records from now on came after this head.
            anchor = self.registrar.anchor(state.since)
            state.since = max(state.since, self.registrar.log.size)
            self.send(arrived, anchor)
        for order in self.orders.pending(arrived.unit, self.utc()):
            self.send(arrived, CommandLetter(order.note))
            self.tell(events.OrderSent(arrived.unit, order.number))

    def _send_again(self, arrived: Arrived, state: _UnitState, number: int) -> None:
        if number not in state.sent:
            letter = self.registrar.again(number, state.since)
            self._send_receipt(arrived, state, letter, number)

    def _admit_segment(self, arrived: Arrived, state: _UnitState, named: NamedSegment) -> None:
        segment, chain = named.body, state.log.chain
        moved = self.progress.moved
        opened = Opened(lambda one: self._path(arrived, one), self.identities, self.facts_of, moved)
        files = files_of(segment)
        for one in files:
            self.archive.forget(self._path(arrived, one.file))
        self.archive.step("admit: before 2 (read back)")
        # 2, 3, 4; 5 was before: only a record of the followed log names a file at all.
        check_segment(segment, opened, lambda epoch: chain.standing_key(named.run, epoch))
        where = (arrived.unit, segment.recording, segment.segment)
        self.tell(events.Verified(*where, segment.media.length))
        for one in files:
            self.archive.step("admit: before 6 (archive)")
            final = self.layout.archived(arrived.agency, arrived.unit, one.file)
            self.archive.store(self._path(arrived, one.file), final, one.sha256)  # 6
        self.tell(events.Archived(*where))
        size = self._free_size(chain.origin, named.seq + 1, chain.size)
        if size is None:
            return  # every size is taken; the record of the last receipt brings the next one
        claim = Claim(chain.origin, size, chain.root_at(size), files)
        self._claim(arrived, state, claim)
        self._clear_incoming(arrived, files)

    def _claim(self, arrived: Arrived, state: _UnitState, claim: Claim) -> None:
        number, letter = self.registrar.receipt_for(claim, state.since)  # 7, 8, 9, 10
        self.archive.step("admit: before 11 (send)")
        self._send_receipt(arrived, state, letter, number)  # 11

    def _close_log(self, arrived: Arrived, state: _UnitState) -> None:
        """Receipt the end of the log, where it says more than that receipts were filed."""
        chain = state.log.chain
        if chain.asking_size <= self.registrar.index.receipted_size(chain.origin):
            return
        claim = Claim(chain.origin, chain.size, chain.root_at(chain.size), ())
        self._claim(arrived, state, claim)

    def _send_receipt(
        self, arrived: Arrived, state: _UnitState, letter: ReceiptLetter, number: int
    ) -> None:
        state.sent.add(number)
        proof = TlogProof.parse(letter.proof.encode())
        state.since = parse_signed_head(proof.checkpoint).head.size
        quorum = self.registrar.policy.quorum
        self.tell(events.Logged(arrived.unit, state.since, quorum))
        self.send(arrived, letter)
        size = CustodyEntry.parse(proof.extra).size
        self.tell(events.ReceiptSent(arrived.unit, size, letter.files))

    def _refuse_log(self, arrived: Arrived, sentence: str, proof: Proof | None) -> None:
        names = tuple(arrived.logs) or (CHAIN_FILE,)
        folder = self.layout.quarantine(arrived.agency, arrived.unit)
        for file in names:
            source = arrived.logs.get(file, self._incoming(arrived, file))
            place = ""
            if source.exists():
                place = put_aside(folder, file, source, sentence, utc=self.utc(), proof=proof).name
                source.unlink()
            self.tell(events.RefusedFile(arrived.unit, file, sentence, place))
            self.send(arrived, Refusal(arrived.journey, file, sentence))

    def _refuse_segment(self, arrived: Arrived, refusal: SegmentRefused) -> None:
        """Put the blamed file aside; without it no file of the segment gets a receipt."""
        sentence = f"{refusal.file} is refused: {refusal}"
        source = self._incoming(arrived, refusal.file)
        place = ""
        if source.exists():
            folder = self.layout.quarantine(arrived.agency, arrived.unit)
            place = put_aside(folder, refusal.file, source, sentence, utc=self.utc()).name
            source.unlink()
        self.tell(events.RefusedFile(arrived.unit, refusal.file, sentence, place))
        self.send(arrived, Refusal(arrived.journey, refusal.file, sentence))

    def _state(self, arrived: Arrived) -> _UnitState:
        agency, unit = arrived.agency, arrived.unit
        identity = self.roll.identity(agency, unit)
        brought = self._incoming(arrived, CHAIN_FILE)
        if brought.exists():
            chain = brought.read_bytes()
            self.roll.check_chain(agency, unit, chain)
            write_durably(self.layout.archived(agency, unit, CHAIN_FILE), chain)
            brought.unlink()
        origin = unit_origin(agency, unit)
        state = self._units.get(origin)
        if state is None:
            log = UnitLog.empty(origin, identity, self.layout.archive(agency, unit))
            state = self._units[origin] = _UnitState(log)
        try:
            state.log.catch_up()
        except BadLog as damage:
            raise ArchiveFailed(
                f"the archive's copy of the log of {unit} is damaged ({damage}); restore it"
            ) from damage
        return state

    def _candidates(self, arrived: Arrived, state: _UnitState) -> list[NamedSegment]:
        chain = state.log.chain
        for seq, named in chain.segments.items():
            if seq >= state.owners_size:
                state.owners.update((one.file, seq) for one in files_of(named.body))
        state.owners_size = chain.size
        wanted = {state.owners[file] for file in arrived.files if file in state.owners}
        return [chain.segments[seq] for seq in sorted(wanted)]

    def _number_of(self, origin: str, files: tuple[FiledFile, ...]) -> int | None:
        first = files[0]
        return self.registrar.index.entry_of(origin, first.file, first.sha256)

    def _clear_incoming(self, arrived: Arrived, files: tuple[FiledFile, ...]) -> None:
        for one in files:
            self._incoming(arrived, one.file).unlink(missing_ok=True)

    def _free_size(self, origin: str, lowest: int, highest: int) -> int | None:
        """Return the first size that no receipt has: a unit files one receipt for each size."""
        for size in range(lowest, highest + 1):
            if self.registrar.index.entry_at(origin, size) is None:
                return size
        return None

    def _all_here(self, arrived: Arrived, files: tuple[FiledFile, ...]) -> bool:
        return all(self._path(arrived, one.file).exists() for one in files)

    def _path(self, arrived: Arrived, file: str) -> Path:
        archived = self.layout.archived(arrived.agency, arrived.unit, file)
        return archived if archived.exists() else self._incoming(arrived, file)

    def _incoming(self, arrived: Arrived, file: str) -> Path:
        return self.layout.incoming(arrived.agency, arrived.unit) / file
