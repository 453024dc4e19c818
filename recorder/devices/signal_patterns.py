"""What each state of the unit looks, sounds and feels like (docs/unit.md has the table).

One lamp, one buzzer, one motor: the shape of the pulse tells the states apart, not a colour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recorder.capture.ports import Lamp

if TYPE_CHECKING:
    from collections.abc import Mapping

FEEL_MS = 80


@dataclass(frozen=True, slots=True)
class Pattern:
    """Milliseconds on, off, on, off …; `light` goes round, `beeps` and `buzzes` happen once."""

    light: tuple[int, ...]
    beeps: tuple[int, ...] = ()
    buzzes: tuple[int, ...] = ()
    again_seconds: int = 0  # beeps and buzzes come again so often; 0: never


PATTERNS: Mapping[Lamp, Pattern] = {
    Lamp.STARTING: Pattern((1000, 1000), (), (80,)),
    Lamp.READY: Pattern((100, 2900)),
    Lamp.DOUBTFUL: Pattern((100, 200, 100, 2600), (300,), (80,)),
    Lamp.RECORDING: Pattern((500, 500), (80, 80, 80), (80, 80, 80), 120),
    Lamp.SOUND_ONLY: Pattern((500, 250, 125, 125), (300, 150, 300), (300, 150, 300)),
    Lamp.MARKED: Pattern((60, 60, 60, 60, 500, 260), (40,), (80,)),
    Lamp.PHOTO: Pattern((60, 60, 60, 320, 60, 60, 60, 320), (40, 80, 40), (80,)),
    Lamp.LOW: Pattern((100, 100, 100, 1700)),
    Lamp.ENDING: Pattern((100, 100, 100, 700), (60, 60, 60, 60, 60, 60, 60), (80, 80, 80), 60),
    Lamp.FAULT: Pattern((100, 100), (60, 60, 60, 60, 60, 60, 60, 60, 60), (300,), 20),
    Lamp.UPLOADING: Pattern((1500, 500)),
    Lamp.DONE: Pattern((1000, 0), (600,)),
    Lamp.NOT_HANDED_IN: Pattern((250, 250, 750, 250), (300, 150, 300, 150, 300)),
}


def pattern_of(lamp: Lamp, remind_seconds: int) -> Pattern:
    """Return the pattern; a recording's beeps and buzzes come again so often, 0: never."""
    pattern = PATTERNS[lamp]
    return replace(pattern, again_seconds=remind_seconds) if lamp is Lamp.RECORDING else pattern


MEANINGS: Mapping[Lamp, str] = {
    Lamp.STARTING: "it starts and checks itself",
    Lamp.READY: "a press records",
    Lamp.DOUBTFUL: "a press records, and: time not trusted, no position, something not handed in "
    "in time, a button stuck, a weak supply, or heat",
    Lamp.RECORDING: "it films; the party must see it",
    Lamp.SOUND_ONLY: "it records sound; the camera is lost",
    Lamp.MARKED: "this second is marked; for one second",
    Lamp.PHOTO: "a photo is taken; for one second",
    Lamp.LOW: "battery or card for less than an hour",
    Lamp.ENDING: "battery or card for less than half an hour",
    Lamp.FAULT: "it cannot record, or records nothing",
    Lamp.UPLOADING: "docked, and handing in",
    Lamp.DONE: "docked, and everything is receipted: take me",
    Lamp.NOT_HANDED_IN: "docked, and it does not go on",
}


def patterns_as_markdown(remind_seconds: int = 120) -> str:
    """Return the table of lights as docs/unit.md shows it; milliseconds on and off."""
    rows = [
        "| shows | light, again and again | beeps | vibration | means |",
        "|---|---|---|---|---|",
    ]
    for lamp in Lamp:
        pattern = pattern_of(lamp, remind_seconds)
        light, beeps, buzzes = map(_steps, (pattern.light, pattern.beeps, pattern.buzzes))
        again = pattern.again_seconds
        beeps += f", again every {again} s" if again and pattern.beeps else ""
        rows.append(f"| {lamp.value} | {light} | {beeps} | {buzzes} | {MEANINGS[lamp]} |")
    return "\n".join(rows)


def _steps(steps: tuple[int, ...]) -> str:
    return " ".join(
        f"**{lasts}**" if number % 2 == 0 else str(lasts) for number, lasts in enumerate(steps)
    ) or "–"  # fmt: skip


def shown_at(steps: tuple[int, ...], gone_ms: int, *, round_and_round: bool) -> tuple[bool, int]:
    """Return whether `steps` are on after `gone_ms`, and in how many ms that changes (0: never)."""
    whole = sum(steps)
    if whole == 0 or (gone_ms >= whole and not round_and_round):
        return False, 0
    left = gone_ms % whole
    for number, lasts in enumerate(steps):
        if left < lasts:
            return number % 2 == 0, lasts - left
        left -= lasts
    return False, 0
