"""Which of the five agencies tells the story: its rules, its name, its unit and its notice."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from config import load
from config.prompts.render import render, words_per_minute

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "baofeng-minzheng"
_UNITS = {
    "baofeng-minzheng": "BF-0007",
    "hengyang-linye": "HY-0007",
    "lingchuan-ziran": "LC-0007",
    "luohe-xumu": "LH-0007",
    "yuxian-yingji": "YX-0007",
}


@dataclass(frozen=True, slots=True)
class Agency:
    """One shipped regulation, and who works by it in the story."""

    id: str
    name: str
    unit: str

    @property
    def clip(self) -> str:
        """The id of its spoken notice."""
        return f"notice.{self.id.partition('-')[0]}"


def agency(rules: str) -> Agency:
    """Give the agency of a shipped rule file; ConfigRefused if there is no such file."""
    regulation = load.load_rules(load.shipped(rules)).regulation
    return Agency(rules, regulation.agency, _UNITS[rules])


def make_prompts(of: Agency, folder: Path) -> Path:
    """Write the unit's prompts; the notice is spoken anew where espeak-ng is there to speak."""
    with resources.as_file(resources.files("config.prompts")) as shipped:
        folder.mkdir(parents=True)
        for file in (*shipped.glob("*.wav"), shipped / "prompts.toml"):
            shutil.copy(file, folder)
    speaker = shutil.which("espeak-ng")
    if speaker is not None:
        listed = tomllib.loads((folder / "prompts.toml").read_text(encoding="utf-8"))["prompt"]
        pinyin = next(one["pinyin"] for one in listed if one["id"] == of.clip)
        # A speaker that fails costs nothing: the shipped notice is spoken then.
        with contextlib.suppress(subprocess.CalledProcessError):
            sound = render(speaker, pinyin, words_per_minute(of.clip))
            (folder / f"{of.clip}.wav").write_bytes(sound)
    return folder
