"""Every prompt has a wording, a WAV in the agreed form, and something to be heard in it."""

from __future__ import annotations

import shutil
import tomllib
import wave
from pathlib import Path

import numpy as np
import pytest

from recorder.devices.prompts import PromptsUnreadable, load_prompts

FOLDER = Path(__file__).parents[2] / "config" / "prompts"
LISTED = tomllib.loads((FOLDER / "prompts.toml").read_text("utf-8"))["prompt"]
IDS = [entry["id"] for entry in LISTED]
JOINED = {entry["id"] for entry in LISTED if not entry["text"].endswith("。")}


@pytest.mark.parametrize("id_", IDS)
def test_a_prompt_is_sixteen_kilohertz_mono_and_audible(id_: str) -> None:
    with wave.open(str(FOLDER / f"{id_}.wav"), "rb") as clip:
        assert (clip.getframerate(), clip.getnchannels(), clip.getsampwidth()) == (16_000, 1, 2)
        assert clip.getnframes() > (0.12 if id_ in JOINED else 0.3) * 16_000
    prompt = load_prompts(FOLDER)[id_]
    assert np.abs(prompt.samples).max() > 3000


def test_no_wav_lies_about_without_a_wording() -> None:
    assert {path.stem for path in FOLDER.glob("*.wav")} == set(IDS)


def test_a_wording_and_its_pinyin_have_as_many_syllables() -> None:
    for entry in LISTED:
        characters = sum("一" <= char <= "鿿" for char in entry["text"])
        assert len(entry["pinyin"].split()) == characters, entry["id"]


def test_all_prompts_together_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.wav")) < 5_000_000
    assert all(path.stat().st_size < 300_000 for path in FOLDER.glob("*.wav"))


def test_a_missing_clip_is_named_with_its_remedy(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "prompts.toml", tmp_path)
    with pytest.raises(PromptsUnreadable, match=r"boot\.wav.*render\.py"):
        load_prompts(tmp_path)


@pytest.mark.parametrize("listing", ["", "prompt = 3", "[[prompt]]\nid = 'x'", "not toml ["])
def test_a_listing_that_is_none_is_named(tmp_path: Path, listing: str) -> None:
    (tmp_path / "prompts.toml").write_text(listing)
    with pytest.raises(PromptsUnreadable, match=r"prompts\.toml"):
        load_prompts(tmp_path)


def test_a_clip_in_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "prompts.toml").write_text("[[prompt]]\nid = 'x'\ntext = 'x'\n")
    with wave.open(str(tmp_path / "x.wav"), "wb") as clip:
        clip.setnchannels(2)
        clip.setsampwidth(2)
        clip.setframerate(16_000)
        clip.writeframes(bytes(400))
    with pytest.raises(PromptsUnreadable, match="not 16 bit mono"):
        load_prompts(tmp_path)
