"""The station's commands: checked, written down, obeyed once; and who is ordered to film.

Order of effects of a command: 1. its record; 2. for officers, its note kept in custody's state;
3. the conductor is told, now and whenever it connects. A crash before 1 leaves nothing: the
station sends it again. One before 2 leaves a record without its note: nobody is bound then, which
the unit says aloud, until the same note comes again or the next one. One before 3 changes
nothing: what is told is read from log and state at each start.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from recorder.custody.errors import RefusedRequest, StorageLost
from recorder.evidence.command import check_command, check_due, parse_command
from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.record import CommandTaken
from recorder.evidence.sidecar import CommandNote
from recorder.handover.orders import Assign, CheckNow
from recorder.handover.packets import BoundOfficers, Filed, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.custody.history import History
    from recorder.custody.slots import Slots
    from recorder.evidence.command import SignedCommand
    from recorder.evidence.moment import Clock
    from recorder.evidence.note import VerifierKey
    from recorder.evidence.record import Body, Record
    from recorder.handover.orders import Command
    from recorder.handover.packets import FromCustody

NOBODY = BoundOfficers((), ())


class Commands:
    """What the courier may bring from the station besides proofs."""

    def __init__(  # noqa: PLR0913 - a check needs all that it compares
        self,
        *,
        origin: str,
        key: VerifierKey | None,
        history: History,
        kept: Slots,
        clock: Clock,
        commit: Callable[[Body], Record],
        say: Callable[[Role, FromCustody], None],
    ) -> None:
        self._origin = origin
        self._key = key
        self._history = history
        self._kept = kept
        self._clock = clock
        self._commit = commit
        self._say = say
        self._note = ""  # of the command whose officers are bound
        self._officers = NOBODY
        for payload in kept.payloads():
            with contextlib.suppress(Malformed):
                self._bind(parse_command(payload), payload.decode())

    def take(self, asked: Command) -> Filed:
        """Obey a command; RefusedRequest with the reason if it is not to be obeyed here, or now.

        The newest one, brought again, is answered and not obeyed again; but its note is kept, if a
        crash came between.
        """
        done = self._history.orders
        try:
            signed = parse_command(asked.note.encode())
            self._check_signature(signed)
            again = (signed.command.number, signed.sha256) == (done.number, done.sha256)
            if not again:
                check_due(signed.command, self._origin, done.number, self._clock.now())
        except EvidenceError as error:
            raise RefusedRequest(f"The command is not obeyed: {error}") from error
        number, seq = signed.command.number, done.seq
        if not again:
            seq = self._commit(CommandTaken(number, signed.command.what, signed.sha256)).seq  # 1
        self._keep(signed, asked.note)  # 2, 3
        return Filed(seq, number)

    def assignment(self) -> Assign | None:
        """Say whom the newest command for officers binds; None if there never was one."""
        number = self._history.orders.officers_number
        return Assign(number, self._officers) if number else None

    def check_due(self) -> CheckNow | None:
        """Say which command for a self-check has none behind it yet."""
        number = self._history.orders.check_number
        return CheckNow(number) if number else None

    def note_for(self, officers: BoundOfficers) -> CommandNote | None:
        """Give the note that ordered just these officers, for the sidecars of their recording."""
        return CommandNote(self._note) if self._note and officers == self._officers else None

    def _check_signature(self, signed: SignedCommand) -> None:
        if self._key is None:
            raise Malformed("No key for commands is pinned on this unit.")
        check_command(signed, self._key)

    def _keep(self, signed: SignedCommand, note: str) -> None:
        """Let a command take effect whose record is durable."""
        lost: StorageLost | None = None
        if signed.command.officers is not None and note != self._note:
            try:
                self._kept.write(note.encode())  # 2
            except StorageLost as error:
                lost = error
            self._bind(signed, note)
        for told in (self.assignment(), self.check_due()):
            if told is not None:
                self._say(Role.CONDUCTOR, told)  # 3
        if lost is not None:
            raise RefusedRequest(f"The command holds until the next start only: {lost}") from lost

    def _bind(self, signed: SignedCommand, note: str) -> None:
        """Bind the officers of a note, if it is the newest that the log knows."""
        officers = signed.command.officers
        if officers is not None and signed.sha256 == self._history.orders.officers_sha256:
            self._note = note
            self._officers = BoundOfficers(officers.names, officers.numbers)
