"""What was expected, what was seen: the steps as they go, in text, on the page and in a file."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.programs.demo.household import FellShort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Chapter:
    """One step's name in both languages, and what is expected of it."""

    name: str
    name_zh: str
    expected: str


@dataclass(slots=True)
class Seen:
    """Filled in by the step itself."""

    words: str = ""


class Story:
    """Tells each step when it begins and when it is over; a step that falls short ends it."""

    def __init__(self, file: Path, say: Callable[[str], None], show: Callable[..., None]) -> None:
        self._file = file
        self._say = say
        self._show = show
        self._steps: list[dict[str, object]] = []

    @contextmanager
    def step(self, chapter: Chapter) -> Iterator[Seen]:
        """Time one step; what falls short is written down and ends the story."""
        number = len(self._steps) + 1
        self._show(
            "step", number=number, name=chapter.name, name_zh=chapter.name_zh, state="running"
        )
        seen, since = Seen(), time.monotonic()
        try:
            yield seen
        except FellShort as short:
            self._end(chapter, number, str(short), since, ok=False)
            raise
        self._end(chapter, number, seen.words, since, ok=True)

    def _end(self, chapter: Chapter, number: int, seen: str, since: float, *, ok: bool) -> None:
        seconds = round(time.monotonic() - since, 2)
        self._steps.append(
            {
                "name": chapter.name,
                "expected": chapter.expected,
                "seen": seen,
                "ok": ok,
                "seconds": seconds,
            }
        )
        text = json.dumps(self._steps, ensure_ascii=False, indent=1)
        self._file.write_text(text + "\n", encoding="utf-8")
        self._show(
            "step",
            number=number,
            name=chapter.name,
            name_zh=chapter.name_zh,
            state="ok" if ok else "failed",
            seen=seen,
            seconds=seconds,
        )
        mark = "✓" if ok else "✗"
        self._say(f"{mark} {number:2d}  {chapter.name_zh} {chapter.name}  ({seconds:.1f} s)")
        self._say(f"        {seen}")
