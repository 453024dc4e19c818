"""The prompts of a unit: one WAV and one caption for each id, made beforehand."""

from __future__ import annotations

import hashlib
import tomllib
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


RATE_HZ = 16_000
"""Of every clip: a sentence is several of them, played as one."""
BY_THE_OFFICER = "rec.notice"


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


def load_prompts(
    shipped: Path, *own: Path, remark: Callable[[str], None] | None = None
) -> dict[str, Prompt]:
    """Read what every unit says, and over it what this unit says in its own words, if it has any.

    Raise PromptsUnreadable if a listing cannot be read, a listed clip is missing, or is not the
    one that was listed. With `remark` that is only said of the unit's own: it speaks without them.
    """
    prompts = _folder(shipped)
    for folder in own:
        if folder.exists():
            try:
                prompts |= _folder(folder)
            except PromptsUnreadable as spoilt:
                if remark is None:
                    raise
                remark(str(spoilt))
    return prompts


def notice_clip(prompts: Mapping[str, Prompt], wanted: str, wording: str) -> str:
    """Return the id of the notice to speak: the wanted one, if it says what it must today.

    A clip that names other officers is worse than none: then the officer is asked to say it.
    """
    clip = prompts.get(wanted)
    return wanted if clip is not None and clip.text == wording else BY_THE_OFFICER


def _folder(folder: Path) -> dict[str, Prompt]:
    try:
        with (folder / "prompts.toml").open("rb") as listing:
            stated = tomllib.load(listing)["prompt"]
        listed = [
            (str(entry["id"]), str(entry["text"]), str(entry.get("sha256", ""))) for entry in stated
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise PromptsUnreadable(
            f"{folder / 'prompts.toml'} cannot be read ({error}); restore it from the package."
        ) from error
    return {id_: _prompt(folder, id_, text, sha256) for id_, text, sha256 in listed}


def _prompt(folder: Path, id_: str, text: str, sha256: str) -> Prompt:
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
    if sha256 and hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest() != sha256:
        raise PromptsUnreadable(
            f"{path} is not the clip that was listed with it; make both with shilu config prompts."
        )
    return Prompt(id_, text, samples, form[2])
