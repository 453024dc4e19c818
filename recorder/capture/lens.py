"""The lens: sensors in, pieces out. It may be killed at any moment; nothing true lives only here.

One thread owns everything here; the sensors' threads only put into lanes. The lens films when told,
holds what it filmed until custody has opened a recording, and hands over from then on. What custody
does not call durable is handed over again to the next custody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from recorder.capture import lens_words as words
from recorder.capture.lanes import Lane
from recorder.capture.ports import DeviceLost, Frame, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recorder.capture.ports import Camera, Lost, Microphone, Muxer, Pcm, Piece
    from recorder.capture.ring import Ring

_NS_PER_MS = 1_000_000
CHECK_NS = 1_000_000_000
"""How long a check of the sensors lasts."""


class CustodyGone(Exception):
    """Custody's socket closed or refuses; the sentence says what is known."""


class CustodyLink(Protocol):
    """The lens's connection to custody; it never blocks."""

    def hand_over(self, piece: Piece) -> None:
        """Queue one piece; CustodyGone if the connection is over."""
        ...

    def end(self) -> None:
        """Queue the word that nothing more will come."""
        ...

    def settle(self) -> int:
        """Move bytes; how many pieces became durable since the last call."""
        ...

    @property
    def busy(self) -> bool:
        """Whether queued bytes still wait for room in the socket."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class NoticeSearch(Protocol):
    """Looks for the notice in what the microphone hears."""

    def hear(self, pcm: Pcm) -> words.NoticeSought | None:
        """Listen on; the answer once enough was heard."""
        ...

    def give_up(self) -> words.NoticeSought:
        """The answer from what was heard so far."""
        ...


@dataclass(frozen=True, slots=True)
class Senses:
    """What the lens films with; `link` connects to custody, `seek` begins to look for a clip."""

    camera: Camera
    microphone: Microphone
    muxer: Callable[[Callable[[Lost], None]], Muxer]
    link: Callable[[], CustodyLink]
    seek: Callable[[str], NoticeSearch]
    say: Callable[[str], None]
    overlay: Callable[[str, str], None]
    remarks: tuple[str, ...] = ()  # what is wrong with the picture from the start; told each time


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
        self._ring = ring
        self._report = report
        self._segment_ns = segment_seconds * 1_000_000_000
        self._pictures = Lane(Source.CAMERA, limit=256)
        self._sounds = Lane(Source.MICROPHONE, limit=1024)
        self._muxer: Muxer | None = None
        self._link: CustodyLink | None = None
        self._search: NoticeSearch | None = None
        self._check_until_ns: int | None = None
        self._halting = False
        self._ended = False
        self._file_since_ns = 0
        self._frames = self._samples = self._first_ns = self._last_ns = self._loudest = 0

    def obey(self, order: words.Order) -> None:
        """Do as the conductor says; CustodyGone if it says go and custody is not there."""
        match order:
            case words.Film():
                self._film()
            case words.Go():
                self._go()
            case words.Drop():
                self._drop()
            case words.Said(clip, notice):
                self._senses.say(clip)
                self._search = self._senses.seek(clip) if notice else self._search
            case words.Halt():
                self._halt()
            case words.Overlay(trust, place):
                self._senses.overlay(trust, place)
            case words.Check():
                self._check_until_ns = self._now_ns() + CHECK_NS
                self._frames = self._samples = self._loudest = 0
                self._start_sensors()

    def work(self) -> None:
        """Move what the sensors gave towards custody; CustodyGone when it went away."""
        if self._check_until_ns is not None and self._now_ns() >= self._check_until_ns:
            self._end_check()
        items: list[Frame | Pcm] = [*self._pictures.drain(), *self._sounds.drain()]
        for item in sorted(items, key=lambda item: item.boottime_ns):
            self._take(item)
        for loss in [*self._pictures.losses(), *self._sounds.losses()]:
            self._tell(loss)
        self._hand_over()

    def alive(self) -> words.Alive:
        """How far it has come."""
        first_ms, last_ms = self._first_ns // _NS_PER_MS, self._last_ns // _NS_PER_MS
        return words.Alive(self._frames, self._samples, first_ms, last_ms)

    def _end_check(self) -> None:
        """Report what the sensors gave since the check began, and let them rest."""
        self._stop_sensors()
        for item in [*self._pictures.drain(), *self._sounds.drain()]:
            self._count(item)
        self._check_until_ns = None
        self._report(words.Checked(self._frames, self._samples, self._loudest))

    def let_go_of_custody(self) -> None:
        """Custody is gone: film on, and hold everything for the next one."""
        if self._link is not None:
            self._link.close()
        self._link = None
        self._ended = False

    def _film(self) -> None:
        if self._check_until_ns is not None:
            self._end_check()
        self._ring.forget()
        self._muxer = self._senses.muxer(self._sounds.fail)
        self._halting = self._ended = False
        self._file_since_ns = self._first_ns = self._last_ns = self._frames = self._samples = 0
        self._start_sensors()

    def _start_sensors(self) -> None:
        """Start both; one that does not answer is told and does not cost the other."""
        try:
            self._senses.camera.start(self._pictures.put, self._pictures.fail)
        except DeviceLost as loss:
            self._pictures.fail(loss)
        try:
            self._senses.microphone.start(self._sounds.put, self._sounds.fail)
        except DeviceLost as loss:
            self._sounds.fail(loss)

    def _stop_sensors(self) -> None:
        self._senses.camera.stop()
        self._senses.microphone.stop()

    def _go(self) -> None:
        self.let_go_of_custody()
        self._link = self._senses.link()
        self._ring.begin_again()
        for sentence in self._senses.remarks:
            self._report(words.Remarked(sentence))

    def _drop(self) -> None:
        self._stop_sensors()
        self._pictures.drain()
        self._sounds.drain()
        self._muxer = self._search = None
        self._ring.forget()
        self.let_go_of_custody()

    def _halt(self) -> None:
        self._stop_sensors()
        self.work()
        if self._search is not None:
            self._report(self._search.give_up())
            self._search = None
        if self._muxer is not None:
            self._hold(self._muxer.end())
            self._muxer = None
        self._halting = True

    def _take(self, item: Frame | Pcm) -> None:
        self._count(item)
        if self._muxer is None:
            return
        if isinstance(item, Frame):
            self._first_ns = self._first_ns or item.boottime_ns
            self._last_ns = item.boottime_ns
            self._file_since_ns = self._file_since_ns or item.boottime_ns
            if item.boottime_ns - self._file_since_ns >= self._segment_ns:
                self._file_since_ns = item.boottime_ns
                self._hold(self._muxer.turn())
        elif self._search is not None and (found := self._search.hear(item)) is not None:
            self._report(found)
            self._search = None
        self._hold(self._muxer.take(item))

    def _count(self, item: Frame | Pcm) -> None:
        if isinstance(item, Frame):
            self._frames += 1
            return
        self._samples += len(item.samples) // 2
        if self._check_until_ns is not None:
            peak = max(memoryview(item.samples).cast("h"), default=0)
            self._loudest = max(self._loudest, peak)

    def _hold(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            gone = self._ring.add(piece)
            if gone is not None:
                self._report(
                    words.WasLost(
                        "custody",
                        gone.frames,
                        gone.from_ns // _NS_PER_MS,
                        gone.to_ns // _NS_PER_MS,
                        "custody stayed away longer than the lens can hold",
                    )
                )

    def _hand_over(self) -> None:
        link = self._link
        if link is None:
            return
        while not link.busy and (piece := self._ring.unsent()) is not None:
            link.hand_over(piece)
            self._ring.handed_over()
        if self._halting and not self._ended and self._ring.unsent() is None and not link.busy:
            link.end()
            self._ended = True
        self._ring.durable(link.settle())
        if self._ended and not link.busy:
            self._halting = self._ended = False
            self._report(words.Halted())

    def _tell(self, loss: DeviceLost | Lost) -> None:
        now_ms = self._last_ns // _NS_PER_MS
        if isinstance(loss, DeviceLost):
            self._report(words.WasLost(loss.source.value, -1, now_ms, now_ms, str(loss)))
            return
        since_ms = loss.since_ns // _NS_PER_MS
        self._report(
            words.WasLost(
                loss.source.value, loss.count, since_ms, max(since_ms, now_ms), loss.cause
            )
        )
