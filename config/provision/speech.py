"""The clips that are one unit's own: the notice with agency and officers, and who the officers are.

Spoken by espeak-ng on the technician's computer, or by a person: a recording in the same form takes
the place of either. A unit without names gets no clips; it asks its officers to say the notice.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
import tomllib
import wave
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from pypinyin import Style, lazy_pinyin

from config.notice import notice_text
from config.prompts.render import RATE_HZ, render, words_per_minute
from config.refusal import cannot, refusal, unusable
from config.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from config.provision.batch import Person
    from config.schema import Effective

NOTICE, OFFICERS = "notice", "officers"
_PAUSES = {"，": ",", "、": ",", "。": ".", "：": ",", "；": ",", "！": ".", "？": "."}


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: its wording, how it was read (empty: a person spoke), and its WAV."""

    id: str
    text: str
    pinyin: str
    wav: bytes

    @property
    def sha256(self) -> str:
        """The digest of its samples: what the log of a recording calls `clip_sha256`."""
        with wave.open(io.BytesIO(self.wav), "rb") as sound:
            return hashlib.sha256(sound.readframes(sound.getnframes())).hexdigest()


def own_clips(
    config: Effective, people: tuple[Person, ...], recorded: Mapping[str, Path]
) -> tuple[Clip, ...]:
    """Return the clips of a unit with these officers; none if too few are named.

    `recorded` are WAV files of a person by the clip's id. Raise ConfigRefused if one cannot be
    used, or there is nobody to speak.
    """
    if len(people) < config.rules.crew.officers:
        return ()
    names = [person.name for person in people]
    readings = {person.name: person.pinyin or name_pinyin(person.name) for person in people}
    texts = {
        NOTICE: notice_text(config.rules, config.fleet.agency.name, names),
        OFFICERS: f"执法人员：{'、'.join(names)}。",
    }
    return tuple(
        Clip(clip, text, "", _recording(recorded[clip]))
        if clip in recorded
        else _spoken(clip, text, pinyin_of(text, readings))
        for clip, text in texts.items()
    )


def files_of(clips: tuple[Clip, ...]) -> dict[str, bytes]:
    """Return the files of the unit's own prompts folder by name; none for no clips."""
    if not clips:
        return {}
    listed = [
        "# What this unit says in its own words; made with its seed. sha256 is of the samples."
    ]
    for clip in clips:
        listed += ["", "[[prompt]]"]
        values = {"id": clip.id, "text": clip.text, "pinyin": clip.pinyin, "sha256": clip.sha256}
        listed += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()
        ]
    files = {f"{clip.id}.wav": clip.wav for clip in clips}
    return {"prompts.toml": ("\n".join(listed) + "\n").encode(), **files}


def pinyin_of(text: str, readings: Mapping[str, str]) -> str:
    """Return how a sentence is read, for espeak-ng; `readings` are names that are known."""
    known = {**_readings()["places"], **readings}
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    said: list[str] = []
    for part in re.split(f"({names})", text):
        said += known[part].split() if part in known else _by_dictionary(part)
    return " ".join(said).replace(" ,", ",").replace(" .", ".")


def name_pinyin(name: str) -> str:
    """Return how an officer's name is read: the surname by its own table, the rest as written."""
    surnames = _readings()["surnames"]
    for length in (2, 1):
        if name[:length] in surnames:
            return " ".join([surnames[name[:length]], *_by_dictionary(name[length:])])
    return " ".join(_by_dictionary(name))


def _by_dictionary(text: str) -> list[str]:
    said: list[str] = []
    for part in re.findall(r"[一-鿿]+|[^一-鿿\s]", text):
        if "一" <= part[0] <= "鿿":
            said += lazy_pinyin(part, style=Style.TONE3, neutral_tone_with_five=True)
        else:
            said.append(_PAUSES.get(part, part))
    return said


@cache
def _readings() -> dict[str, dict[str, str]]:
    listed = resources.files("config.prompts").joinpath("readings.toml")
    found: dict[str, dict[str, str]] = tomllib.loads(listed.read_text(encoding="utf-8"))
    return found


@cache
def _spoken(clip: str, text: str, pinyin: str) -> Clip:
    speaker = shutil.which("espeak-ng")
    if speaker is None:
        raise unusable(
            "espeak-ng",
            Words(
                "没有这个程序，念不出告知", "is not installed, and nobody else speaks the notice"
            ),
            Words(
                "apt install espeak-ng，或用 --recorded 给出录音",
                "apt install espeak-ng, or give a recording with --recorded",
            ),
        )
    try:
        wav = render(speaker, pinyin, words_per_minute(f"{clip}."))
    except (subprocess.CalledProcessError, ValueError, IndexError) as error:
        raise unusable(
            "espeak-ng",
            Words(f"念不出来（{error}）", f"did not speak it ({error})"),
            Words("检查姓名和单位名称", "Check the names of agency and officers"),
        ) from error
    return Clip(clip, text, pinyin, wav)


def _recording(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        with wave.open(io.BytesIO(data), "rb") as sound:
            form = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
    except OSError as error:
        raise cannot(path, error) from error
    except (wave.Error, EOFError) as error:
        raise refusal(path, *_FORM) from error
    if form != (RATE_HZ, 1, 2):
        raise refusal(path, *_FORM)
    return data


_FORM = (
    Words("须为 16 kHz、单声道、16 位的 WAV", "must be a WAV of 16 kHz, mono, 16 bit"),
    Words("ffmpeg -i 原文件 -ar 16000 -ac 1 -sample_fmt s16 新文件.wav",
          "ffmpeg -i OLD -ar 16000 -ac 1 -sample_fmt s16 NEW.wav"),
)  # fmt: skip
