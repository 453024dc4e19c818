"""The conductor: hears everything that happens to a unit, and lets the machine's table decide.

No media, no disk, no key. It is driven by one loop (programs/conductor.py) through its `on_…`
methods and `tick`; what the table then says is done in `deeds`, through ports that never block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.conductor import sentences
from recorder.capture.conductor.attention import Attention
from recorder.capture.conductor.checkup import Checkup
from recorder.capture.conductor.condition import ENDING_MINUTES
from recorder.capture.conductor.deeds import Deeds
from recorder.capture.conductor.gestures import Gestures
from recorder.capture.conductor.lens_watch import LensWatch
from recorder.capture.conductor.machine import FILMING, Act, Fact, Machine, State
from recorder.capture.conductor.muster import Muster
from recorder.capture.conductor.night_watch import NightWatch
from recorder.capture.conductor.pen import GapSeen, NoticeHeard, Remark
from recorder.capture.conductor.task import reason_of
from recorder.capture.conductor.told import Dock, Journey
from recorder.capture.overlay import overlay
from recorder.capture.ports import Button, Lamp

if TYPE_CHECKING:
    from recorder.capture.conductor.manners import Manners, Surroundings
    from recorder.capture.conductor.pen import Pen
    from recorder.capture.conductor.told import Welcome
    from recorder.capture.ports import Edge, Fix, NoFix, Supply


class Conductor:
    """One unit's behaviour. One thread calls it."""

    def __init__(self, around: Surroundings, manners: Manners) -> None:
        self._around = around
        self._machine = Machine()
        self._deeds = Deeds(around, manners, lambda: self.state in {State.ARMED, *FILMING})
        self._upkeep = self._deeds.upkeep
        self._gestures = Gestures(manners.gestures, manners.begun_ns)
        self._checkup = Checkup(self._deeds, around.lens)
        self._attention = Attention(self._deeds, manners.remind_minutes)
        self._night = NightWatch(self._deeds, around.night, manners.night)
        self.muster = Muster(self._deeds, lambda: self.state in {State.READY, State.UNFIT})
        self._fit = False
        self._watch = LensWatch(around.now_ns(), manners.lens_silent_ms, manners.lens_start_ms)

    @property
    def state(self) -> State:
        """Where the machine stands."""
        return self._machine.state

    @property
    def recording(self) -> int:
        """The recording that is open, or 0."""
        return self._deeds.recording

    # -- what the officer does --------------------------------------------------------------

    def on_edge(self, edge: Edge) -> None:
        """A button moved."""
        if edge.button is Button.MARK:
            if edge.pressed:
                self._on_second_button()
            return
        if edge.pressed and self._checkup.running:
            self._cut_check()
        for fact in self._gestures.take(edge):
            self.on_fact(fact)
        if not edge.pressed and self._upkeep.now.button_stuck:
            self._upkeep.button(stuck=False)

    def _on_second_button(self) -> None:
        """Mark what is being recorded; check the unit where nothing is."""
        if self.state in {State.RECORDING, State.CLOSING}:
            self._deeds.do(Act.MARK)
            self._deeds.do(Act.SAY_MARKED)
        else:
            self.check_again()

    def on_fact(self, fact: Fact) -> None:
        """Something in the table's words."""
        before = self.state
        if fact is Fact.PRESS and before is State.ARMED:
            continues, reason = self._deeds.task.to_continue(self._deeds.now_ms())
            self._deeds.take_up(continues, reason)
            fact = Fact.PRESS_AGAIN if continues else fact
        for act in self._machine.take(fact):
            if act is Act.REMEMBER:
                self._around.remember(f"{fact.value} means nothing while {before.value}")
            else:
                self._deeds.do(act)
        if self.state is not before:
            self._around.remember(f"{before.value} → {self.state.value}: {fact.value}")
            self.muster.settle()

    # -- what devices and the courier say ---------------------------------------------------

    def on_fix(self, fix: Fix | NoFix) -> None:
        """A position, or none."""
        self._upkeep.fix(fix)
        clock = self._upkeep.now.clock
        self._around.lens(overlay("none" if clock is None else clock.source.value, fix))
        if self.recording:
            self._deeds.note(fix)

    def on_supply(self, supply: Supply) -> None:
        """Battery, mains and heat as they are now."""
        self._upkeep.supply(supply)
        self._follow_condition()

    def on_storage(self, minutes_left: int) -> None:
        """How long the card lasts; at 0 nothing more can be kept."""
        self._upkeep.storage(minutes_left)
        if minutes_left == 0:
            self.on_fact(Fact.SPOOL_FULL)
        elif minutes_left >= ENDING_MINUTES and self.state is State.UNFIT:
            self._fit = self._deeds.notebook.has_pen
            self.check_again()  # there is room again
        self._follow_condition()

    def on_journey(self, journey: Journey) -> None:
        """How the way home goes; being at the dock ends a task."""
        before = self._upkeep.now.journey
        self._upkeep.journey(journey)
        if journey.dock is not Dock.AWAY:
            self._deeds.task.over()
        if before is None or before.dock is not journey.dock:
            if journey.dock in sentences.AT_THE_DOCK:
                self._deeds.voice.say(sentences.AT_THE_DOCK[journey.dock])
            self._deeds.lights.show(self._upkeep.now)

    # -- what custody says ------------------------------------------------------------------

    def on_welcome(self, pen: Pen, welcome: Welcome) -> None:
        """Custody answers: it may be the first, or a new one after a loss."""
        self._deeds.notebook.take_pen(pen)
        self._deeds.because, self._fit = welcome.because, welcome.fit
        self._upkeep.storage(welcome.minutes_left)
        if self.state is State.INTERRUPTED:
            continues = welcome.interrupted or self.recording
            self._deeds.take_up(continues, reason_of("custody lost", self._upkeep.now))
            self.on_fact(Fact.CUSTODY_BACK)
        elif not welcome.fit:
            self.on_fact(Fact.UNFIT)
        elif welcome.interrupted and not self._deeds.stopped_by_officer:
            reason = reason_of(welcome.ended_by, self._upkeep.now)
            self._deeds.take_up(welcome.interrupted, reason)
            cause = "capture was lost; the unit resumed by itself"
            self._deeds.sight.lost_since("capture", cause, welcome.last_ms)
            self.on_fact(Fact.FIT_INTERRUPTED)
        elif self._checkup.report is None:
            self._deeds.lights.stand(Lamp.STARTING, self._upkeep.now)
            self.check_again()
        else:
            self.on_fact(Fact.FIT)

    def on_opened(self, recording: int) -> None:
        """Custody opened: what was filmed since the press may go."""
        self._deeds.opened(recording)
        self._night.begun()

    def on_refused(self, asked: str, sentence: str) -> None:
        """Custody refuses what was asked; only a refused opening changes what the unit does."""
        self._around.remember(f"custody refuses {asked}: {sentence}")
        if asked == "open":
            self._deeds.because = sentence
            self.on_fact(Fact.REFUSED)

    def on_closed(self) -> None:
        """Custody sealed the last segment."""
        self._deeds.closed()
        self.on_fact(Fact.CLOSED)
        if self._deeds.again:
            self._deeds.again = False
            self.on_fact(Fact.DOWN)
            self.on_fact(Fact.PRESS)

    def on_custody_lost(self, sentence: str) -> None:
        """Nobody holds the pen."""
        self._deeds.notebook.lose_pen()
        self._deeds.because, self._fit = sentence, False
        self._checkup.cut()
        self.on_fact(Fact.CUSTODY_LOST)

    # -- what the lens says -----------------------------------------------------------------

    def on_lens(self, report: words.Report) -> None:
        """The lens speaks."""
        now_ns = self._around.now_ns()
        self._watch.heard(now_ns)
        match report:
            case words.Alive(_, samples, first_ms, last_ms):
                self._deeds.state_gap(self._deeds.sight.saw(first_ms, last_ms))
                self._checkup.hears(samples)
            case words.Held(first_ms):
                self._deeds.held(first_ms)
            case words.Light(lux):
                self._night.light(lux, now_ns)
            case words.Gives(camera, microphone):
                self._upkeep.senses.give(camera=camera, microphone=microphone, now_ns=now_ns)
            case words.WasLost(source, lost, from_ms, to_ms, cause):
                self._checkup.lost(source, lost, cause)
                self._deeds.note(GapSeen(source, from_ms, to_ms, lost, cause))
            case words.NoticeSought(digest, heard, score):
                if self._checkup.running:
                    self._checkup.heard(score)
                else:
                    self._deeds.notice_is_due = False
                    wording = self._deeds.notice.wording
                    self._deeds.note(NoticeHeard(digest, heard, score, wording))
            case words.Checked():
                self._examine(report)
            case words.Remarked(sentence):
                self._deeds.note(Remark(sentence))

    def on_lens_lost(self, cause: str) -> None:
        """The lens died, or was killed for being silent."""
        self._watch.started(self._around.now_ns())
        if self.state in FILMING:
            self._deeds.sight.lost("lens", cause, self._deeds.now_ms())
        self.on_fact(Fact.LENS_LOST)
        if self._checkup.running:
            self.check_again()

    # -- the self-check ---------------------------------------------------------------------

    def check_again(self) -> None:
        """Begin a self-check, if nothing is being recorded."""
        if self.state in {State.READY, State.UNFIT} and self._deeds.notebook.has_pen:
            self._checkup.begin()

    def _cut_check(self) -> None:
        """An officer who presses during the check gets his recording."""
        self._checkup.cut()
        if self.state is State.UNFIT and self._fit:
            self.on_fact(Fact.FIT)

    def _examine(self, checked: words.Checked) -> None:
        if self._checkup.running:
            self.muster.checked()
            report = self._checkup.examine(checked, key_signs=self._fit)
            self.on_fact(Fact.FIT if self._fit and not report.blocks else Fact.UNFIT)

    # -- time -------------------------------------------------------------------------------

    def tick(self) -> str | None:
        """Let time pass. A sentence if the lens was silent too long and must be killed."""
        now_ns = self._around.now_ns()
        for fact in self._gestures.tick(now_ns):
            self.on_fact(fact)
        if (
            self._deeds.grace_ns is not None
            and now_ns >= self._deeds.grace_ns
            and not self._gestures.is_down  # a button that never comes up has not stopped anything
        ):
            self._deeds.grace_ns = None
            self.on_fact(Fact.GRACE_OVER)
        if self._upkeep.look(now_ns, filming=self.state in FILMING):
            self._follow_condition()
        if self.muster.wants_check and not self._checkup.running:
            self.check_again()
        self._deeds.lights.tick(now_ns, self._upkeep.now)
        return self._watch.complaint(now_ns)

    def due_ns(self) -> int:
        """When `tick` is next needed."""
        grace_ns = None if self._gestures.is_down else self._deeds.grace_ns
        known = (
            self._watch.due_ns(),
            self._upkeep.due_ns(),
            grace_ns,
            self._gestures.due_ns(),
            self._deeds.lights.due_ns(),
        )
        return min(due_ns for due_ns in known if due_ns is not None)

    def _follow_condition(self) -> None:
        """Say, light and remember what the unit's condition asks for."""
        self._attention.follow(filming=self.state in FILMING)
        if self._upkeep.now.at_its_end:
            self.on_fact(Fact.POWER_LOW)
        self._deeds.lights.tick(self._around.now_ns(), self._upkeep.now)
