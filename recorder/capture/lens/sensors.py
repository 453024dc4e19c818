"""Camera and microphone as the lens holds them: started and stopped one by one, never waited for.

One that does not answer is told and does not cost the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.lens.lanes import Lane
from recorder.capture.ports import DeviceLost, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture.ports import Camera, Frame, Lost, Microphone, Pcm

_DEAD_AFTER_NS = 1_000_000_000


class _Sensor:
    """One of the two, its way in, and when it last gave something."""

    def __init__(self, device: Camera | Microphone, source: Source, limit: int) -> None:
        self.lane = Lane(source, limit)
        self._device = device
        self._alive_ns: int | None = None

    def start(self, now_ns: int) -> None:
        self._alive_ns = None
        try:
            self._device.start(self.lane.put, self.lane.fail)
        except DeviceLost as loss:
            self.lane.fail(loss)
        else:
            self._alive_ns = now_ns

    def stop(self) -> None:
        self._device.stop()
        self._alive_ns = None

    def drain(self) -> list[Frame | Pcm]:
        items = self.lane.drain()
        # What still lay here when it was stopped does not make it one that works.
        if items and self._alive_ns is not None:
            self._alive_ns = max(self._alive_ns, items[-1].boottime_ns)
        return items

    def gives(self, now_ns: int) -> bool:
        return self._alive_ns is not None and now_ns - self._alive_ns < _DEAD_AFTER_NS


class Sensors:
    """Both of them. One thread calls it; the sensors' own threads only put into lanes."""

    def __init__(self, camera: Camera, microphone: Microphone, now_ns: Callable[[], int]) -> None:
        self._camera = _Sensor(camera, Source.CAMERA, limit=256)
        self._microphone = _Sensor(microphone, Source.MICROPHONE, limit=1024)
        self._now_ns = now_ns

    def start(self, *, sound: bool = True) -> None:
        """Start each that gives nothing now; without `sound`, the camera alone."""
        for sensor in (self._camera, self._microphone) if sound else (self._camera,):
            if not sensor.gives(self._now_ns()):
                sensor.start(self._now_ns())

    def stop(self) -> None:
        """Let both rest."""
        self._camera.stop()
        self._microphone.stop()

    def stop_sound(self) -> None:
        """Let the microphone rest."""
        self._microphone.stop()

    def drain(self) -> list[Frame | Pcm]:
        """Everything that came since, by the instant at which it was taken."""
        items = [*self._camera.drain(), *self._microphone.drain()]
        return sorted(items, key=lambda item: item.boottime_ns)

    def losses(self) -> list[DeviceLost | Lost]:
        """What was lost since."""
        return [*self._camera.lane.losses(), *self._microphone.lane.losses()]

    def fail_sound(self, loss: DeviceLost | Lost) -> None:
        """Take note of sound that was lost behind the microphone."""
        self._microphone.lane.fail(loss)

    def giving(self) -> tuple[bool, bool]:
        """Whether camera and microphone gave anything in the last second."""
        now_ns = self._now_ns()
        return self._camera.gives(now_ns), self._microphone.gives(now_ns)
