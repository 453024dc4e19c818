"""The Speaker port: says prompts into the bench unit's air, and shows what is being said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.capture.lens.notice import resampled
from recorder.devices.prompts import NoSuchPrompt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from recorder.devices.bench.air import Air
    from recorder.devices.pace import Pace
    from recorder.devices.prompts import Prompt


class BenchSpeaker:
    """Each prompt goes into `air`; its caption goes to `on_caption` at once."""

    def __init__(
        self,
        prompts: Mapping[str, Prompt],
        air: Air,
        pace: Pace,
        on_caption: Callable[[Prompt], None],
    ) -> None:
        self._prompts = prompts
        self._air = air
        self._pace = pace
        self._on_caption = on_caption
        self.muted = False

    def say(self, *clips: str) -> None:
        """Return at once; one after the other. NoSuchPrompt if there is no clip with this id."""
        for clip in clips:
            prompt = self._prompts.get(clip)
            if prompt is None:
                raise NoSuchPrompt(clip, self._prompts)
            if not self.muted:
                samples = resampled(prompt.samples, prompt.rate_hz, self._air.rate_hz)
                sound = samples.round().clip(-32768, 32767).astype("int16")
                self._air.say(sound, self._pace.now_ns())
            self._on_caption(prompt)

    def hush(self) -> None:
        """Let what waits to be said go; what sounds now sounds to its end."""
        self._air.hush(self._pace.now_ns())
