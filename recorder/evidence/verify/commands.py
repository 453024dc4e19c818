"""Steps 2 and 9: commands rise in the log; what a sidecar shows of one was recorded and signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.causes import Ordered
from recorder.evidence.command import check_command, of_its_time, parse_command
from recorder.evidence.errors import BadSignature, Malformed
from recorder.evidence.package import UNIT
from recorder.evidence.record import CommandTaken
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recorder.evidence.command import SignedCommand
    from recorder.evidence.trust import Trust
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Kept, Ledger, RecordingFacts
    from recorder.evidence.verify.opening import Opened
    from recorder.evidence.verify.reading import Seen


def numbers_step(ledger: Ledger) -> Iterator[Finding]:
    """Say which records take a command whose number does not rise: one was obeyed twice."""
    newest = 0
    for kept in ledger.commands:
        number = kept.body.number
        if number <= newest:
            yield found(Code.COMMAND_NUMBER, Place(seq=kept.seq), found=number, stated=newest)
        newest = max(newest, number)


def commands_step(ledger: Ledger, seen: Mapping[str, Seen], trust: Trust) -> Iterator[Finding]:
    """Compare the command of each recording with the log, and say who ordered its officers."""
    shown: dict[str, SignedCommand] = {}
    for _, facts in sorted(ledger.recordings.items()):
        opened = list(_opened(facts, seen))
        if not opened:
            continue
        taken = _taken(facts, ledger)
        own: SignedCommand | None = None
        for place, side in opened:
            for note in side.orders:
                try:
                    signed = _ordering(note, ledger.origin, side, own)
                except Malformed as error:
                    yield found(Code.COMMAND_FORM, place, why=error)
                    continue
                if own is None:
                    own = signed
                    yield from _recorded(own, taken, place)
                    yield from _signed(own, trust, place, facts.number)
                    shown[own.sha256] = own
        yield from _left_out(own, taken, facts.number)
    yield from _times(ledger, shown)
    if shown and not trust.commands:
        yield found(Code.COMMAND_KEY_NOT_GIVEN)


def _opened(facts: RecordingFacts, seen: Mapping[str, Seen]) -> Iterator[tuple[Place, Opened]]:
    for kept in facts.segments:
        name = UNIT + kept.body.side.file
        opened = seen[name].opened if name in seen else None
        if opened is not None and opened.side is not None:
            yield Place(seq=kept.seq, file=name), opened


def _taken(facts: RecordingFacts, ledger: Ledger) -> list[Kept[CommandTaken]]:
    """Give the commands for officers that the log took before the recording began."""
    began = facts.segments[0].seq if facts.start is None else facts.start.seq
    return [
        kept for kept in ledger.commands if kept.seq < began and kept.body.what is Ordered.OFFICERS
    ]


def _ordering(note: str, origin: str, side: Opened, own: SignedCommand | None) -> SignedCommand:
    """Read the command in a sidecar; Malformed unless it orders just the officers there."""
    signed = parse_command(note.encode())
    if signed.command.unit != origin:
        raise Malformed(f"It is for {signed.command.unit}.")
    if signed.command.officers is None:
        raise Malformed("It orders no officers.")
    if signed.command.officers != side.officers:
        raise Malformed("It orders other officers than the sidecar names.")
    if own is not None and signed.sha256 != own.sha256:
        raise Malformed("It is not the command that the recording began with.")
    return signed


def _recorded(
    signed: SignedCommand, taken: list[Kept[CommandTaken]], place: Place
) -> Iterator[Finding]:
    due = CommandTaken(signed.command.number, Ordered.OFFICERS, signed.sha256)
    if all(kept.body != due for kept in taken):
        yield found(Code.COMMAND_UNRECORDED, place, number=signed.command.number)


def _signed(signed: SignedCommand, trust: Trust, place: Place, recording: int) -> Iterator[Finding]:
    if not trust.commands:
        return
    command = signed.command
    claimed = [key for key in trust.commands if signed.note.by(key)]
    if not claimed:
        yield found(Code.COMMAND_KEY_UNKNOWN, place, number=command.number)
        return
    try:
        for key in claimed:
            check_command(signed, key)
    except BadSignature:
        yield found(Code.COMMAND_SIGNATURE, place, number=command.number, by=claimed[0].name)
        return
    yield found(
        Code.COMMAND_ORDERED,
        place,
        recording=recording,
        number=command.number,
        by=claimed[0].name,
        since=command.since,
        until=command.until,
    )


def _times(ledger: Ledger, shown: Mapping[str, SignedCommand]) -> Iterator[Finding]:
    for kept in ledger.commands:
        signed = shown.get(kept.body.sha256)
        if signed is not None and of_its_time(signed.command, kept.at):
            yield found(
                Code.COMMAND_TIME,
                Place(seq=kept.seq),
                number=signed.command.number,
                claimed=kept.at.utc,
                since=signed.command.since,
                until=signed.command.until,
            )


def _left_out(
    own: SignedCommand | None, taken: list[Kept[CommandTaken]], recording: int
) -> Iterator[Finding]:
    if taken and (own is None or own.sha256 != taken[-1].body.sha256):
        place, number = Place(seq=taken[-1].seq), taken[-1].body.number
        yield found(Code.COMMAND_LEFT_OUT, place, number=number, recording=recording)
