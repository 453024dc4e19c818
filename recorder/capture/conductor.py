"""The conductor: carries out what the machine's table says. No media, no disk, no key.

It is driven by one loop (programs/conductor.py) through its `on_…` methods and `tick`, and acts
through the ports in `Surroundings`, none of which blocks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.acts import CLOSINGS, LIGHTS, ORDERS, SAYINGS
from recorder.capture.gestures import Gestures
from recorder.capture.lens_watch import LensWatch
from recorder.capture.machine import Act, Fact, Machine, State
from recorder.capture.overlay import overlay
from recorder.capture.pen import (
    Entry,
    GapSeen,
    MarkMade,
    NoticeHeard,
    Pen,
    RefusedAct,
    Remark,
    Spoken,
    Welcome,
)
from recorder.capture.ports import Button, Fix, NoFix
from recorder.capture.selfcheck import SelfCheckReport, Vitals, examine
from recorder.capture.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.manners import Manners, Surroundings
    from recorder.capture.ports import Edge

_NS_PER_MS = 1_000_000


class Conductor:
    """One unit's behaviour. One thread calls it."""

    def __init__(self, around: Surroundings, manners: Manners) -> None:
        self._around = around
        self._manners = manners
        self._machine = Machine()
        self._deeds: dict[Act, Callable[[], None]] = {
            Act.FEEL: around.signals.feel,
            Act.FILM: self._film,
            Act.OPEN: lambda: self._open("button", 0),
            Act.OPEN_AGAIN: lambda: self._open("resume", self._to_continue),
            Act.NOTICE: lambda: self._say(manners.notice_clip, notice=True),
            Act.MARK: lambda: self._note(MarkMade(self._now_ms())),
            Act.GRACE: self._start_grace,
            Act.RESPAWN: self._respawn,
            Act.REFUSE: self._refuse,
            Act.AGAIN: self._want_again,
            Act.SHUT_DOWN: around.power_off,
            Act.STATUS: lambda: around.remember("status asked: not built yet"),
            Act.PHOTO: lambda: around.remember("photo asked: not built yet"),
        }
        self._gestures = Gestures(manners.gestures)
        self._pen: Pen | None = None
        self._welcome = Welcome(because="Custody has not answered yet.")
        self._checked: SelfCheckReport | None = None
        self._has_fix = False
        self._recording = self._to_continue = 0
        self._pressed_ms = self._held_from_ms = 0
        self._opened = False
        self._stopped_by_officer = False
        self._again = False
        self._grace_ns: int | None = None
        self._waiting: list[Entry] = []
        self._watch = LensWatch(around.now_ns(), manners.lens_silent_ms, manners.lens_start_ms)
        self._sight = Sight()

    @property
    def state(self) -> State:
        """Where the machine stands."""
        return self._machine.state

    @property
    def recording(self) -> int:
        """The recording that is open, or 0."""
        return self._recording

    # -- what happens -----------------------------------------------------------------------

    def on_edge(self, edge: Edge) -> None:
        """A button moved."""
        if edge.button is Button.MARK:
            if edge.pressed and self.state in {State.RECORDING, State.CLOSING}:
                self._do(Act.MARK)
                self._do(Act.SAY_MARKED)
            return
        for fact in self._gestures.take(edge):
            self.on_fact(fact)

    def on_fact(self, fact: Fact) -> None:
        """Something in the table's words."""
        before = self.state
        for act in self._machine.take(fact):
            if act is Act.REMEMBER:
                self._around.remember(f"{fact.value} means nothing while {before.value}")
            else:
                self._do(act)
        if self.state is not before:
            self._around.remember(f"{before.value} → {self.state.value}: {fact.value}")

    def on_fix(self, fix: Fix | NoFix) -> None:
        """A position, or none."""
        self._has_fix = isinstance(fix, Fix)
        self._around.lens(overlay(self._welcome.clock, fix))
        if self._recording:
            self._note(fix)

    def on_welcome(self, pen: Pen, welcome: Welcome) -> None:
        """Custody answers: it may be the first, or a new one after a loss."""
        self._pen, self._welcome = pen, welcome
        if self.state is State.INTERRUPTED:
            self._to_continue = welcome.interrupted or self._recording
            self.on_fact(Fact.CUSTODY_BACK)
        elif not welcome.fit:
            self.on_fact(Fact.UNFIT)
        elif welcome.interrupted and not self._stopped_by_officer:
            self._to_continue = welcome.interrupted
            cause = "capture was lost; the unit resumed by itself"
            self._sight.lost_since("capture", cause, welcome.last_ms)
            self.on_fact(Fact.FIT_INTERRUPTED)
        elif self._checked is None:
            self._say("boot")
            self._around.lens(words.Check())
        else:
            self.on_fact(Fact.FIT)

    def check_again(self) -> None:
        """Begin a self-check, if nothing is being recorded."""
        if self.state in {State.READY, State.UNFIT} and self._pen is not None:
            self._around.lens(words.Check())

    def on_opened(self, recording: int) -> None:
        """Custody opened: what was filmed since the press may go."""
        self._recording, self._opened, self._held_from_ms = recording, True, 0
        self._around.lens(words.Go())
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            self._note(entry)

    def on_refused(self, asked: str, sentence: str) -> None:
        """Custody refuses what was asked; only a refused opening changes what the unit does."""
        self._around.remember(f"custody refuses {asked}: {sentence}")
        if asked == "open":
            self._welcome = replace(self._welcome, because=sentence)
            self.on_fact(Fact.REFUSED)

    def on_closed(self) -> None:
        """Custody sealed the last segment."""
        self._recording, self._opened, self._stopped_by_officer = 0, False, False
        self.on_fact(Fact.CLOSED)
        if self._again:
            self._again = False
            self.on_fact(Fact.DOWN)
            self.on_fact(Fact.PRESS)

    def on_custody_lost(self, sentence: str) -> None:
        """Nobody holds the pen."""
        self._pen, self._opened = None, False
        self._welcome = replace(self._welcome, fit=False, because=sentence)
        self.on_fact(Fact.CUSTODY_LOST)

    def on_lens(self, report: words.Report) -> None:
        """The lens speaks."""
        self._watch.heard(self._around.now_ns())
        match report:
            case words.Alive(first_ms=first_ms, last_ms=last_ms):
                self._state_gap(self._sight.saw(first_ms, last_ms))
            case words.Held(first_ms):
                self._held_from_ms = first_ms
            case words.Gives(camera, microphone):
                self._around.remember(f"camera gives: {camera}, microphone gives: {microphone}")
            case words.WasLost(source, lost, from_ms, to_ms, cause):
                self._note(GapSeen(source, from_ms, to_ms, lost, cause))
            case words.NoticeSought(digest, heard, score):
                self._note(NoticeHeard(digest, heard, score, self._manners.notice_wording))
            case words.Checked():
                self._examine(report)
            case words.Remarked(sentence):
                self._note(Remark(sentence))
            case words.Halted():
                pass

    def on_lens_lost(self, cause: str) -> None:
        """The lens died, or was killed for being silent."""
        self._watch.started(self._around.now_ns())
        if self._recording:
            self._sight.lost("lens", cause, self._now_ms())
        self.on_fact(Fact.LENS_LOST)

    def tick(self) -> str | None:
        """Let time pass. A sentence if the lens was silent too long and must be killed."""
        now_ns = self._around.now_ns()
        for fact in self._gestures.tick(now_ns):
            self.on_fact(fact)
        if self._grace_ns is not None and now_ns >= self._grace_ns:
            self._grace_ns = None
            self.on_fact(Fact.GRACE_OVER)
        return self._watch.complaint(now_ns)

    def due_ns(self) -> int:
        """When `tick` is next needed."""
        known = (self._watch.due_ns(), self._grace_ns, self._gestures.due_ns())
        return min(due_ns for due_ns in known if due_ns is not None)

    # -- what it does -----------------------------------------------------------------------

    def _do(self, act: Act) -> None:
        if act in LIGHTS:
            self._around.signals.show(LIGHTS[act])
        elif act in SAYINGS:
            self._say(SAYINGS[act])
        elif act in CLOSINGS:
            self._close(CLOSINGS[act])
        elif act in ORDERS:
            self._around.lens(ORDERS[act])
        else:
            self._deeds[act]()

    def _start_grace(self) -> None:
        self._grace_ns = self._around.now_ns() + self._manners.grace_ms * _NS_PER_MS
        self._stopped_by_officer = True

    def _refuse(self) -> None:
        self._say("selftest.fail")
        self._note(RefusedAct("record", "officer", self._welcome.because))

    def _want_again(self) -> None:
        self._again = True

    def _examine(self, seen: words.Checked) -> None:
        """What the sensors showed, with everything else that is known: a signed report."""
        vitals = Vitals(
            frames=seen.frames,
            samples=seen.samples,
            loudest=seen.level,
            has_fix=self._has_fix,
            key_signs=self._welcome.fit,
            minutes_left=self._welcome.minutes_left,
            clock=self._welcome.clock,
        )
        self._checked = examine(vitals)
        if self._pen is not None:
            self._pen.note(self._checked)
        self._say("selftest.fail" if self._checked.verdict == "fail" else "selftest.ok")
        self.on_fact(Fact.FIT if self._welcome.fit and not self._checked.blocks else Fact.UNFIT)

    def _film(self) -> None:
        self._pressed_ms, self._held_from_ms, self._waiting = self._now_ms(), 0, []
        self._around.lens(words.Film())

    def _open(self, cause: str, continues: int) -> None:
        self._stopped_by_officer = False
        self._grace_ns = None
        self._opened = False
        if self._pen is not None:
            before_ms = self._pressed_ms - self._held_from_ms if self._held_from_ms else 0
            self._pen.open(cause, continues, max(0, before_ms))

    def _close(self, cause: str) -> None:
        self._grace_ns = None
        self._state_gap(self._sight.settled(self._now_ms()))
        if self._pen is not None:
            self._pen.close(cause)

    def _respawn(self) -> None:
        self._around.respawn()
        if self._recording:
            self._around.lens(words.Film())
            if self._opened:
                self._around.lens(words.Go())

    def _say(self, clip: str, *, notice: bool = False) -> None:
        self._around.speaker.say(clip)
        self._around.lens(words.Said(clip, notice))
        self._note(Spoken(clip, self._manners.captions.get(clip, "")))

    def _note(self, entry: Entry) -> None:
        """Give it to custody, or hold it while nobody holds the pen or nothing is open yet."""
        if self._pen is not None and (self._opened or isinstance(entry, RefusedAct)):
            self._pen.note(entry)
        elif self.state in {State.ARMED, State.RECORDING, State.INTERRUPTED, State.CLOSING}:
            self._waiting.append(entry)

    def _state_gap(self, gap: GapSeen | None) -> None:
        if gap is not None:
            self._note(gap)

    def _now_ms(self) -> int:
        return self._around.now_ns() // _NS_PER_MS
