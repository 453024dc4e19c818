"""The lens: sensors in, pieces out. It may be killed at any moment; nothing true lives only here.

One thread owns everything here; the sensors' threads only put into lanes. The lens films when told,
holds what it filmed until custody has opened a recording, and hands over from then on. What custody
does not call durable is handed over again to the next custody.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.lens.losses import Losses
from recorder.capture.lens.sensor_check import CHECK_NS, SensorCheck
from recorder.capture.lens.sensors import Sensors
from recorder.capture.lens.way_out import WayOut
from recorder.capture.ports import DeviceLost, Frame, Lost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recorder.capture.lens.ring import Ring
    from recorder.capture.lens.senses import NoticeSearch, Senses
    from recorder.capture.ports import Muxer, Pcm, Piece

_NS_PER_MS = 1_000_000
_ITEMS_A_TURN = 256
"""What was held before a press is muxed over several turns, so that the lens never falls silent."""


class Lens:
    """Driven by `obey` and `work`; speaks through `report`."""

    def __init__(
        self,
        senses: Senses,
        ring: Ring,
        report: Callable[[words.Report], None],
        now_ns: Callable[[], int],
        segment_seconds: int,
    ) -> None:
        self._senses = senses
        self._now_ns = now_ns
        self._way_out = WayOut(ring)
        self._report = report
        self._segment_ns = segment_seconds * 1_000_000_000
        self._before = senses.before
        self._remarks = senses.remarks
        self._holding = False  # the sensors fill `before`
        self._losses = Losses(report)
        self._pressed_ns = self._held_from_ns = 0
        self._sensors = Sensors(senses.camera, senses.microphone, now_ns)
        self._gives: words.Gives | None = None  # as it was told, None while nothing should come
        self._backlog: deque[Frame | Pcm] = deque()  # what the muxer has not taken yet
        self._muxer: Muxer | None = None
        self._search: NoticeSearch | None = None
        self._check: SensorCheck | None = None
        self._unanswered: SensorCheck | None = None  # over, but for what the search says
        self._file_since_ns = 0
        self._frames = self._samples = self._first_ns = self._last_ns = 0

    def obey(self, order: words.Order) -> None:
        """Do as the conductor says; CustodyGone if it says go and custody is not there."""
        match order:
            case words.Film():
                self._film()
            case words.Await():
                self._await()
            case words.Go():
                self._go()
            case words.Drop():
                self._drop()
            case words.Said(clip, notice):
                self._senses.say(clip)
                self._search = self._senses.seek(clip) if notice else self._search
            case words.Hush():
                self._senses.hush()
            case words.Halt():
                self._halt()
            case words.Overlay() | words.Officers():
                self._write(order)
            case words.Check():
                self._search = self._unanswered = None
                self._sensors.start()
                self._check = SensorCheck(self._now_ns() + CHECK_NS)

    def work(self) -> None:
        """Move what the sensors gave towards custody; CustodyGone when it went away."""
        if self._check is not None and self._now_ns() >= self._check.until_ns:
            self._end_check(self._check)
        self._collect(_ITEMS_A_TURN)
        self._tell_whether_they_give()
        self._end_search()
        if self._way_out.move():
            self._report(words.Halted())

    def alive(self) -> words.Alive:
        """How far it has come."""
        first_ms, last_ms = self._first_ns // _NS_PER_MS, self._last_ns // _NS_PER_MS
        samples = self._samples + (self._check.samples if self._check is not None else 0)
        return words.Alive(self._frames, samples, first_ms, last_ms)

    def light(self) -> words.Light | None:
        """How bright the scene is, if the camera gives pictures and can tell."""
        lux = self._senses.camera.lux
        return words.Light(lux) if lux >= 0 and self._sensors.giving()[0] else None

    def let_go_of_custody(self) -> None:
        """Custody is gone: film on, and hold everything for the next one."""
        self._way_out.let_go()

    # -- orders -----------------------------------------------------------------------------

    def _film(self) -> None:
        if self._check is not None:
            self._end_check(self._check)
        self._senses.before_press(False)
        self._pressed_ns, self._gives = self._now_ns(), None
        self._held_from_ns = self._pressed_ns
        self._way_out.forget()
        self._backlog.clear()
        self._search = self._unanswered = None
        self._muxer = self._senses.muxer(self._sensors.fail_sound)
        self._file_since_ns = self._first_ns = self._last_ns = self._frames = self._samples = 0
        if self._before is not None and self._holding:
            self._backlog.extend(self._before.held(self._pressed_ns))
        if self._backlog:
            pictures = (item for item in self._backlog if isinstance(item, Frame))
            self._held_from_ns = next(pictures, self._backlog[0]).boottime_ns
            self._report(words.Held(self._held_from_ns // _NS_PER_MS))
        self._sensors.start()

    def _await(self) -> None:
        """Hold the newest seconds from now on; the film that was none goes but for its last group.

        What follows its newest key frame must stay: a press that comes now has to begin with one.
        """
        before = self._before
        if before is None:
            self._drop()
            return
        self._forget_film()
        if self._holding:
            before.keep_newest_group()
        else:
            before.forget()
        self._losses.forget()
        self._holding = True
        self._senses.before_press(True)
        if not before.sound:
            self._sensors.stop_sound()
        self._sensors.start(sound=before.sound)

    def _go(self) -> None:
        self.let_go_of_custody()
        self._way_out.open(self._senses.link())
        for sentence in self._remarks:
            self._report(words.Remarked(sentence))
        if self._before is not None and self._holding:
            self._holding = False
            self._before.forget()
            self._losses.release(self._held_from_ns)

    def _drop(self) -> None:
        self._stop_sensors()
        self._sensors.drain()
        self._holding = False
        self._forget_film()
        if self._before is not None:
            self._before.forget()

    def _write(self, order: words.Overlay | words.Officers) -> None:
        """Say something else in the picture from now on."""
        if isinstance(order, words.Overlay):
            self._senses.overlay(order.trust, order.place)
        else:
            self._remarks = self._senses.officers(order.text)

    def _halt(self) -> None:
        self._stop_sensors()
        self._collect(None)
        if self._muxer is not None:
            self._hold(self._muxer.end())
            self._muxer = None
        if self._search is None:
            self._way_out.end()
        else:  # the film goes first: the search may take a second, and custody waits only two
            self._search.give_up()

    def _end_search(self) -> None:
        """Tell what the search found, once; a film that has ended is over then."""
        if self._search is not None and (found := self._search.answer()) is not None:
            self._report(found)
            self._search = None
            if self._unanswered is not None:
                self._answer_check(self._unanswered)
            elif self._muxer is None and self._check is None:
                self._way_out.end()

    def _answer_check(self, check: SensorCheck) -> None:
        self._unanswered = None
        self._report(check.report())

    def _forget_film(self) -> None:
        if self._unanswered is not None:  # whoever checks must not wait for ever
            self._answer_check(self._unanswered)
        self._muxer = self._search = None
        self._backlog.clear()
        self._way_out.forget()
        self._way_out.let_go()

    def _end_check(self, check: SensorCheck) -> None:
        """Report what the sensors gave since the check began, and let them rest if they may."""
        if self._holding and self._before is not None:
            if not self._before.sound:
                self._sensors.stop_sound()
        else:
            self._stop_sensors()
        for item in self._sensors.drain():
            self._hear(item)
        self._check = None
        if self._search is None:
            self._answer_check(check)
        else:  # it answers in a moment, and the check with it
            self._search.give_up()
            self._unanswered = check

    def _stop_sensors(self) -> None:
        self._sensors.stop()
        self._gives = None

    # -- what the sensors give --------------------------------------------------------------

    def _collect(self, at_most: int | None) -> None:
        """Take what came since, and mux `at_most` items of what waits."""
        for item in self._sensors.drain():
            self._hear(item)
        waiting = len(self._backlog)
        for _ in range(waiting if at_most is None else min(waiting, at_most)):
            self._take(self._backlog.popleft())
        for loss in self._sensors.losses():
            self._tell(loss)

    def _hear(self, item: Frame | Pcm) -> None:
        if self._check is not None:
            self._check.count(item)
            if self._muxer is None and not isinstance(item, Frame):
                self._listen(item)
        if self._before is not None and self._holding:
            self._before.put(item)
        if self._muxer is not None:
            self._backlog.append(item)

    def _take(self, item: Frame | Pcm) -> None:
        if self._muxer is None:
            return
        if isinstance(item, Frame):
            self._frames += 1
            self._first_ns = self._first_ns or item.boottime_ns
            self._last_ns = item.boottime_ns
            self._file_since_ns = self._file_since_ns or item.boottime_ns
            if item.boottime_ns - self._file_since_ns >= self._segment_ns:
                self._file_since_ns = item.boottime_ns
                self._hold(self._muxer.turn())
        else:
            self._samples += len(item.samples) // 2
            self._listen(item)
        self._hold(self._muxer.take(item))

    def _listen(self, pcm: Pcm) -> None:
        if self._search is not None:
            self._search.hear(pcm)

    def _tell_whether_they_give(self) -> None:
        """State it once when it changes, while a recording is made."""
        if self._muxer is None:
            return
        gives = words.Gives(*self._sensors.giving())
        if gives != self._gives:
            self._gives = gives
            self._report(gives)

    def _tell(self, loss: DeviceLost | Lost) -> None:
        now_ns = self._now_ns()
        if isinstance(loss, DeviceLost):
            self._losses.gone(loss, now_ns)
            return
        silent = self._before is not None and not self._before.sound
        told = self._losses.lost(loss, now_ns, unheard_until_ns=self._pressed_ns * silent)
        if self._holding:
            self._losses.hold(told)
        if not self._holding or self._check is not None:
            self._report(told)

    def _hold(self, pieces: Sequence[Piece]) -> None:
        for gone in self._way_out.hold(pieces):
            self._losses.dropped(gone)
