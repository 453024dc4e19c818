"""Make the WAV of every prompt in prompts.toml: `python config/prompts/render.py [id ...]`.

It needs espeak-ng. The voice is cmn-latn-pinyin, because espeak-ng 1.51 speaks the tone numbers
of its voice cmn in English; so prompts.toml holds the pinyin beside the wording.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tomllib
import wave
from pathlib import Path

import numpy as np

RATE_HZ = 16_000
_WORDS_PER_MINUTE = 225
_NOTICE_WORDS_PER_MINUTE = 250  # long sentences: below ten seconds, and 300 kB
_EDGE_SECONDS = 0.05
_FOLDER = Path(__file__).parent


def words_per_minute(id_: str) -> int:
    """Return how fast the prompt with this id is spoken."""
    return _NOTICE_WORDS_PER_MINUTE if id_.startswith("notice.") else _WORDS_PER_MINUTE


def render(speaker: str, pinyin: str, speed: int = _WORDS_PER_MINUTE) -> bytes:
    """Return a WAV of 16 kHz, mono, 16 bit, without silence at its ends; raises if espeak fails."""
    spoken = subprocess.run(
        [speaker, "-v", "cmn-latn-pinyin", "-s", str(speed), "--stdout", pinyin],
        capture_output=True,
        check=True,
    ).stdout
    # On a pipe espeak-ng cannot know the length: the header's is invalid, the samples are the rest.
    start = spoken.index(b"data") + 8
    with wave.open(io.BytesIO(spoken), "rb") as clip:
        from_hz = clip.getframerate()
    sound = _trimmed(np.frombuffer(spoken[start : start + (len(spoken) - start) // 2 * 2], "<i2"))
    length = len(sound) * RATE_HZ // from_hz
    slow = np.fft.irfft(np.fft.rfft(sound)[: length // 2 + 1], length) * (length / len(sound))
    made = io.BytesIO()
    with wave.open(made, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(RATE_HZ)
        clip.writeframes(np.clip(np.rint(slow), -32768, 32767).astype("<i2").tobytes())
    return made.getvalue()


def _trimmed(sound: np.ndarray) -> np.ndarray:
    loud = np.flatnonzero(np.abs(sound) > 300)
    edge = int(_EDGE_SECONDS * 22_050)
    return sound[max(loud[0] - edge, 0) : loud[-1] + edge].astype(np.float64)


def main(wanted: list[str]) -> str | None:
    """Render the prompts with these ids, or all of them; return what is wrong, if anything is."""
    speaker = shutil.which("espeak-ng")
    if speaker is None:
        return "espeak-ng is not installed: apt install espeak-ng"
    with (_FOLDER / "prompts.toml").open("rb") as listing:
        prompts = tomllib.load(listing)["prompt"]
    if unknown := set(wanted) - {prompt["id"] for prompt in prompts}:
        return f"prompts.toml has no {', '.join(sorted(unknown))}"
    for prompt in prompts:
        if not wanted or prompt["id"] in wanted:
            file = _FOLDER / f"{prompt['id']}.wav"
            speed = words_per_minute(prompt["id"])
            file.write_bytes(render(speaker, prompt["pinyin"], speed))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
