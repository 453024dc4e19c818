"""The film of one recording: segment after segment, synced, sealed, and begun anew elsewhere.

After the first error a segment is never trusted again: it is sealed as it lies, and what was not
durable is written once more, from the newest key frame on, into the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.errors import CustodyError, NotOurs, StorageLost
from recorder.custody.sealer import CutSegment, seal_cut, seal_whole
from recorder.custody.segment import OpenSegment
from recorder.custody.standings import SignedStanding
from recorder.evidence.record import Ending, InterruptCause
from recorder.evidence.sidecar import SideHeader, side_header_line, side_line
from recorder.handover.errors import RefusedPacket

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.custody.ledger import Ledger
    from recorder.custody.pace import Pace
    from recorder.custody.piece import Piece
    from recorder.custody.segment import Encryption
    from recorder.custody.spool import Spool
    from recorder.custody.standings import Standings
    from recorder.evidence.moment import Clock
    from recorder.evidence.record import Record
    from recorder.evidence.sidecar import SideEntry
    from recorder.evidence.standing import Standing

# What comes between two segments waits for the next; more than this is not waited with.
MAX_WAITING_LINES = 256
MAX_UNSYNCED_BYTES = 4 * 1024 * 1024
MAX_HELD_BYTES = 16 * 1024 * 1024


class FilmLost(CustodyError):
    """Neither this segment nor the next could be written; what there is, is sealed."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where films are made: the tools that all segments share."""

    spool: Spool
    ledger: Ledger
    standings: Standings
    encryption: Encryption
    clock: Clock
    pace: Pace


class Film:
    """One recording's film; `dirty` while something of it is not yet durable."""

    def __init__(
        self,
        bench: Bench,
        recording: int,
        bound: tuple[SideEntry, ...],
        on_sealed: Callable[[Record], None],
    ) -> None:
        self.recording = recording
        self.dirty = False
        self._bench = bench
        self._bound = bound  # with this each sidecar begins
        self._on_sealed = on_sealed
        self._number = 0
        self._segment: OpenSegment | None = None
        self._stood: SignedStanding | None = None
        self._waiting: list[bytes] = []
        # From the newest durable key frame on: what a new segment would begin with.
        self._opener: Piece | None = None
        self._held: list[Piece] = []
        self._unsynced_bytes = 0

    def keep(self, piece: Piece) -> None:
        """Take a piece; one that opens a file seals the segment before and begins the next.

        RefusedPacket if there is no file that it could continue; FilmLost.
        """
        if piece.opens:
            self.seal(Ending.TURN, InterruptCause.NONE)
            self._opener, self._held = piece, []
        elif self._segment is None:
            raise RefusedPacket("keep", "The first piece of a film must open it: ftyp and moov.")
        self._held.append(piece)
        try:
            self._append(self._segment or self._begin(), piece)
        except StorageLost:
            self._begin_elsewhere()
        if self._unsynced_bytes > MAX_UNSYNCED_BYTES:
            self.sync()

    def note(self, line: bytes) -> None:
        """Take a line for the sidecar; between two segments it waits for the next."""
        if self._segment is None:
            self._waiting = [*self._waiting[-MAX_WAITING_LINES + 1 :], line]
            return
        self.dirty = True
        try:
            self._segment.note(line)
        except StorageLost:
            self._begin_elsewhere().note(line)

    def sync(self) -> None:
        """Return when everything taken is durable and signed; FilmLost if it never will be."""
        if not self.dirty or self._segment is None:
            return
        try:
            self._stand(self._segment)
        except StorageLost:
            self._begin_elsewhere()

    def seal(self, ending: Ending, cause: InterruptCause) -> None:
        """Seal the open segment, if there is one; FilmLost if what it held is not all there."""
        self.sync()
        segment = self._segment
        if segment is None:
            return
        try:
            record = seal_whole(segment, self._bench.spool, self._bench.ledger, ending, cause)
        except StorageLost:
            # Everything is in the last standing, so nothing has to be written again.
            self._cut(segment)
        else:
            self._forget()
            self._on_sealed(record)

    def stand_for(self, sign: Callable[[Standing], bytes]) -> None:
        """Keep the last standing once more, signed by the key of the epoch that is to begin."""
        if self._stood is None:
            return
        stood = self._stood.stood
        try:
            self._bench.standings.keep(stood, sign(stood.standing))
        except StorageLost:
            self.dirty = True  # the next sync meets the same error, and begins elsewhere

    def _begin(self) -> OpenSegment:
        self._number += 1
        b = self._bench
        header = side_header_line(SideHeader(b.ledger.origin, self.recording, self._number))
        now_ms = b.clock.now().boottime_ms
        bound = b"".join(side_line(entry, now_ms) for entry in self._bound)
        segment = OpenSegment(self.recording, self._number, b.spool, b.encryption, header + bound)
        self._segment = segment
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            segment.note(line)
        self.dirty = True
        return segment

    def _append(self, segment: OpenSegment, piece: Piece) -> None:
        segment.keep(piece)
        self.dirty = True
        self._unsynced_bytes += len(piece.media)

    def _stand(self, segment: OpenSegment) -> None:
        """Order of effects: film, sidecar, then the standing that speaks of both."""
        b = self._bench
        began_ms = b.clock.now().boottime_ms
        stood = segment.stand()
        note = b.ledger.sign_standing(stood.standing)
        b.standings.keep(stood, note)
        b.pace.took(b.clock.now().boottime_ms - began_ms)
        self._stood = SignedStanding(stood, b.ledger.history.epoch, note)
        self.dirty = False
        self._unsynced_bytes = 0
        keys = [i for i, piece in enumerate(self._held) if piece.key or piece.opens]
        self._held = self._held[keys[-1] :] if keys else []
        if sum(len(piece.media) for piece in self._held) > MAX_HELD_BYTES:
            self._held = []  # a film without key frames: the next segment begins where this ends

    def _begin_elsewhere(self) -> OpenSegment:
        """Seal what broke, and write what it may have lost into a new segment; give that."""
        self._cut(self._segment)
        held = self._held
        if self._opener is not None and not (held and held[0].opens):
            held = [self._opener, *held]
        try:
            segment = self._begin()
            for piece in held:
                self._append(segment, piece)
            self._stand(segment)
        except StorageLost as error:
            self._cut(self._segment)
            raise FilmLost(f"The film cannot be kept any more: {error}") from error
        self._held = held
        return segment

    def _cut(self, segment: OpenSegment | None) -> None:
        """Seal the segment of the current number as it lies."""
        b = self._bench
        if segment is not None:
            segment.close()
        b.ledger.renew_if_due()
        kept = self._stood
        if kept is not None:
            # Signed anew: the epoch may have changed since the last sync.
            note = b.ledger.sign_standing(kept.stood.standing)
            kept = SignedStanding(kept.stood, b.ledger.history.epoch, note)
        cut = CutSegment(self.recording, self._number, InterruptCause.STORAGE)
        self._forget()
        try:
            record = seal_cut(cut, kept, b.spool, b.ledger)
        except NotOurs as error:
            raise FilmLost(str(error)) from error
        self._on_sealed(record)

    def _forget(self) -> None:
        self._segment = None
        self._stood = None
        self.dirty = False
        self._unsynced_bytes = 0
