"""Step 8, for files that were cut off: the seal says what the signed standing says (§8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.note import parse_note
from recorder.evidence.package import UNIT
from recorder.evidence.record import InterruptCause
from recorder.evidence.standing import Standing, check_standing, parse_standing
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found
from recorder.evidence.words import EMPTY_DIGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recorder.evidence.record import Segment
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Kept, Ledger
    from recorder.evidence.verify.reading import Seen


def stated(note: str) -> tuple[int, Standing]:
    """Give epoch and standing of a note that nobody has verified yet; raise Malformed."""
    _, epoch, standing = parse_standing(parse_note(note.encode()).text)
    return epoch, standing


def prefixes(ledger: Ledger) -> dict[str, int]:
    """Give name → length in bytes up to which a cut file must have the standing's digest."""
    lengths = {}
    for kept in ledger.segments():
        if kept.body.standing is None:
            continue
        try:
            _, standing = stated(kept.body.standing)
        except Malformed:
            continue
        lengths[UNIT + standing.media.file] = standing.media.length
        lengths[UNIT + standing.side.file] = standing.side.length
    return lengths


def standings_step(ledger: Ledger, seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """Check each file that was cut off against its standing."""
    for kept in ledger.segments():
        body = kept.body
        place = Place(seq=kept.seq, file=UNIT + body.media.file)
        if body.standing is None:
            if not (body.media.complete and body.side.complete):
                yield found(Code.CUT_FILE, place)
                if _claims_anything(body):
                    yield found(Code.STANDING_DISAGREES, place)
            continue
        yield found(Code.CUT_FILE, place)
        try:
            standing = _checked(ledger, kept, body.standing)
        except EvidenceError as error:
            yield found(Code.STANDING_SIGNATURE, place, why=error)
            continue
        if not _agrees(body, standing) or not _begins_so(standing, seen):
            yield found(Code.STANDING_DISAGREES, place)


def _claims_anything(body: Segment) -> bool:
    cut = [sealed for sealed in (body.media, body.side) if not sealed.complete]
    return any(sealed.clear.length or sealed.clear.sha256 != EMPTY_DIGEST for sealed in cut)


def _checked(ledger: Ledger, kept: Kept[Segment], note: str) -> Standing:
    epoch, _ = stated(note)
    last_epochs = {number for run, number in ledger.last_epochs.items() if run < kept.run}
    if kept.body.cause is InterruptCause.STORAGE:
        last_epochs.add(kept.epoch)  # the run went on; its card did not
    if epoch not in last_epochs or epoch not in ledger.epoch_keys:
        raise Malformed(f"Epoch {epoch} is not the last one of a run that was cut off.")
    return check_standing(note.encode(), epoch, ledger.epoch_keys[epoch])


def _agrees(body: Segment, standing: Standing) -> bool:
    """Tell whether the seal repeats what the standing says of the clear text."""
    media, side = standing.media, standing.side
    return (
        (body.recording, body.segment, body.span)
        == (standing.recording, standing.segment, standing.span)
        and (body.media.clear, body.media.fragments, body.media.tail)
        == (media.clear, media.fragments, media.tail)
        and (body.side.clear, body.side.tail) == (side.clear, side.tail)
    )


def _begins_so(standing: Standing, seen: Mapping[str, Seen]) -> bool:
    """Tell whether the files as they lie begin with what was signed, as far as they are here."""
    for sealed in (standing.media, standing.side):
        file = seen.get(UNIT + sealed.file)
        if file is None or file.unreadable or sealed.length == 0:
            continue
        if file.prefix_sha256 != sealed.sha256:
            return False
    return True
