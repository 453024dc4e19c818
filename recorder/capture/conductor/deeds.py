"""What each act of the machine's table does, and what the conductor must remember to do it.

Acts through the ports in `Surroundings`, none of which blocks; decides nothing that the table
decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.conductor import sentences
from recorder.capture.conductor.acts import CLOSINGS, LIGHTS, ORDERS, SAYINGS
from recorder.capture.conductor.lights import Lights
from recorder.capture.conductor.machine import Act
from recorder.capture.conductor.notebook import Notebook
from recorder.capture.conductor.pen import MarkMade, RefusedAct, Remark
from recorder.capture.conductor.selfcheck import MINUTES_BLOCK, SelfCheckItem, SelfCheckReport
from recorder.capture.conductor.sight import Sight
from recorder.capture.conductor.task import Task, stated
from recorder.capture.conductor.upkeep import Upkeep
from recorder.capture.conductor.voice import Voice
from recorder.capture.ports import Lamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.conductor.manners import Manners, Surroundings
    from recorder.capture.conductor.pen import Entry, GapSeen
    from recorder.capture.conductor.told import Crew

NS_PER_MS = 1_000_000


class Deeds:
    """Carries out acts. `filming` says whether what is noted belongs to a recording."""

    def __init__(self, around: Surroundings, manners: Manners, filming: Callable[[], bool]) -> None:
        self._around = around
        self._manners = manners
        self._filming = filming
        self.notebook = Notebook()
        self.voice = Voice(around.speaker, around.lens, self.note, manners.captions)
        self.lights = Lights(around.signals)
        self.upkeep = Upkeep(around.clock, around.due)
        self.sight = Sight()
        self.task = Task()
        self.notice = manners.notice
        self.recording = 0
        self.stopped_by_officer = False
        self.again = False
        self.notice_is_due = False  # spoken, and nobody knows yet whether it was heard
        self.grace_ns: int | None = None
        self.because = "Custody has not answered yet."
        self._to_continue, self._reason = 0, ""
        self._ended_by = ""
        self._pressed_ms = self._held_from_ms = 0
        self._others: dict[Act, Callable[[], None]] = {
            Act.FEEL: around.signals.feel,
            Act.FILM: self._film,
            Act.OPEN: lambda: self._open("button", 0),
            Act.OPEN_AGAIN: self._open_again,
            Act.NOTICE: self._speak_notice,
            Act.MARK: self._mark,
            Act.MARK_REASON: self._mark_reason,
            Act.GRACE: self._start_grace,
            Act.GO_ON: self._go_on,
            Act.RESPAWN: self._respawn,
            Act.REFUSE: self._refuse,
            Act.AGAIN: self._want_again,
            Act.STUCK: self._state_stuck,
            Act.SHUT_DOWN: around.power_off,
            Act.STATUS: self._speak_status,
            Act.PHOTO: self._photo,
        }

    def do(self, act: Act) -> None:
        """Carry out one act of the table."""
        if act in LIGHTS:
            self.lights.stand(LIGHTS[act], self.upkeep.now)
        elif act in SAYINGS:
            self.voice.say(SAYINGS[act])
        elif act in CLOSINGS:
            self._close(CLOSINGS[act])
        elif act in ORDERS:
            self._around.lens(ORDERS[act])
        else:
            self._others[act]()

    def note(self, entry: Entry) -> None:
        """Give it to custody, or hold it until somebody takes it."""
        self.notebook.note(entry, filming=self._filming())

    def state_item(self, item: SelfCheckItem) -> None:
        """Put one thing that got worse into the log, as a self-check of that alone."""
        self.note(SelfCheckReport((item,)))

    def state_gap(self, gap: GapSeen | None) -> None:
        """Put a gap into the log, if there was one."""
        if gap is not None:
            self.note(gap)

    def bind(self, crew: Crew) -> None:
        """Other officers from now on: another notice, and another task."""
        self.notice = self._around.bind(crew)
        self.task.over()
        if not crew.names:
            self.voice.say("officers.none")

    def take_up(self, recording: int, reason: str) -> None:
        """The next opening continues this recording, which ended for that reason."""
        self._to_continue, self._reason = recording, reason

    def opened(self, recording: int) -> None:
        """Custody opened: what was filmed since the press may go."""
        self.recording, self._held_from_ms = recording, 0
        self._around.lens(words.Go())
        self.notebook.begun()

    def held(self, first_ms: int) -> None:
        """What was filmed before the press begins here."""
        self._held_from_ms = first_ms

    def closed(self) -> None:
        """Custody sealed the last segment."""
        self.task.stopped(self.recording, self.now_ms(), self._ended_by, self.upkeep.now)
        self.recording, self.stopped_by_officer, self.notice_is_due = 0, False, False
        self.notebook.ended()

    def now_ms(self) -> int:
        """CLOCK_BOOTTIME in milliseconds."""
        return self._around.now_ns() // NS_PER_MS

    def _film(self) -> None:
        self._pressed_ms, self._held_from_ms = self.now_ms(), 0
        self.notebook.forget()
        self._around.lens(words.Film())

    def _open(self, cause: str, continues: int) -> None:
        self.voice.hush()  # what was being told to an idle officer must not delay the notice
        self.stopped_by_officer, self.grace_ns = False, None
        before_ms = self._pressed_ms - self._held_from_ms if self._held_from_ms else 0
        self.notebook.open(cause, continues, max(0, before_ms))

    def _open_again(self) -> None:
        self._open("resume", self._to_continue)
        if self._reason:
            self.note(Remark(stated(self._reason)))

    def _close(self, cause: str) -> None:
        self.grace_ns, self._ended_by = None, cause
        self.state_gap(self.sight.settled(self.now_ms()))
        self.notebook.close(cause)

    def _mark(self) -> None:
        self.note(MarkMade(self.now_ms()))
        self.lights.flash(Lamp.MARKED, self._around.now_ns())

    def _photo(self) -> None:
        self.note(MarkMade(self.now_ms(), photo=True))
        self.voice.say("photo")
        self.lights.flash(Lamp.PHOTO, self._around.now_ns())

    def _mark_reason(self) -> None:
        now_ms = self.now_ms()
        self.note(MarkMade(now_ms, until_ms=now_ms + self._manners.resume_mark_seconds * 1000))

    def _start_grace(self) -> None:
        self.grace_ns = self._around.now_ns() + self._manners.grace_ms * NS_PER_MS
        self.stopped_by_officer = True

    def _go_on(self) -> None:
        self.grace_ns, self.stopped_by_officer = None, False

    def _refuse(self) -> None:
        if 0 <= self.upkeep.now.storage_minutes < MINUTES_BLOCK:
            self.voice.say("store.full")
        else:  # nobody holds the pen
            self.voice.say("selftest.fail", "part.storage", "selftest.fail.end")
        self.note(RefusedAct("record", "officer", self.because))

    def _want_again(self) -> None:
        self.again = True

    def _speak_notice(self) -> None:
        self.notice_is_due = True
        self.voice.say(self.notice.clip, sought=True)

    def _respawn(self) -> None:
        self._around.respawn()
        if not self._filming():
            return
        self._around.lens(words.Film())
        if self.notebook.opened:
            self._around.lens(words.Go())
        if self.notice_is_due:  # it may have been spoken to nobody
            self._speak_notice()

    def _state_stuck(self) -> None:
        self.upkeep.button(stuck=True)
        self.state_item(SelfCheckItem("button", "fail", 1, "stuck"))

    def _speak_status(self) -> None:
        for clips in sentences.status(self.upkeep.now, self.upkeep.today()):
            self.voice.say(*clips)
