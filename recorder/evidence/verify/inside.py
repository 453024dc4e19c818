"""Step 9, second half: what a key showed is what the records state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.record import SealedMedia
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found
from recorder.evidence.verify.files import sealed_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.files import Sealed
    from recorder.evidence.verify.ledger import Ledger
    from recorder.evidence.verify.opening import Damage, Opened
    from recorder.evidence.verify.reading import Seen


def inside_step(ledger: Ledger, seen: Mapping[str, Seen], *, with_key: bool) -> Iterator[Finding]:
    """Compare the clear bytes of each film and sidecar with its record."""
    if not with_key:
        yield found(Code.NOT_DECRYPTED)
        return
    for sealed in sealed_files(ledger):
        file = seen.get(sealed.name)
        if file is not None and file.opened is not None:
            yield from _compare(ledger, sealed, file.opened)


def _compare(ledger: Ledger, sealed: Sealed, opened: Opened) -> Iterator[Finding]:
    place = Place(seq=sealed.kept.seq, file=sealed.name)
    body = sealed.kept.body
    due = body.media if sealed.name.endswith(body.media.file) else body.side
    if not opened.fits:
        yield found(Code.KEY_DOES_NOT_FIT, place)
        return
    if opened.damage is not None:
        yield _damaged(sealed, opened.damage)
        return
    if opened.trouble:
        yield found(Code.DECRYPTION, place, why=opened.trouble)
        return
    if opened.clear != due.clear:
        yield found(Code.CLEAR_CHANGED, place)
    if isinstance(due, SealedMedia):
        if opened.fragments != due.fragments:
            why = opened.inside or "Their number or root differs."
            yield found(Code.FRAGMENTS_CHANGED, place, why=why)
    elif opened.inside:
        yield found(Code.SIDECAR_FORM, place, why=opened.inside)
    elif opened.side is not None:
        header = opened.side
        named = (header.origin, header.recording, header.segment)
        if named != (ledger.origin, body.recording, body.segment):
            yield found(Code.SIDECAR_FORM, place, why="It is of another segment.")


def _damaged(sealed: Sealed, damage: Damage) -> Finding:
    span = sealed.kept.body.span
    second_ms = None
    if span.frames:
        into_ms = 0 if damage.media_seconds is None else int(damage.media_seconds * 1000)
        second_ms = span.first_ms - sealed.recording_first_ms + into_ms
    return found(
        Code.CHUNK_DAMAGED,
        Place(
            seq=sealed.kept.seq,
            file=sealed.name,
            from_byte=damage.from_byte,
            to_byte=damage.to_byte,
            second_ms=second_ms,
        ),
    )
