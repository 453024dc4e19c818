"""One worker's journeys: offers in, grants out, chunks onto the disk, complete files to admission.

It promises bounded memory: a unit may send what its credit says, and credit is what fits into the
worker's window. Pure of threads and of the broker: letters go in, letters come out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from recorder.evidence.errors import EvidenceError
from recorder.evidence.words import CHAIN_FILE, unit_origin
from uplink.station import events
from uplink.station.admission.admit import Arrived
from uplink.station.authority.roll import IdentityRefused, Roll
from uplink.station.intake.answers import ack, grant, refused, stored
from uplink.station.intake.journeys import Coming, Journey, Limits, is_film, is_log, part_name
from uplink.station.log.index import Index
from uplink.station.store.durable import is_full
from uplink.station.store.incoming import (
    Part,
    Readers,
    TakenOver,
    WrongDigest,
    WrongPlace,
    begin_log,
    file_digest,
    take_over,
)
from uplink.station.store.layout import Layout
from uplink.station.store.quarantine import put_aside
from uplink.wire.chunks import parse_chunk
from uplink.wire.messages import Offer, OfferedFile, Wanted
from uplink.wire.post import Letter
from uplink.wire.standing import State
from uplink.wire.topics import STATION, Kind, Topic, parse_topic

_LOG_MAX_BYTES = 256 * 1024 * 1024


@dataclass(slots=True)
class Ingest:
    """All journeys of one worker; one thread calls it."""

    worker: str
    layout: Layout
    index: Index
    roll: Roll
    limits: Limits
    utc: Callable[[], str]
    tell: Callable[[events.Event], None]
    publish: Callable[[Letter], None]
    admit: Callable[[Arrived], None]
    room: Callable[[], int]
    first_handle: int
    readers: Readers | None = None
    greet: Callable[[str], None] = lambda _unit: None
    _journeys: dict[tuple[str, str], Journey] = field(default_factory=dict)
    _handles: int = 0

    def take(self, letter: Letter) -> None:
        """Take one letter. OSError when the disk does not take its bytes."""
        try:
            topic = parse_topic(letter.topic)
            self._take(topic, letter)
        except EvidenceError as error:
            self.tell(events.LetterIgnored(letter.topic[:100], str(error)))

    def _take(self, topic: Topic, letter: Letter) -> None:
        key = (topic.agency, topic.unit)
        try:
            match topic.kind:
                case Kind.CHUNK:
                    self._chunk(topic, letter.payload)
                case Kind.OFFER:
                    self._offer(topic, Offer.parse(letter.payload))
                case Kind.STATE if topic.unit != STATION:
                    state = State.parse(letter.payload)
                    self.tell(events.unit_seen(topic.unit, state))
                    journey = self._journeys.get(key)
                    if journey is not None and journey.coming and not state.up:
                        self.tell(events.pulled(topic.unit, len(journey.coming)))
                    goes_on = journey is not None and state.journey == journey.number
                    if not (state.up and (letter.retained or goes_on)):
                        # Gone, or about to offer anew, to whichever worker.
                        self._forget(key)
        except TakenOver:
            self._forget(key)
        except OSError as error:
            if not is_full(error):
                raise
            self._forget(key)
            self.tell(events.archive_full(topic.unit))

    def settle(self) -> None:
        """Nothing comes any more: acknowledge what came, and hand complete files to admission.

        While chunks come, each half of a window is acknowledged by itself.
        """
        for journey in self._journeys.values():
            if journey.received > journey.acked:
                self._ack(journey)
        self.hand_over()

    def hand_over(self) -> None:
        """Hand complete files to admission, once every log file of their offer is here."""
        for journey in self._journeys.values():
            if journey.touched and journey.logs_complete:
                self._hand_over(journey)

    def _offer(self, topic: Topic, offer: Offer) -> None:
        key = (topic.agency, topic.unit)
        self._forget(key)
        if self.room() < self.limits.least_bytes:
            self.tell(events.archive_full(topic.unit))
            return
        journey = Journey(*key, offer.journey, {one.file: one for one in offer.files})
        try:
            self.roll.identity(*key)
        except IdentityRefused as refusal:
            self.tell(events.RefusedFile(topic.unit, "", str(refusal), ""))
            for one in offer.files:
                self.publish(refused(journey, one.file, str(refusal)))
            return
        self._journeys[key] = journey
        want: list[Wanted] = []
        have: list[str] = []
        whole: list[int] = []
        for one in offer.files:
            if is_log(one.file) and one.length > _LOG_MAX_BYTES:
                self.publish(
                    refused(journey, one.file, f"{one.file} is longer than any log of a unit")
                )
                del journey.offered[one.file]
                continue
            if self._has(journey, one):
                have.append(one.file)
                continue
            wanted = self._want(journey, one)
            want.append(wanted)
            if wanted.offset == one.length:
                whole.append(wanted.handle)
        self._raise_credit(journey)
        self.publish(grant(journey, self.worker, tuple(want), tuple(have), self.utc()))
        for handle in whole:
            self._completed(journey, handle)
        if not want:
            self.greet(topic.unit)  # there is nothing to admit, and admission would do it

    def _forget(self, key: tuple[str, str]) -> None:
        """End a journey: its handles are worth nothing any more, its bytes stay."""
        journey = self._journeys.pop(key, None)
        if journey is not None:
            for coming in journey.coming.values():
                coming.part.close()

    def _has(self, journey: Journey, one: OfferedFile) -> bool:
        """Whether nothing of a file needs to travel, and nothing needs to be looked at again."""
        archived = self.layout.archived(journey.agency, journey.unit, one.file)
        if is_log(one.file) or one.file == CHAIN_FILE:
            if not archived.exists() or archived.stat().st_size < one.length:
                return False
            if file_digest(archived, one.length) != one.sha256:
                return False
            if is_log(one.file):
                journey.logs[one.file] = archived
            return True
        origin = unit_origin(journey.agency, journey.unit)
        if self.index.entry_of(origin, one.file, one.sha256) is None:
            return False
        journey.ready.add(one.file)
        return True

    def _want(self, journey: Journey, one: OfferedFile, *, afresh: bool = False) -> Wanted:
        final = self._incoming(journey, one.file)
        archived = self.layout.archived(journey.agency, journey.unit, one.file)
        path, others = (final.with_name(part_name(one, who)) for who in (self.worker, "*"))
        if is_log(one.file):
            begin_log(path, others.name, archived, one.length, afresh=afresh)
        elif not path.exists():
            whole = archived if archived.exists() else final
            if whole.exists() and whole.stat().st_size == one.length:
                return self._wanted_whole(journey, one)
            take_over(path, others.name)
        sealed = not is_log(one.file) and one.file != CHAIN_FILE
        part = Part(path, one, sealed=sealed, readers=self.readers if is_film(one.file) else None)
        self._handles += 1
        handle = (self.first_handle + self._handles) % 2**32 or 1
        journey.coming[handle] = Coming(part, part.offset)
        return Wanted(handle, one.file, part.offset)

    def _wanted_whole(self, journey: Journey, one: OfferedFile) -> Wanted:
        """Ask for no bytes of a file that is here; admission checks it again."""
        journey.ready.add(one.file)
        self._handles += 1
        handle = (self.first_handle + self._handles) % 2**32 or 1
        return Wanted(handle, one.file, one.length)

    def _chunk(self, topic: Topic, payload: bytes) -> None:
        journey = self._journeys.get((topic.agency, topic.unit))
        if journey is None:
            return
        chunk = parse_chunk(payload)
        size_bytes = len(chunk.data)
        coming = journey.coming.get(chunk.handle)
        if coming is None:
            # Of an older handle: its bytes count as sent, and are not looked at.
            journey.received += size_bytes
            return
        # Bytes that were lost on the way count as sent, or credit would run dry.
        journey.received += max(chunk.offset - coming.sent_until, 0) + size_bytes
        coming.sent_until = chunk.offset + size_bytes
        if journey.received > journey.credit + self.limits.window_bytes:
            self.tell(events.LetterIgnored(str(topic), "the unit sends beyond its credit"))
            return
        try:
            coming.part.write(chunk.offset, chunk.data)
        except WrongPlace as wrong:
            file = coming.part.offered.file
            sentence = (
                f"a chunk of {file} came from byte {chunk.offset} on, and {wrong}: it was lost, "
                "doubled or out of order on the way, and is asked for again"
            )
            self.tell(events.Misplaced(journey.unit, sentence))
            self._again(journey, chunk.handle)
            return
        if coming.went_on():
            self.tell(events.Arriving(journey.unit, coming.part.offered.file, coming.told_percent))
        if coming.part.complete:
            self._completed(journey, chunk.handle)
        if journey.received - journey.acked >= self._window(journey) // 2:
            self._ack(journey)

    def _again(self, journey: Journey, handle: int, *, afresh: bool = False) -> None:
        """Ask for a file again, under a new handle, so that what is under way is recognised."""
        coming = journey.coming.pop(handle)
        coming.part.close()
        wanted = self._want(journey, coming.part.offered, afresh=afresh)
        self._raise_credit(journey)
        self.publish(grant(journey, self.worker, (wanted,), (), self.utc()))

    def _completed(self, journey: Journey, handle: int) -> None:
        coming = journey.coming.pop(handle, None)
        if coming is None:
            return
        part, one = coming.part, coming.part.offered
        try:
            part.check_digest()
        except WrongDigest as wrong:
            journey.coming[handle] = coming
            self._wrong(journey, handle, str(wrong))
            return
        if is_log(one.file):
            journey.logs[one.file] = part.path
        else:
            part.name(self._incoming(journey, one.file))
            journey.ready.add(one.file)
        part.close()
        journey.touched = True
        self.publish(stored(journey, one))

    def _wrong(self, journey: Journey, handle: int, sentence: str) -> None:
        """Keep what arrived damaged; of a log ask for every byte once, since it may be a fork."""
        part = journey.coming[handle].part
        file = part.offered.file
        archived = self.layout.archived(journey.agency, journey.unit, file)
        if is_log(file) and archived.exists() and file not in journey.ready:
            journey.ready.add(file)
            self._again(journey, handle, afresh=True)
            return
        del journey.coming[handle]
        part.close()
        folder = self.layout.quarantine(journey.agency, journey.unit)
        place = put_aside(folder, file, part.path, sentence, utc=self.utc())
        part.path.unlink()
        self.tell(events.RefusedFile(journey.unit, file, sentence, place.name))
        self.publish(refused(journey, file, sentence))
        del journey.offered[file]
        journey.touched = True

    def _hand_over(self, journey: Journey) -> None:
        journey.touched = False
        files = frozenset(file for file in journey.ready if not is_log(file))
        journey.ready -= files
        whence = (journey.agency, journey.unit, journey.number)
        self.admit(Arrived(*whence, dict(journey.logs), files, last=not journey.coming))

    def _ack(self, journey: Journey) -> None:
        self._raise_credit(journey)
        journey.acked = journey.received
        self.publish(ack(journey))

    def _raise_credit(self, journey: Journey) -> None:
        journey.credit = max(journey.credit, journey.received + self._window(journey))

    def _window(self, journey: Journey) -> int:
        moving = max(sum(1 for one in self._journeys.values() if one.coming), 1)
        return self.limits.window(journey.received, moving, self.room())

    def _incoming(self, journey: Journey, file: str) -> Path:
        return self.layout.incoming(journey.agency, journey.unit) / file
