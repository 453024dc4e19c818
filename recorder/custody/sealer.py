"""Sealing: of a segment that is whole, and of one that was cut off.

Order of effects for a whole segment, after a last sync with its standing:
1. the final chunks are appended and made durable;
2. the block digests are written and made durable;
3. the `segment` record is committed;
4. the files are made immutable.
A crash before 3 leaves a segment without a record: the next start seals it as cut off, from the
standing, byte for byte as it lies. A crash before 4 leaves a sealed segment that the next start
makes immutable.

Order for one that was cut off, at start or after a storage error:
1. what is missing of its set of files is made, empty; 2. the tails are copied out of the standing;
3. the block digests are completed; 4. the record; 5. immutable. Each of 1 to 3 goes on where a
crash stopped it, because they write the same bytes again.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recorder.custody.errors import HoldsOther
from recorder.custody.segment import BLOCK_BYTES, NO_PICTURE_MS, BlockDigests
from recorder.evidence.record import (
    Clear,
    Ending,
    Fragments,
    InterruptCause,
    SealedFile,
    SealedMedia,
    Segment,
    Span,
)
from recorder.evidence.words import (
    EMPTY_DIGEST,
    blocks_of,
    digest,
    media_file,
    side_file,
)
from recorder.handover.committed import files_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorder.custody.ledger import Ledger
    from recorder.custody.segment import OpenSegment, Stood
    from recorder.custody.spool import Spool
    from recorder.custody.standings import SignedStanding
    from recorder.evidence.record import Record

_NOTHING = Clear(0, EMPTY_DIGEST)


@dataclass(frozen=True, slots=True)
class CutSegment:
    """A segment that will not grow any more and was not finished."""

    recording: int
    segment: int
    cause: InterruptCause

    @property
    def media(self) -> str:
        """Name its film."""
        return media_file(self.recording, self.segment)

    @property
    def side(self) -> str:
        """Name its sidecar."""
        return side_file(self.recording, self.segment)


@dataclass(frozen=True, slots=True)
class Lying:
    """Length and digest of both files as they lie, and digest of the film's blocks file."""

    media: tuple[int, str]
    side: tuple[int, str]
    blocks_sha256: str


def seal_whole(
    open_segment: OpenSegment, spool: Spool, ledger: Ledger, ending: Ending, cause: InterruptCause
) -> Record:
    """Seal a segment that could be finished; StorageLost if it could not."""
    media, side, span = open_segment.finish(spool)  # 1, 2
    open_segment.close()
    body = Segment(open_segment.recording, open_segment.segment, ending, cause, media, side, span)
    record = ledger.commit(body)  # 3
    protect(body, spool)  # 4
    return record


def seal_cut(cut: CutSegment, kept: SignedStanding | None, spool: Spool, ledger: Ledger) -> Record:
    """Seal a segment as it lies, with what its newest standing says if that fits."""
    for name in (cut.media, cut.side):
        if not spool.exists(name):
            spool.create_empty(name)  # 1
        if cut.cause is not InterruptCause.STORAGE:
            spool.make_durable(name)  # after an error no second sync is asked, or believed
    fitting = kept if kept is not None and _fits(kept.stood, spool) else None
    if fitting is not None:
        _copy_tails(fitting.stood, spool)  # 2
    lying = Lying(
        _as_it_lies(cut.media, spool),
        _as_it_lies(cut.side, spool),
        _complete_blocks(cut.media, fitting.stood if fitting else None, spool),  # 3
    )
    body = _cut_body(cut, fitting, lying)
    record = ledger.commit(body)  # 4
    protect(body, spool)  # 5
    return record


def protect(segment: Segment, spool: Spool) -> None:
    """Make every file of a sealed segment immutable, where the file system can.

    One that somebody took away meanwhile is named by the verifier, and stops no unit.
    """
    for named in files_of(segment):
        if spool.exists(named.file):
            spool.seal(named.file)


def _cut_body(cut: CutSegment, kept: SignedStanding | None, lying: Lying) -> Segment:
    media_length, media_sha256 = lying.media
    side_length, side_sha256 = lying.side
    if kept is None:
        media = SealedMedia(
            file=cut.media,
            length=media_length,
            sha256=media_sha256,
            blocks_sha256=lying.blocks_sha256,
            complete=False,
            clear=_NOTHING,
            fragments=Fragments(0, EMPTY_DIGEST),
        )
        side = SealedFile(cut.side, side_length, side_sha256, False, _NOTHING)
        span, note = Span(0, 0, 0, 0), None
    else:
        stood = kept.stood.standing
        media = replace(
            stood.media,
            length=media_length,
            sha256=media_sha256,
            blocks_sha256=lying.blocks_sha256,
        )
        side = replace(stood.side, length=side_length, sha256=side_sha256)
        span, note = stood.span, kept.note.decode()
    ending = Ending.INTERRUPTED
    return Segment(cut.recording, cut.segment, ending, cut.cause, media, side, span, note)


def _copy_tails(stood: Stood, spool: Spool) -> None:
    standing = stood.standing
    for sealed, kept in ((standing.media, stood.media_tail), (standing.side, stood.side_tail)):
        if sealed.tail is not None:  # pragma: no branch - both hold something at the first sync
            spool.complete(sealed.tail.file, kept)


def _fits(stood: Stood, spool: Spool) -> bool:
    """Say whether both files begin with the bytes that the standing signed."""
    return all(
        _digest_of_first(sealed.file, sealed.length, spool) == sealed.sha256
        for sealed in (stood.standing.media, stood.standing.side)
    )


def _digest_of_first(name: str, length: int, spool: Spool) -> str:
    sha256, left = hashlib.sha256(), length
    for block in spool.read(name):
        sha256.update(block[:left])
        left -= min(left, len(block))
        if not left:
            break
    return "" if left else sha256.hexdigest()


def _as_it_lies(name: str, spool: Spool) -> tuple[int, str]:
    sha256, length = hashlib.sha256(), 0
    for block in spool.read(name):
        sha256.update(block)
        length += len(block)
    return length, sha256.hexdigest()


def _complete_blocks(media: str, stood: Stood | None, spool: Spool) -> str:
    """Write the block digests of a film as it lies; give the digest of what the file then holds.

    Times of blocks come from the standing. If sealing had begun, the film did not grow after it,
    so a block that began later states what the standing would have.
    """
    name = blocks_of(media)
    begun = spool.exists(name)
    blocks = BlockDigests()
    times = () if stood is None else stood.block_ms
    later_ms = stood.newest_ms if stood is not None and begun else NO_PICTURE_MS
    for index, part in enumerate(_parts(media, spool)):
        blocks.take(part, times[index] if index < len(times) else later_ms)
    # If it holds other bytes than these, somebody or the card changed it: it stays as it lies.
    with contextlib.suppress(HoldsOther):
        spool.complete(name, blocks.content())
    return digest(b"".join(spool.read(name)))


def _parts(name: str, spool: Spool) -> Iterator[memoryview]:
    """Cut a file into its blocks; the spool reads a whole number of them at a time."""
    for read in spool.read(name):
        view = memoryview(read)
        for at in range(0, len(view), BLOCK_BYTES):
            yield view[at : at + BLOCK_BYTES]
