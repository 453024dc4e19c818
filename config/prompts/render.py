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
_JOINED_EDGE_SECONDS = 0.01  # clips that are put together into one sentence
_TONE_SECONDS = 0.75
_TONE_HZ = (300, 3400)
_FOLDER = Path(__file__).parent


def words_per_minute(id_: str) -> int:
    """Return how fast the prompt with this id is spoken."""
    return _NOTICE_WORDS_PER_MINUTE if id_.startswith("notice.") else _WORDS_PER_MINUTE


def edge_seconds(text: str) -> float:
    """Return how much silence a clip keeps at its ends: little, if its sentence goes on."""
    return _EDGE_SECONDS if text.endswith("。") else _JOINED_EDGE_SECONDS


def tone() -> bytes:
    """Return a WAV of a tone that rises through the band of speech, softly begun and ended."""
    at = np.arange(int(_TONE_SECONDS * RATE_HZ)) / RATE_HZ
    low, high = _TONE_HZ
    wave = np.sin(2 * np.pi * (low * at + (high - low) * at**2 / (2 * _TONE_SECONDS)))
    edge = np.minimum(1.0, np.minimum(at, _TONE_SECONDS - at) / _EDGE_SECONDS)
    return _wav(12_000 * wave * edge)


def render(
    speaker: str, pinyin: str, speed: int = _WORDS_PER_MINUTE, edge: float = _EDGE_SECONDS
) -> bytes:
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
    whole = np.frombuffer(spoken[start : start + (len(spoken) - start) // 2 * 2], "<i2")
    sound = _trimmed(whole, int(edge * from_hz))
    length = len(sound) * RATE_HZ // from_hz
    slow = np.fft.irfft(np.fft.rfft(sound)[: length // 2 + 1], length) * (length / len(sound))
    return _wav(slow)


def _wav(sound: np.ndarray) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(RATE_HZ)
        clip.writeframes(np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes())
    return made.getvalue()


def _trimmed(sound: np.ndarray, edge: int) -> np.ndarray:
    loud = np.flatnonzero(np.abs(sound) > 300)
    return sound[max(loud[0] - edge, 0) : loud[-1] + edge].astype(np.float64)


def _clip(speaker: str, prompt: dict[str, str]) -> bytes:
    if not prompt["pinyin"]:
        return tone()
    speed = words_per_minute(prompt["id"])
    return render(speaker, prompt["pinyin"], speed, edge_seconds(prompt["text"]))


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
            file.write_bytes(_clip(speaker, prompt))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
