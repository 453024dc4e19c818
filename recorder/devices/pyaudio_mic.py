"""The Microphone port through PyAudio, in callback mode: the callback stamps, queues and returns.

PortAudio says nothing when a card dies: no callback comes, no error, and the stream may stay
"active". So the age of the newest callback is watched; a lost card is opened anew every second, by
a new PyAudio, since an old one never finds it again. An overflow flag tells that sound is gone,
never how much: that is in the stamps.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyaudio

from recorder.capture.ports import DeviceLost, Lost, Pcm, Source
from recorder.devices.sound_cards import no_such_card, sound_card
from recorder.devices.sound_stamps import Heard, SoundStamps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SECOND_NS = 1_000_000_000
_BLOCKS_PER_SECOND = 50
_SILENT_NS = _SECOND_NS
_ANSWERS_SECONDS = 1.5
_TICK_SECONDS = 0.2
_STOPS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Overflow:
    at_ns: int


class _Stream:
    """One opened card. `facts` fills from PortAudio's thread."""

    def __init__(self, name: str, rate_hz: int, now_ns: Callable[[], int]) -> None:
        """DeviceLost if the card cannot be opened."""
        self._now_ns = now_ns
        self.facts: queue.SimpleQueue[Heard | _Overflow] = queue.SimpleQueue()
        self._audio = pyaudio.PyAudio()
        try:
            self._stream = self._audio.open(
                rate=rate_hz,
                channels=1,
                format=pyaudio.paInt16,
                input=True,
                input_device_index=sound_card(self._audio, name, "maxInputChannels"),
                frames_per_buffer=rate_hz // _BLOCKS_PER_SECOND,
                stream_callback=self._called,
            )
        except (OSError, ValueError) as error:
            self._audio.terminate()
            raise no_such_card("microphone", name, error) from error

    def _called(
        self, samples: bytes | None, _count: int, times: Mapping[str, float], status: int
    ) -> tuple[None, int]:
        """On PortAudio's thread. Its clock is a wall clock: only the age within one call counts."""
        now_ns = self._now_ns()
        if status & pyaudio.paInputOverflow:
            self.facts.put(_Overflow(now_ns))
        if samples:
            age_ns = round((times["current_time"] - times["input_buffer_adc_time"]) * _SECOND_NS)
            self.facts.put(Heard(samples, now_ns - max(age_ns, 0)))
        return None, pyaudio.paContinue

    def close(self) -> None:
        """Let the card go; harmless when it is gone already."""
        with suppress(OSError):
            self._stream.close()
        self._audio.terminate()


class PyAudioMicrophone:
    """The card whose name contains `name`; empty: the machine's default."""

    def __init__(self, name: str, rate_hz: int, now_ns: Callable[[], int]) -> None:
        self._name = name
        self._rate_hz = rate_hz
        self._now_ns = now_ns
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self._rate_hz

    def start(
        self, on_pcm: Callable[[Pcm], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        """Return with the first sound; DeviceLost if the card cannot be opened or stays silent."""
        self.stop()
        stream = _Stream(self._name, self._rate_hz, self._now_ns)
        self._stop = threading.Event()
        answered = threading.Event()
        self._thread = threading.Thread(
            target=self._listen,
            args=(stream, self._stop, answered, on_pcm, on_lost),
            name="microphone",
            daemon=True,
        )
        self._thread.start()
        if not answered.wait(_ANSWERS_SECONDS):
            self.stop()
            raise DeviceLost(
                Source.MICROPHONE,
                f"The microphone gave no sound within {_ANSWERS_SECONDS} s; check its plug.",
            )

    def stop(self) -> None:
        """Return when no further sound will come; harmless when already stopped."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            # A sound server that hangs keeps the thread; it delivers nothing more all the same.
            self._thread.join(_STOPS_SECONDS)
            self._thread = None

    def _listen(
        self,
        stream: _Stream,
        stop: threading.Event,
        answered: threading.Event,
        on_pcm: Callable[[Pcm], None],
        on_lost: Callable[[DeviceLost | Lost], None],
    ) -> None:
        """Deliver on our own thread until stopped; a lost card is told once and opened anew."""
        present: _Stream | None = stream
        while present is not None:
            heard_ns = self._deliver(present, stop, answered, on_pcm, on_lost)
            if stop.is_set():
                present.close()
                return
            silent_ms = (self._now_ns() - heard_ns) // 1_000_000
            on_lost(
                DeviceLost(
                    Source.MICROPHONE,
                    f"The microphone has given nothing for {silent_ms} ms;"
                    " it is opened anew each second. If it stays so, check its plug.",
                )
            )
            present.close()
            present = self._opened_anew(stop)

    def _deliver(
        self,
        stream: _Stream,
        stop: threading.Event,
        answered: threading.Event,
        on_pcm: Callable[[Pcm], None],
        on_lost: Callable[[DeviceLost | Lost], None],
    ) -> int:
        """Hand over until stopped or silent; return when the last sound came."""
        stamps = SoundStamps(self._rate_hz)
        newest_ns = self._now_ns()
        while not stop.is_set():
            try:
                fact = stream.facts.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                if answered.is_set() and self._now_ns() - newest_ns >= _SILENT_NS:
                    break
                continue
            if isinstance(fact, _Overflow):
                cause = "the sound card overflowed; the silence that follows says how much is gone"
                on_lost(Lost(Source.MICROPHONE, 0, fact.at_ns, cause))
                continue
            newest_ns = self._now_ns()
            answered.set()
            for pcm in stamps.take(fact):
                on_pcm(pcm)
        if not stop.is_set():
            for pcm in stamps.rest():
                on_pcm(pcm)
        return newest_ns

    def _opened_anew(self, stop: threading.Event) -> _Stream | None:
        """Try once a second until it opens; None when stopped."""
        while not stop.wait(1.0):
            with suppress(DeviceLost):  # told already; it goes on being lost
                return _Stream(self._name, self._rate_hz, self._now_ns)
        return None
