"""The self-check: what was looked at, what it showed, and whether it forbids recording.

A bad check must not leave an officer without a record: only "no key" and "no space" block. All else
is recorded and stated. A value that nobody knows is −1 and a warning, never a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture.conductor.condition import (
    LOW_MINUTES,
    LOW_PERCENT,
    UNKNOWN,
    Doubt,
)

if TYPE_CHECKING:
    from recorder.capture.conductor.condition import Condition

MINUTES_BLOCK = 2
_QUIET = 30
"""A peak of less than this of 32,767 is no room, it is a microphone that is covered or dead."""
_LOUD = 32_000
HEARS_ITSELF_PERMILLE = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sensors showed: counts, the sound's peak, why the picture shows nothing.

    `own_voice` is how surely the microphone heard the unit's own tone, −1 if it was not looked for.
    """

    frames: int
    samples: int
    loudest: int
    picture_fault: str = ""
    own_voice: int = UNKNOWN


@dataclass(frozen=True, slots=True)
class SelfCheckItem:
    """One thing looked at; `verdict` is pass, warn or fail, `value` an integer in `unit`."""

    item: str
    verdict: str
    value: int
    unit: str


@dataclass(frozen=True, slots=True)
class SelfCheckReport:
    """All of it, in the order it is spoken."""

    items: tuple[SelfCheckItem, ...]

    @property
    def verdict(self) -> str:
        """The worst of all items."""
        verdicts = {item.verdict for item in self.items}
        return next(v for v in ("fail", "warn", "pass") if v in verdicts)

    @property
    def blocks(self) -> bool:
        """Whether a recording must be refused: no key, or no space."""
        return any(i.item in {"key", "storage"} and i.verdict == "fail" for i in self.items)


def examine(seen: Seen, now: Condition, *, key_signs: bool) -> SelfCheckReport:
    """Judge what was found."""
    return SelfCheckReport(
        (
            _at_least("key", 1 if key_signs else 0, "yes", fail_below=1),
            _at_least("storage", now.storage_minutes, "min", MINUTES_BLOCK, LOW_MINUTES),
            *battery(now),
            *supply(now),
            *clock(now),
            _at_least("camera", seen.frames, "frames", fail_below=1),
            *_picture(seen),
            _at_least("microphone", seen.samples, "samples", fail_below=1),
            *_sound(seen),
            _at_least("gps", 1 if now.has_fix else 0, "fix", warn_below=1),
            unsent(now),
        )
    )


def battery(now: Condition) -> tuple[SelfCheckItem, ...]:
    """How long the battery lasts, or at least how full it is; both unknown is a warning."""
    if now.supply is not None and now.supply.on_mains:
        return (SelfCheckItem("mains", "pass", 1, "yes"),)
    if now.battery_minutes == UNKNOWN and now.battery_percent != UNKNOWN:
        return (_at_least("battery", now.battery_percent, "percent", warn_below=LOW_PERCENT),)
    return (_at_least("battery", now.battery_minutes, "min", warn_below=LOW_MINUTES),)


def supply(now: Condition) -> tuple[SelfCheckItem, ...]:
    """Whether voltage and heat are as they should be; nothing where nobody measures them."""
    if now.supply is None:
        return ()
    weak = SelfCheckItem("under-voltage", "warn" if now.supply.under_voltage else "pass",
                         int(now.supply.under_voltage), "yes")  # fmt: skip
    return (weak, SelfCheckItem("heat", "warn" if now.hot else "pass", now.supply.degrees, "C"))


def clock(now: Condition) -> tuple[SelfCheckItem, ...]:
    """Whether the clock is trusted, with its stated error; and what a satellite says against it."""
    error_ms = UNKNOWN if now.clock is None else now.clock.error_ms
    source = "none" if now.clock is None else now.clock.source.value
    stated = SelfCheckItem("clock", "warn" if Doubt.TIME in now.doubts else "pass", error_ms,
                           f"ms error by {source}")  # fmt: skip
    if not now.gps_differs_ms:
        return (stated,)
    verdict = "warn" if Doubt.TIME in now.doubts else "pass"
    return (stated, SelfCheckItem("clock against gps", verdict, now.gps_differs_ms, "ms"))


def unsent(now: Condition) -> SelfCheckItem:
    """How many segments still have to be handed in."""
    segments = UNKNOWN if now.journey is None else now.journey.segments
    late = now.overdue or segments == UNKNOWN
    return SelfCheckItem("unsent", "warn" if late else "pass", segments, "segments")


def _picture(seen: Seen) -> tuple[SelfCheckItem, ...]:
    """A camera that gives pictures which show nothing."""
    if not seen.frames:
        return ()
    bad = bool(seen.picture_fault)
    return (SelfCheckItem("picture", "fail" if bad else "pass", int(not bad), "shows something"),)


def _sound(seen: Seen) -> tuple[SelfCheckItem, ...]:
    """Level and the unit's own tone, of a microphone that gives anything."""
    if not seen.samples:
        return ()
    fair = _QUIET <= seen.loudest <= _LOUD
    level = SelfCheckItem("sound level", "pass" if fair else "warn", seen.loudest, "of 32767")
    voice = _at_least("own voice", seen.own_voice, "permille", warn_below=HEARS_ITSELF_PERMILLE)
    return (level, voice)


def _at_least(
    name: str, value: int, unit: str, fail_below: int = 0, warn_below: int = 0
) -> SelfCheckItem:
    if value == UNKNOWN:
        return SelfCheckItem(name, "warn", value, unit)
    verdict = "fail" if value < fail_below else "warn" if value < warn_below else "pass"
    return SelfCheckItem(name, verdict, value, unit)
