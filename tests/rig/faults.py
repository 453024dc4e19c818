"""What goes wrong around a unit while it records, and what of it must stand in the log afterwards.

The table in docs/devices.md is this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.rig.remote import pass_seconds
from tests.rig.unit import MARK_PIN, RECORD_PIN, RigUnit

if TYPE_CHECKING:
    from collections.abc import Callable

OK_AGAIN_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class Fault:
    """`entry` names the record, or the line of the sidecar; `word` stands in its cause."""

    name: str
    happens: str
    entry: str
    source: str
    word: str
    do: Callable[[RigUnit], None]


def _camera(words: str, seconds: float) -> Callable[[RigUnit], None]:
    def do(unit: RigUnit) -> None:
        unit.camera_fault(words)
        pass_seconds(seconds)
        unit.camera_fault("ok")
        pass_seconds(OK_AGAIN_SECONDS)

    return do


def _unplug_microphone(unit: RigUnit) -> None:
    unit.world.card.kill()
    pass_seconds(2.5)
    unit.world.card.start()
    pass_seconds(2.5)


def _hang_sound(unit: RigUnit) -> None:
    unit.world.card.freeze()
    pass_seconds(2.0)
    unit.world.card.thaw()
    pass_seconds(2.0)


def _break_receiver(unit: RigUnit) -> None:
    unit.receiver.break_down()
    pass_seconds(4.0)
    unit.receiver.mend()
    pass_seconds(1.5)


def _step(seconds: int) -> Callable[[RigUnit], None]:
    def do(unit: RigUnit) -> None:
        assert unit.clock is not None
        unit.clock.step(seconds)
        pass_seconds(1.5)

    return do


def _stick_button(unit: RigUnit) -> None:
    unit.move(f"{MARK_PIN} 0")
    pass_seconds(4.0)
    unit.move(f"{MARK_PIN} 1")
    pass_seconds(0.2)


def _bounce(unit: RigUnit) -> None:
    unit.move(f"{RECORD_PIN} 0 1 0 1 0 1 0")
    pass_seconds(0.15)
    unit.move(f"{RECORD_PIN} 1 0 1 0 1")
    pass_seconds(1.0)


def _kill_lens(unit: RigUnit) -> None:
    at_ms = unit.kill_lens()
    unit.press(MARK_PIN)
    unit.until("gap", since_ms=at_ms, source="lens")
    pass_seconds(OK_AGAIN_SECONDS)


def _mute_speaker(unit: RigUnit) -> None:
    unit.world.card.mute_speaker()


def _of_camera(name: str, happens: str, word: str, control: str, seconds: float) -> Fault:
    return Fault(name, happens, "gap", "camera", word, _camera(control, seconds))


CAMERA = (
    _of_camera("stall", "no picture for 1.5 s", "stalled", "stall", 1.5),
    _of_camera("freeze", "one picture for 2.5 s", "frozen", "freeze", 2.5),
    _of_camera("black", "a covered lens for 2.5 s", "black", "black", 2.5),
    _of_camera("slow", "a third of the rate for 2.5 s", "slowly", "slow 3", 2.5),
    _of_camera("error", "pictures marked bad for 1 s", "skipped", "error", 1.0),
    _of_camera("drop", "a fifth of the pictures for 1.5 s", "skipped", "drop 20", 1.5),
    _of_camera("unplugged", "nothing for 7 s, though opened anew", "stalled", "stall", 7.0),
)
_NOTHING = ("gap", "microphone", "given nothing")
SOUND = (
    Fault("microphone unplugged", "no card for 2.5 s", *_NOTHING, _unplug_microphone),
    Fault("sound server hung", "no answer for 2 s", *_NOTHING, _hang_sound),
)
STUCK = Fault("stuck button", "mark is down for 4 s", "mark", "button", "one", _stick_button)
BOUNCE = Fault("bounce", "record bounces as if worn out", "mark", "button", "one", _bounce)
OTHERS = (
    Fault("receiver babbles", "garbage for 4 s", "no_fix", "gps", "", _break_receiver),
    Fault("clock stepped", "an hour on", "clock_step", "clock", "+1 h", _step(3600)),
    Fault("clock stepped back", "an hour back", "clock_step", "clock", "−1 h", _step(0)),
    STUCK,
    BOUNCE,
)
LENS = Fault(
    "lens killed", "SIGKILL at three random moments", "gap", "lens", "signal 9", _kill_lens
)
SPEAKER = Fault(
    "speaker muted", "nobody hears the notice", "notice", "speaker", "not heard", _mute_speaker
)
ALL = (*CAMERA, *SOUND, *OTHERS, LENS, SPEAKER)


def table() -> str:
    """The table as docs/devices.md has it."""
    lines = ["| fault | what happens | entry | that says |", "|---|---|---|---|"]
    lines += [f"| {f.name} | {f.happens} | `{f.entry}` | {f.word or '–'} |" for f in ALL]
    return "\n".join(lines) + "\n"
