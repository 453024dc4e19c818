"""What of capture's words becomes a record, and what goes into the sidecar alone. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from recorder.custody.errors import RefusedRequest
from recorder.evidence.record import (
    ClockStep,
    Ending,
    Gap,
    InterruptCause,
    Mark,
    Notice,
    Refused,
    SelfCheck,
    Start,
    StopCause,
)
from recorder.evidence.sidecar import Fix, NoFix, NoticeWording, Said, Words

if TYPE_CHECKING:
    from recorder.evidence.record import Body
    from recorder.evidence.sidecar import SideEntry
    from recorder.handover.packets import Note, Open

_ENDINGS = {
    StopCause.CAPTURE_LOST: (Ending.INTERRUPTED, InterruptCause.CAPTURE_LOST),
    StopCause.CUSTODY_LOST: (Ending.INTERRUPTED, InterruptCause.CUSTODY_LOST),
    StopCause.STORAGE: (Ending.INTERRUPTED, InterruptCause.STORAGE),
}


def ending_of(cause: StopCause) -> tuple[Ending, InterruptCause]:
    """Say how the last segment of a recording ends that stops for `cause`."""
    return _ENDINGS.get(cause, (Ending.STOP, InterruptCause.NONE))


def booked(note: Note, recording: int) -> tuple[Body | None, SideEntry | None]:
    """Give the record and the sidecar's entry of a note; `recording` is 0 if none is open.

    RefusedRequest for a mark or a notice without a recording that it could belong to.
    """
    entry = note.entry
    match entry:
        case Fix() | NoFix() | Said() | Words():
            return None, entry
        case Gap():
            return replace(entry, recording=recording), None
        case Mark() | Notice():
            if not recording:
                raise RefusedRequest(f"There is no open recording for a {entry.TYPE}.")
            wording = NoticeWording(note.wording) if note.wording else None
            return replace(entry, recording=recording), wording
        case SelfCheck() | ClockStep() | Refused():  # pragma: no branch - a note is one of these
            return entry, None


def start_of(asked: Open, number: int) -> Start:
    """Give the record with which recording `number` begins; of the officers, only how many."""
    return Start(
        recording=number,
        cause=asked.cause,
        continues=asked.continues,
        officers=len(asked.officers.names),
        rules_sha256=asked.rules_sha256,
        pre_record_ms=asked.pre_record_ms,
        picture=asked.picture,
        sound=asked.sound,
    )
