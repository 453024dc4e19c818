"""What capture notes: entries for the log, and entries for the encrypted sidecar only.

An entry for the log is the body of a record; its `recording` is custody's to fill in, so it does
not travel, and what a caller sets there is ignored. Every text is bounded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recorder.evidence.errors import Malformed
from recorder.evidence.record import (
    ClockStep,
    Gap,
    Mark,
    Notice,
    Refused,
    SelfCheck,
    body_of,
    body_value,
)
from recorder.evidence.shape import Shape
from recorder.evidence.sidecar import Fix, NoFix, Said, Words
from recorder.handover.packets import Note

if TYPE_CHECKING:
    from recorder.evidence.canonical import Value

MAX_TEXT_CHARACTERS = 2000
MAX_ITEMS = 64
WORDS = "words"  # `words` on the socket, `note` in a sidecar

_LOG = {kind.TYPE: kind for kind in (Gap, Mark, Notice, SelfCheck, ClockStep, Refused)}
_WITH_RECORDING = (Gap, Mark, Notice)
_SIDE: dict[str, Shape[Any]] = {
    Fix.TYPE: Shape(Fix),
    NoFix.TYPE: Shape(NoFix),
    Said.TYPE: Shape(Said),
    WORDS: Shape(Words),
}
_UNSET = 1


def note_value(note: Note) -> dict[str, Value]:
    """Give the body of a note as a JSON object; Malformed if no reader would take it."""
    entry = note.entry
    if isinstance(entry, Fix | NoFix | Said | Words):
        type_ = WORDS if isinstance(entry, Words) else entry.TYPE
        value = _SIDE[type_].value(entry, type_)
    else:
        if isinstance(entry, _WITH_RECORDING):
            entry = replace(entry, recording=_UNSET)
        type_, value = entry.TYPE, body_value(entry)
        value.pop("recording", None)
        if isinstance(entry, Notice):
            value["wording"] = note.wording
    if note.wording and not isinstance(entry, Notice):
        raise Malformed("Only a notice has a wording.")
    _check_bounded(value)
    return {"type": type_, **value}


def note_of(value: dict[str, Value]) -> Note:
    """Read the body of a note; Malformed for anything else."""
    fields = dict(value)
    type_ = fields.pop("type", None)
    if not isinstance(type_, str):
        raise Malformed("A note has a type.")
    _check_bounded(fields)
    if type_ in _SIDE:
        return Note(_SIDE[type_].of(fields, type_))
    if type_ not in _LOG:
        raise Malformed(f"There is no note of type {type_[:40]!r}.")
    wording = fields.pop("wording", None) if type_ == Notice.TYPE else ""
    if not isinstance(wording, str):
        raise Malformed("A notice has a wording, which is a text.")
    if issubclass(_LOG[type_], _WITH_RECORDING):
        if "recording" in fields:
            raise Malformed("The recording is custody's to fill in.")
        fields["recording"] = _UNSET
    body = body_of(type_, fields)
    if not isinstance(body, Gap | Mark | Notice | SelfCheck | ClockStep | Refused):
        raise Malformed(f"A {type_} is no note.")
    return Note(body, wording)


def _check_bounded(value: Value) -> None:
    """Raise Malformed if a text or list is longer than a note may be."""
    if isinstance(value, str) and len(value) > MAX_TEXT_CHARACTERS:
        raise Malformed(f"A text of a note is longer than {MAX_TEXT_CHARACTERS} characters.")
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        raise Malformed(f"A note lists more than {MAX_ITEMS} things.")
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            _check_bounded(member)
