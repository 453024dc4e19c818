"""The prompts of a unit: one WAV and one caption for each id, made beforehand."""

from __future__ import annotations

import tomllib
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


RATE_HZ = 16_000
"""Of every clip: a sentence is several of them, played as one."""


class NoSuchPrompt(Exception):
    """Asked for an id that has no prompt."""

    def __init__(self, asked: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no prompt {asked!r}; there are: {', '.join(sorted(known))}.")


class PromptsUnreadable(Exception):
    """The prompts folder is not complete; the sentence names the file and the remedy."""


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """What is said: `text` as the caption shows it, `samples` mono s16 at `rate_hz`."""

    id: str
    text: str
    samples: NDArray[np.int16]
    rate_hz: int


def prompts_as_markdown(folder: Path) -> str:
    """Return what a unit says, as docs/unit.md shows it; the clips of numbers are left out."""
    rows = ["| id | text |", "|---|---|"]
    rows += [
        f"| `{prompt.id}` | {prompt.text} |"
        for prompt in load_prompts(folder).values()
        if not prompt.id.startswith(("n.", "notice."))
    ]
    return "\n".join(rows)


def load_prompts(folder: Path) -> dict[str, Prompt]:
    """Read `prompts.toml` and the WAV of each id in it; PromptsUnreadable if one is missing."""
    try:
        with (folder / "prompts.toml").open("rb") as listing:
            stated = tomllib.load(listing)["prompt"]
        pairs = [(str(entry["id"]), str(entry["text"])) for entry in stated]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise PromptsUnreadable(
            f"{folder / 'prompts.toml'} cannot be read ({error}); restore it from the package."
        ) from error
    return {id_: _prompt(folder, id_, text) for id_, text in pairs}


def _prompt(folder: Path, id_: str, text: str) -> Prompt:
    path = folder / f"{id_}.wav"
    try:
        with wave.open(str(path), "rb") as clip:
            form = (clip.getnchannels(), clip.getsampwidth(), clip.getframerate())
            samples = np.frombuffer(clip.readframes(clip.getnframes()), "<i2").astype(np.int16)
    except (OSError, EOFError, wave.Error) as error:
        raise PromptsUnreadable(
            f"{path} cannot be read ({error}); make it with config/prompts/render.py."
        ) from error
    if form != (1, 2, RATE_HZ):
        raise PromptsUnreadable(f"{path} is not 16 bit mono at 16 kHz; make it with render.py.")
    return Prompt(id_, text, samples, form[2])
