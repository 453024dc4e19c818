"""What the conductor touches: a real unit's pins, voice and receiver, or a bench's stand-ins."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.devices.bench.desk import Desk
from recorder.devices.bench.gps import BenchGps
from recorder.devices.bench.hands import BenchSignals
from recorder.devices.pace import BoottimePace
from recorder.devices.power import SysPower

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from config.schema import Effective
    from recorder.capture.ports import (
        Buttons,
        Edge,
        Gps,
        Lamp,
        NightSight,
        Power,
        Signals,
        Speaker,
    )
    from recorder.devices.prompts import Prompt

GPS_BITS_PER_SECOND = 9_600
GPS_LINE = "/dev/serial0"
_SYS = Path("/sys")
_BUILT = datetime(2026, 11, 1, tzinfo=UTC)
"""No receiver may claim to be older than this program."""


@dataclass(frozen=True, slots=True)
class Hands:
    """`look` passes on what was pressed since; True if a self-check was asked for."""

    buttons: Buttons
    look: Callable[[], bool]
    signals: Signals
    speaker: Speaker
    gps: Gps
    power: Power
    finish: Callable[[], None]  # say what waits, before the process ends
    night: NightSight | None = None


def bench_hands(
    config: Effective,
    desk_socket: Path,
    captions: Mapping[str, str],
    tell: Callable[..., None],
) -> Hands:
    """Stand-ins: a desk for buttons, words for lamp and voice, a log for the receiver."""
    desk = Desk(desk_socket, tell)
    return Hands(
        buttons=desk.buttons,
        look=desk.look,
        signals=BenchSignals(lambda *lamps: tell("lamp", **_lamp(*lamps)), lambda: tell("felt")),
        speaker=ToldSpeaker(captions, tell, None),  # its sound is the lens's air
        gps=BenchGps(Path(config.unit.devices.gps), BoottimePace(), _BUILT),
        power=desk.power,
        finish=lambda: None,
    )


def device_hands(
    config: Effective,
    prompts: Mapping[str, Prompt],
    captions: Mapping[str, str],
    tell: Callable[..., None],
    pins: object | None = None,
) -> Hands:
    """The pins, the speaker and the receiver of a real unit; GpioMissing if a pin is not there.

    `pins` is a gpiozero pin factory; without one, those of this machine.
    """
    # Their libraries are on a unit only.
    from recorder.devices.gpio import GpioSignals, unit_buttons, unit_pins  # noqa: PLC0415
    from recorder.devices.gpio_night import night_sight_of  # noqa: PLC0415
    from recorder.devices.pyaudio_speaker import PyAudioSpeaker  # noqa: PLC0415
    from recorder.devices.serial_gps import SerialGps  # noqa: PLC0415

    parts, now_ns = config.unit.devices, BoottimePace().now_ns

    def remember(sentence: str) -> None:
        tell("log", sentence=sentence)

    pins = unit_pins() if pins is None else pins
    buttons = unit_buttons(pins, parts.record_button_pin, parts.mark_button_pin, now_ns, remember)
    panel = Panel(buttons)
    signals = GpioSignals(
        pins,
        parts.lamp_pin,
        parts.buzzer_pin,
        parts.vibration_pin,
        now_ns,
        remind_seconds=config.unit.reminder.minutes * 60,
    )
    speaker = PyAudioSpeaker(prompts, parts.speaker, remember)
    return Hands(
        buttons=panel,
        look=panel.look,
        signals=ToldSignals(signals, tell),
        speaker=ToldSpeaker(captions, tell, speaker),
        gps=SerialGps(Path(parts.gps or GPS_LINE), GPS_BITS_PER_SECOND, _BUILT, now_ns),
        power=SysPower(_SYS, now_ns, remember),
        finish=speaker.stop,
        night=night_sight_of(pins, parts.ir_cut_pin, parts.ir_cut_high, parts.ir_light_pin, tell),
    )


class Panel:
    """Buttons whose edges wait until the conductor's own thread looks."""

    def __init__(self, buttons: Buttons) -> None:
        self._buttons = buttons
        self._edges: queue.SimpleQueue[Edge] = queue.SimpleQueue()
        self._on_edge: Callable[[Edge], None] = lambda _edge: None

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """Report each edge from within `look`."""
        self._on_edge = on_edge
        self._buttons.listen(self._edges.put)

    def look(self) -> bool:
        """Pass on what was pressed since; a real unit has no desk to ask for a self-check."""
        while not self._edges.empty():
            self._on_edge(self._edges.get())
        return False


class ToldSignals:
    """Lamp, buzzer and motor, each change of which is told as well."""

    def __init__(self, signals: Signals, tell: Callable[..., None]) -> None:
        self._signals = signals
        self._tell = tell
        self._shown: tuple[Lamp, Lamp | None] | None = None

    def show(self, lamp: Lamp, beside: Lamp | None = None) -> None:
        """Show this state from now on; a change of it is told."""
        self._signals.show(lamp, beside)
        if (lamp, beside) != self._shown:
            self._shown = (lamp, beside)
            self._tell("lamp", **_lamp(lamp, beside))

    def feel(self) -> None:
        """Answer a press first, then tell."""
        self._signals.feel()
        self._tell("felt")


class ToldSpeaker:
    """A voice whose captions are told; without a speaker, the words alone."""

    def __init__(
        self, captions: Mapping[str, str], tell: Callable[..., None], speaker: Speaker | None
    ) -> None:
        self._captions = captions
        self._tell = tell
        self._speaker = speaker

    def say(self, *clips: str) -> None:
        """Return at once; one sentence after the other."""
        if self._speaker is not None:
            self._speaker.say(*clips)
        text = "".join(self._captions.get(clip, clip) for clip in clips)
        self._tell("said", clip=clips[0], text=text)

    def hush(self) -> None:
        """Forget the sentences that wait."""
        if self._speaker is not None:
            self._speaker.hush()


def _lamp(lamp: Lamp, beside: Lamp | None = None) -> dict[str, str]:
    return {"lamp": lamp.value} if beside is None else {"lamp": lamp.value, "beside": beside.value}
