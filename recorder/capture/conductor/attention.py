"""What the unit says without being asked: what runs out, what is lost, and that it films.

Told the condition whenever it changes, and once a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.conductor.alarms import Alarms

if TYPE_CHECKING:
    from recorder.capture.conductor.deeds import Deeds

_MS_PER_MINUTE = 60_000


class Attention:
    """Says each thing when it gets worse; `remind_minutes` 0 never says that it films."""

    def __init__(self, deeds: Deeds, remind_minutes: int) -> None:
        self._deeds = deeds
        self._remind_ms = remind_minutes * _MS_PER_MINUTE
        self._reminded_ms: int | None = None
        self._alarms = Alarms()
        self._camera = self._microphone = True

    def follow(self, *, filming: bool) -> None:
        """Say and remember what the condition of now asks for."""
        now = self._deeds.upkeep.now
        for alarm in self._alarms.look(now, filming=filming):
            if alarm.clips:
                self._deeds.voice.say(*alarm.clips)
            if alarm.item is not None:
                self._deeds.state_item(alarm.item)
        if self._camera and not now.camera and now.microphone:
            self._deeds.voice.say("audio.only")
        if self._microphone and not now.microphone and now.camera:
            self._deeds.voice.say("mic.bad")
        if (self._camera or self._microphone) and not (now.camera or now.microphone):
            self._deeds.voice.say("selftest.fail", "part.camera", "selftest.fail.end")
        self._camera, self._microphone = now.camera, now.microphone
        self._remind(filming=filming)

    def _remind(self, *, filming: bool) -> None:
        now_ms = self._deeds.now_ms()
        if not filming or self._reminded_ms is None:
            self._reminded_ms = now_ms if filming else None
        elif self._remind_ms and now_ms - self._reminded_ms >= self._remind_ms:
            self._reminded_ms = now_ms
            self._deeds.voice.say("rec.remind")
