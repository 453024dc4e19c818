"""The Camera port through picamera2: Raspberry Pi cameras, encoded by the chip or in this process.

picamera2 runs everything on one loop of its own, and an exception there ends that loop for good:
frames stop, and stopping it hangs for ever. So nothing of ours may raise on it: what it calls puts
into a queue and returns; a thread of ours delivers, watches and judges.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from picamera2 import MappedArray, Picamera2

from recorder.capture.ports import DeviceLost, Frame, Lost, Picture, Source
from recorder.devices.pi_encoding import Broken, Hand, guarded
from recorder.devices.watch import Look, PictureWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from recorder.devices.coding import Coding
    from recorder.devices.picture_text import PictureText

_ANSWERS_SECONDS = 1.8
"""The conductor takes a lens for dead after 2 s of silence, so `start` must answer before."""
_STOPS_SECONDS = 2.0
_LOOK_EACH = 16
"""Every sixteenth pixel of every sixteenth row is looked at."""
_TICK_SECONDS = 0.2
_BUFFERS = 6


_Fact = Frame | Look | Broken


class PicameraCamera:
    """The first camera of this machine; `open` finds and configures it ahead of `start`.

    `lines` is asked for the lines of picture text at each picture's instant, on picamera2's
    loop; should it raise, the picture goes without text and the cause is reported.
    """

    def __init__(
        self,
        wanted: Picture,
        coding: Coding,
        text: PictureText,
        lines: Callable[[int], tuple[str, ...]],
        now_ns: Callable[[], int],
    ) -> None:
        self._coding = coding
        self._text = text
        self._lines = lines
        self._now_ns = now_ns
        self._facts: queue.SimpleQueue[_Fact | None] = queue.SimpleQueue()
        self._shift_ns = 0
        self._hung = False
        self._stopping = threading.Event()
        self._moving = threading.Lock()  # starts and stops of picamera2, one after the other
        self._delivery: threading.Thread | None = None
        self._camera: Any = None
        self._picture = wanted
        self._lux = -1

    def open(self) -> None:
        """Find and configure it, which takes longer than a press may; DeviceLost if there is none.

        Harmless when open already.
        """
        if self._camera is None:
            self._camera, self._picture = _opened(self._picture)
            self._camera.pre_callback = self._before_encoding

    @property
    def picture(self) -> Picture:
        """What it films, as it was really granted."""
        return self._picture

    @property
    def lux(self) -> int:
        """As libcamera estimates it from exposure, gains and picture; −1 before the first one."""
        return self._lux

    def start(
        self, on_frame: Callable[[Frame], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        """Return with the first picture; DeviceLost if none came within 1.8 s."""
        self.stop()
        if self._hung:
            raise DeviceLost(
                Source.CAMERA, "The camera hangs since it was stopped; the lens must be restarted."
            )
        self.open()
        facts: queue.SimpleQueue[_Fact | None] = queue.SimpleQueue()
        self._facts = facts
        # libcamera stamps by CLOCK_MONOTONIC; the unit's clock also counts time asleep.
        # A busy machine may pause between the two: the largest of some has the shortest pause.
        self._shift_ns = max(
            self._now_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC) for _ in range(5)
        )
        answered = threading.Event()
        self._delivery = threading.Thread(
            target=self._deliver,
            args=(facts, answered, on_frame, on_lost),
            name="camera delivery",
            daemon=True,
        )
        self._stopping.clear()
        self._delivery.start()
        try:
            self._record(facts)
        except (RuntimeError, OSError, ValueError) as error:
            self.stop()
            raise DeviceLost(
                Source.CAMERA, f"The camera does not start ({error}); restart the unit."
            ) from error
        if not answered.wait(_ANSWERS_SECONDS):
            self.stop()
            raise DeviceLost(
                Source.CAMERA,
                f"The camera gave no picture within {_ANSWERS_SECONDS} s;"
                " check its ribbon cable and change the unit.",
            )

    def stop(self) -> None:
        """Return when no further frame will come, within 2 s even if picamera2 hangs."""
        if self._delivery is None:
            return
        self._stopping.set()
        # On a thread of its own: with a stalled codec this never returns.
        stopping = threading.Thread(target=self._stop_recording, name="camera stop", daemon=True)
        stopping.start()
        stopping.join(_STOPS_SECONDS)
        self._hung = self._hung or stopping.is_alive()
        self._facts.put(None)
        if self._delivery is not threading.current_thread():
            self._delivery.join()
        self._delivery = None

    def close(self) -> None:
        """Give the camera back, for another process or a new start."""
        self.stop()
        if self._camera is not None and not self._hung:
            self._camera.close()
            self._camera = None

    def _record(self, facts: queue.SimpleQueue[_Fact | None]) -> None:
        encoder = guarded(self._coding, self._picture, facts.put)
        self._camera.start_recording(encoder, Hand(encoder, facts.put, self._shift_ns))

    def _stop_recording(self) -> None:
        with self._moving, suppress(RuntimeError):  # it was never started, or is stopped already
            if self._camera is not None:
                self._camera.stop_recording()

    def _revival(self, facts: queue.SimpleQueue[_Fact | None]) -> threading.Thread:
        reviving = threading.Thread(
            target=self._revive, args=(facts,), name="camera revival", daemon=True
        )
        reviving.start()
        return reviving

    def _revive(self, facts: queue.SimpleQueue[_Fact | None]) -> None:
        """Open the stalled camera anew, on a thread of its own: it may hang for ever."""
        with self._moving:
            if self._stopping.is_set():
                return
            try:
                if self._camera is not None:
                    with suppress(RuntimeError):
                        self._camera.stop_recording()
                    self._camera.close()
                    self._camera = None
                self.open()
                self._record(facts)
            except (DeviceLost, RuntimeError, OSError, ValueError) as error:
                facts.put(Broken("the restart", str(error)))

    def _before_encoding(self, request: Any) -> None:  # noqa: ANN401 – picamera2 is untyped
        """On picamera2's loop: look at the picture, then burn the text in. Never raises."""
        facts = self._facts
        try:
            metadata = request.get_metadata()
            sensor_ns: int = metadata["SensorTimestamp"]
            self._lux = round(metadata.get("Lux", -1))
            number = next(iter(request.request.buffers.values())).metadata.sequence
            boottime_ns = sensor_ns + self._shift_ns
            with MappedArray(request, "main") as mapped:
                luma = mapped.array[: self._picture.height, : self._picture.width]
                sample = luma[::_LOOK_EACH, ::_LOOK_EACH].tobytes()
                facts.put(Look(sample, boottime_ns, number))
                self._text.burn(luma, self._lines(boottime_ns))
        except Exception as error:  # noqa: BLE001 – what passes here ends picamera2's loop for good
            facts.put(Broken("the picture text", f"{type(error).__name__}: {error}"))

    def _deliver(
        self,
        facts: queue.SimpleQueue[_Fact | None],
        answered: threading.Event,
        on_frame: Callable[[Frame], None],
        on_lost: Callable[[DeviceLost | Lost], None],
    ) -> None:
        """Hand over what the loop queued, on our own thread, until stopped."""
        told_broken: set[str] = set()
        reviving: threading.Thread | None = None
        watch: PictureWatch | None = None
        while True:
            try:
                fact = facts.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                if watch is not None:
                    _tell(watch.tick(self._now_ns()), on_lost)
                    busy = reviving is not None and reviving.is_alive()
                    if watch.wants_anew(self._now_ns()) and not busy:
                        reviving = self._revival(facts)
                continue
            match fact:
                case None:
                    return
                case Frame():
                    answered.set()
                    on_frame(fact)
                case Look():
                    # Before the first picture there is nothing that one could be missing from.
                    watch = watch or PictureWatch(
                        self._picture.rate_hz, fact.boottime_ns, fact.number - 1
                    )
                    _tell(watch.saw(fact), on_lost)
                case Broken(where, sentence):
                    if where not in told_broken:
                        told_broken.add(where)
                        on_lost(DeviceLost(Source.CAMERA, f"In {where} of the camera: {sentence}."))


def _opened(wanted: Picture) -> tuple[Any, Picture]:
    """Return the first camera, configured, and what it grants; DeviceLost if there is none."""
    if not Picamera2.global_camera_info():
        raise DeviceLost(
            Source.CAMERA, "No camera was found; check its ribbon cable, then restart the unit."
        )
    try:
        camera = Picamera2()
        camera.configure(
            camera.create_video_configuration(
                main={"size": (wanted.width, wanted.height), "format": "YUV420"},
                buffer_count=_BUFFERS,
                controls={"FrameRate": float(wanted.rate_hz)},
            )
        )
    except (RuntimeError, IndexError, OSError) as error:
        raise DeviceLost(
            Source.CAMERA,
            f"The camera cannot film {wanted.width}x{wanted.height} at {wanted.rate_hz}"
            f" ({error}); choose another picture, or end the program that holds it.",
        ) from error
    width, height = camera.camera_configuration()["main"]["size"]
    return camera, Picture(width, height, wanted.rate_hz, wanted.bits_per_second)


def _tell(facts: Iterable[DeviceLost | Lost], on_lost: Callable[[DeviceLost | Lost], None]) -> None:
    for fact in facts:
        on_lost(fact)
