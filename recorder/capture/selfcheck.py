"""The self-check: what was looked at, what it showed, and whether it forbids recording.

A bad check must not leave an officer without a record: only "no key" and "no space" block. All else
is recorded and stated.
"""

from __future__ import annotations

from dataclasses import dataclass

_MINUTES_WARN = 60
_MINUTES_BLOCK = 2


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a check found: counts over one second, peak of 32,767, minutes of storage."""

    frames: int
    samples: int
    loudest: int
    has_fix: bool
    key_signs: bool
    minutes_left: int
    clock: str


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


def examine(vitals: Vitals) -> SelfCheckReport:
    """Judge what was found."""
    return SelfCheckReport(
        (
            _item("key", 1 if vitals.key_signs else 0, "yes", fail_below=1),
            _item("storage", vitals.minutes_left, "min", _MINUTES_BLOCK, _MINUTES_WARN),
            _item("camera", vitals.frames, "frames", fail_below=1),
            _item("microphone", vitals.samples, "samples", fail_below=1),
            _item("sound level", vitals.loudest, "of 32767", warn_below=1),
            _item("clock", 0 if vitals.clock == "none" else 1, "set", warn_below=1),
            _item("gps", 1 if vitals.has_fix else 0, "fix", warn_below=1),
        )
    )


def _item(
    name: str, value: int, unit: str, fail_below: int = 0, warn_below: int = 0
) -> SelfCheckItem:
    verdict = "fail" if value < fail_below else "warn" if value < warn_below else "pass"
    return SelfCheckItem(name, verdict, value, unit)
