"""What custody does for each caller: one recording at a time, from `open` to `closed`.

Knows no sockets: it is told what came, and says what goes to whom. All of it runs in one thread.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from recorder.custody.clock import StepWatch
from recorder.custody.errors import RefusedRequest
from recorder.custody.film import Bench, Film, FilmLost
from recorder.custody.ledger import LogLost
from recorder.custody.noting import booked, ending_of, start_of
from recorder.custody.quota import Quota
from recorder.custody.refusals import Refusals
from recorder.evidence.record import (
    Ending,
    InterruptCause,
    Record,
    Segment,
    Shutdown,
    Stop,
    StopCause,
)
from recorder.evidence.sidecar import Officers, side_line
from recorder.handover.errors import RefusedPacket
from recorder.handover.packets import (
    Closed,
    Full,
    Kept,
    Note,
    Open,
    Opened,
    Role,
    Sealed,
    Welcome,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.custody.piece import Piece
    from recorder.custody.space import Space
    from recorder.evidence.record import Body
    from recorder.evidence.sidecar import CommandNote
    from recorder.evidence.standing import Standing
    from recorder.handover.packets import FromCustody

END_WAIT_MS = 2000
LOOK_MS = 1000


class Lens(enum.Enum):
    """How the lens stands towards the recording that is open."""

    ABSENT = enum.auto()
    FILMING = enum.auto()
    ENDED = enum.auto()


class Pen:
    """The one thing that writes evidence."""

    def __init__(
        self, bench: Bench, space: Space, sync_ms: int, say: Callable[[Role, FromCustody], None]
    ) -> None:
        self._bench = bench
        self._ledger = bench.ledger
        self._clock = bench.clock
        self._space = space
        self._sync_ms = sync_ms
        self._say = say
        self._film: Film | None = None
        self._lens = Lens.ABSENT
        self._lens_pieces = 0
        self._closing: StopCause | None = None
        self._close_by_ms = 0
        now = self._clock.now()
        self._sync_at_ms = self._look_at_ms = now.boottime_ms
        self._steps = StepWatch(now)
        self._refusals = Refusals()
        self._quota = Quota()
        self._ledger.before_epoch = self._before_epoch

    def welcome(self) -> Welcome:
        """Say how custody stands."""
        history, because = self._ledger.history, ""
        try:
            self._space.check_room()
        except RefusedRequest as refusal:
            because = str(refusal)
        return Welcome(
            origin=self._ledger.origin,
            run=self._ledger.run,
            open=history.open.number if history.open else 0,
            interrupted=history.interrupted,
            last_ms=history.last_picture_ms if history.interrupted else 0,
            ended_by=history.ended_by if history.interrupted else "",
            next=history.last_recording + 1,
            fit=not because,
            because=because,
            minutes_left=self._space.forecast().minutes_left,
            clock=self._clock.now().source,
        )

    def open(self, asked: Open, ordered: CommandNote | None) -> None:
        """Begin a recording; RefusedRequest if one is open or there is no room.

        `ordered` is the command by which its officers are bound, if one is.
        """
        history = self._ledger.history
        if self._film is not None:
            raise RefusedRequest(f"Recording {self._film.recording} is open; close it first.")
        if asked.continues > history.last_recording:
            raise RefusedRequest(f"There is no recording {asked.continues} to continue.")
        self._space.check_room()
        number = history.last_recording + 1
        self.commit(start_of(asked, number))
        officers = Officers(asked.officers.names, asked.officers.numbers)
        bound = (officers,) if ordered is None else (officers, ordered)
        self._film = Film(self._bench, number, bound, self._sealed)
        if self._lens is Lens.ENDED:
            self._lens = Lens.FILMING  # its end was that of the recording before
        self._say(Role.CONDUCTOR, Opened(number, 1))

    def lens_began(self) -> None:
        """A lens has connected."""
        self._lens, self._lens_pieces = Lens.FILMING, 0

    def keep(self, piece: Piece) -> None:
        """Take a piece; RefusedPacket if the film cannot go on with it.

        What comes while no recording is open is dropped, and never called kept.
        """
        if self._film is None:
            return
        if self._lens is not Lens.FILMING:
            raise RefusedPacket("keep", "This lens has said that nothing more will come.")
        self._quota.take(len(piece.media), self._clock.now().boottime_ms)
        try:
            self._film.keep(piece)
        except FilmLost as loss:
            self._give_up(loss)
            return
        self._lens_pieces += 1
        self._space.wrote(len(piece.media), self._clock.now())
        if not self._film.dirty:
            self._tell_kept()

    def lens_ended(self) -> None:
        """The lens will send no more for this recording; close if that was waited for."""
        self._sync()
        self._lens = Lens.ENDED
        if self._closing is not None:
            self._end(self._closing)

    def lens_lost(self) -> None:
        """The lens is gone; if it has not ended, what it gave is sealed."""
        was, self._lens = self._lens, Lens.ABSENT
        if was is not Lens.FILMING:
            return
        if self._closing is not None:
            self._end(self._closing)
        elif self._film is not None:
            self._seal(self._film, Ending.INTERRUPTED, InterruptCause.CAPTURE_LOST)

    def conductor_lost(self) -> None:
        """Nobody leads any more: the recording ends."""
        if self._film is not None:
            self._end(self._closing or StopCause.CAPTURE_LOST)

    def note(self, note: Note) -> None:
        """Write down what capture noted; RefusedRequest for what needs an open recording."""
        film = self._film
        body, beside = booked(note, film.recording if film else 0)
        if body is not None:
            self.commit(body)
        if beside is not None and film is not None:
            self._beside(film, side_line(beside, self._clock.now().boottime_ms))

    def turn(self) -> None:
        """The next piece that opens a file begins a new segment, as it would without asking."""
        if self._film is None:
            raise RefusedRequest("There is no open recording whose segment could end.")

    def close(self, cause: StopCause) -> None:
        """End the recording as soon as the lens has ended, or in 2 s."""
        if self._film is None:
            raise RefusedRequest("There is no open recording to close.")
        self._closing = cause
        self._close_by_ms = self._clock.now().boottime_ms + END_WAIT_MS
        if self._lens is not Lens.FILMING:
            self._end(cause)

    def refused(self, asked: str, by: str, because: str) -> None:
        """Remember that somebody asked for what is not done; bounded by `refusals`."""
        record = self._refusals.record(asked, by, because, self._clock.now().boottime_ms)
        if record is not None:
            self.commit(record)

    def commit(self, body: Body) -> Record:
        """Write a record; also what another part of custody has decided on."""
        return self._ledger.commit(body)

    def tick(self) -> int:
        """Do what is due; give the milliseconds until something else will be."""
        now = self._clock.now()
        if now.boottime_ms >= self._sync_at_ms:
            self._sync()
            self._sync_at_ms = self._clock.now().boottime_ms + self._sync_ms
        if self._closing is not None and now.boottime_ms >= self._close_by_ms:
            self._end(self._closing)
        if now.boottime_ms >= self._look_at_ms:
            self._look()
            self._look_at_ms = now.boottime_ms + LOOK_MS
        due_ms = min(self._sync_at_ms, self._look_at_ms)
        return max(0, due_ms - self._clock.now().boottime_ms)

    def shut_down(self, reason: str) -> None:
        """End on purpose."""
        if self._film is not None:
            self._end(StopCause.CUSTODY_LOST)
        self.commit(Shutdown(reason))

    def _look(self) -> None:
        """Look after clock, card, epoch and space."""
        step = self._steps.look(self._clock.now())
        if step is not None:
            self.commit(step)
        slow = self._bench.pace.statement(self._clock.now().boottime_ms)
        if slow is not None:
            self.commit(slow)
        self._ledger.renew_if_due()
        if self._film is None:
            self._space.rest()
        minutes = self._space.news(self._clock.now())
        if minutes is not None:
            self._say(Role.CONDUCTOR, Full(minutes))
        if self._film is not None and not self._space.forecast().usable_bytes:
            self._end(StopCause.STORAGE)

    def _sync(self) -> None:
        film = self._film
        if film is None or not film.dirty:
            return
        try:
            film.sync()
        except FilmLost as loss:
            self._give_up(loss)
            return
        self._tell_kept()

    def _tell_kept(self) -> None:
        if self._lens is Lens.FILMING and self._lens_pieces:
            self._say(Role.LENS, Kept(self._lens_pieces))

    def _beside(self, film: Film, line: bytes) -> None:
        try:
            film.note(line)
        except FilmLost as loss:
            self._give_up(loss)

    def _seal(self, film: Film, ending: Ending, cause: InterruptCause) -> None:
        try:
            film.seal(ending, cause)
        except FilmLost as loss:
            self._give_up(loss)
            return
        self._tell_kept()

    def _end(self, cause: StopCause) -> None:
        """Seal what is open and write the end of the recording."""
        if self._film is not None:  # pragma: no branch - whoever ends has looked
            self._seal(self._film, *ending_of(cause))
        if self._film is not None:
            self._stop(cause)

    def _give_up(self, loss: FilmLost) -> None:
        """Nothing more can be kept: end the recording, and say so."""
        self._say(Role.CONDUCTOR, Full(0))
        self.refused("keep", "storage", str(loss))
        self._stop(StopCause.STORAGE)

    def _stop(self, cause: StopCause) -> None:
        """Write the end of a recording whose segments are all sealed."""
        self._film, self._closing = None, None
        open_recording = self._ledger.history.open
        if open_recording is None:  # pragma: no cover - a film begins behind its start record
            raise LogLost("A film has no recording in the log; it began before its start.")
        stop = Stop(open_recording.number, cause, open_recording.segments, open_recording.frames)
        record = self.commit(stop)
        self._say(Role.CONDUCTOR, Closed(stop.recording, record.seq))

    def _sealed(self, record: Record) -> None:
        seal = record.body
        if not isinstance(seal, Segment):  # pragma: no cover - a film tells of its seals only
            raise LogLost(f"Record {record.seq} seals no segment.")
        packet = Sealed(seal.recording, seal.segment, seal.ending, record.seq, seal.media.length)
        self._say(Role.CONDUCTOR, packet)
        self._say(Role.LENS, packet)

    def _before_epoch(self, sign: Callable[[Standing], bytes]) -> None:
        if self._film is not None:
            self._film.stand_for(sign)
