"""The unit's own voice: agency and officers by name, read as people read them."""

from __future__ import annotations

import hashlib
import io
import tomllib
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import load
from config.command import main
from config.notice import notice_text
from config.provision.speech import name_pinyin, pinyin_of
from recorder.devices.prompts import (
    BY_THE_OFFICER,
    PromptsUnreadable,
    load_prompts,
    notice_clip,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "config" / "prompts"
LISTED = tomllib.loads((SHIPPED / "prompts.toml").read_text("utf-8"))["prompt"]
OFFICERS = """[[officers]]
name = "{}"
number = "41042101"
[[officers]]
name = "{}"
number = "41042102"
"""


def layers(agency: Path, folder: Path, *names: str) -> tuple[Path, Path, Path]:
    unit = folder / "unit.toml"
    unit.write_text('format = 1\nnumber = "BF-0001"\nkind = "device"\n' + OFFICERS.format(*names))
    return agency / "fleet" / "rules.toml", agency / "fleet" / "fleet.toml", unit


def prompts(agency: Path, folder: Path, *more: str, names: tuple[str, str]) -> int:
    files = layers(agency, folder, *names)
    given = [w for name, one in zip(("rules", "fleet", "unit"), files, strict=True)
             for w in (f"--{name}", str(one))]  # fmt: skip
    return main(["prompts", *given, "--to", str(folder / "own"), *more])


def recorded(path: Path, rate_hz: int = 16_000) -> bytes:
    """Write a person's recording, two seconds of it."""
    out = io.BytesIO()
    with wave.open(out, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(rate_hz)
        clip.writeframes(bytes(range(256)) * (rate_hz // 64))
    path.write_bytes(out.getvalue())
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("单雄信", "shan4 xiong2 xin4"),
        ("仇英", "qiu2 ying1"),
        ("解缙", "xie4 jin4"),
        ("曾国藩", "zeng1 guo2 fan1"),
        ("万俟卨", "mo4 qi2 xie4"),
        ("单于晴", "chan2 yu2 qing2"),
        ("王建国", "wang2 jian4 guo2"),
        ("欧阳解", "ou1 yang2 jie3"),  # 解 is read so as a surname only
    ],
)
def test_a_surname_is_read_as_people_read_it(name: str, read: str) -> None:
    assert name_pinyin(name) == read


@pytest.mark.parametrize("agency", ["baofeng", "hengyang", "lingchuan", "luohe", "yuxian"])
def test_the_notices_read_by_hand_are_read_the_same_by_the_program(agency: str) -> None:
    by_hand = next(entry for entry in LISTED if entry["id"] == f"notice.{agency}")
    assert pinyin_of(by_hand["text"], {}).split() == by_hand["pinyin"].split()


@pytest.mark.slow
def test_the_notice_names_the_agency_and_the_units_own_officers(
    agency: Path, tmp_path: Path, need: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    need("espeak-ng")
    assert prompts(agency, tmp_path, names=("单雄信", "仇英")) == 0
    config = load.load(*layers(agency, tmp_path, "单雄信", "仇英"))
    wording = notice_text(config.rules, "宝丰县民政局", ["单雄信", "仇英"])
    own = load_prompts(SHIPPED, tmp_path / "own")
    assert own["notice"].text == wording
    assert own["officers"].text == "执法人员：单雄信、仇英。"
    assert "shan4 xiong2 xin4, qiu2 ying1" in capsys.readouterr().out
    assert notice_clip(own, "notice", wording) == "notice"
    listed = tomllib.loads((tmp_path / "own" / "prompts.toml").read_text("utf-8"))["prompt"]
    digest = hashlib.sha256(own["notice"].samples.tobytes()).hexdigest()
    assert listed[0]["sha256"] == digest, "by this digest the log of a recording names the clip"


@pytest.mark.slow
def test_other_officers_other_sound(
    agency: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("espeak-ng")
    heard = []
    for names in (("单雄信", "仇英"), ("王建国", "李四")):
        folder = tmp_path / names[0]
        folder.mkdir()
        assert prompts(agency, folder, names=names) == 0
        heard.append((folder / "own" / "notice.wav").read_bytes())
    assert heard[0] != heard[1]


def test_a_notice_that_names_others_is_not_spoken(agency: Path, tmp_path: Path) -> None:
    person = tmp_path / "person.wav"
    recorded(person)
    spoken = ("--recorded-notice", str(person), "--recorded-officers", str(person))
    assert prompts(agency, tmp_path, *spoken, names=("单雄信", "仇英")) == 0
    own = load_prompts(SHIPPED, tmp_path / "own")
    config = load.load(*layers(agency, tmp_path, "王建国", "李四"))
    today = notice_text(config.rules, "宝丰县民政局", ["王建国", "李四"])
    assert notice_clip(own, "notice", today) == BY_THE_OFFICER == "rec.notice"
    assert notice_clip(load_prompts(SHIPPED), "notice", today) == BY_THE_OFFICER


def test_a_persons_recording_takes_the_place_of_the_engine(
    agency: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = tmp_path / "person.wav"
    sound = recorded(person)
    spoken = ("--recorded-notice", str(person), "--recorded-officers", str(person))
    assert prompts(agency, tmp_path, *spoken, names=("单雄信", "仇英")) == 0
    assert (tmp_path / "own" / "notice.wav").read_bytes() == sound
    assert "真人录音" in capsys.readouterr().out


def test_a_recording_in_another_form_is_refused_with_how_to_change_it(
    agency: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = tmp_path / "person.wav"
    recorded(person, 44_100)
    spoken = ("--recorded-notice", str(person), "--recorded-officers", str(person))
    assert prompts(agency, tmp_path, *spoken, names=("单雄信", "仇英")) == 2
    assert "须为 16 kHz、单声道、16 位的 WAV。ffmpeg -i" in capsys.readouterr().err


def test_a_clip_exchanged_on_the_card_is_not_spoken_and_the_unit_still_speaks(
    agency: Path, tmp_path: Path
) -> None:
    person = tmp_path / "person.wav"
    recorded(person)
    spoken = ("--recorded-notice", str(person), "--recorded-officers", str(person))
    assert prompts(agency, tmp_path, *spoken, names=("单雄信", "仇英")) == 0
    clip = tmp_path / "own" / "notice.wav"
    clip.write_bytes(clip.read_bytes()[:-2] + b"\x01\x00")
    with pytest.raises(PromptsUnreadable, match=r"notice\.wav is not the clip that was listed"):
        load_prompts(SHIPPED, tmp_path / "own")
    said: list[str] = []
    assert "notice" not in load_prompts(SHIPPED, tmp_path / "own", remark=said.append)
    assert len(said) == 1


@pytest.mark.slow
def test_flash_puts_each_units_voice_into_its_seed(
    agency: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("espeak-ng")
    fleet = agency / "fleet"
    (fleet / "units.csv").write_text(
        "unit,ssid,psk,officer1,officer1_number,officer2,officer2_number,officer1_pinyin\n"
        "BF-0001,,,单雄信,41042101,仇英,41042102,dan1 xiong2 xin4\n"
        "BF-0002,,,,,,,\n"
    )
    given = tmp_path / "recordings"
    given.mkdir()
    words = ("flash", "--batch", fleet / "units.csv", "--rules", fleet / "rules.toml", "--fleet",
             fleet / "fleet.toml", "--recorded", given, "--to")  # fmt: skip
    assert main([str(word) for word in (*words, tmp_path / "seeds")]) == 0
    first, second = (
        (tmp_path / "seeds" / f"BF-000{n}" / "user-data").read_text("utf-8") for n in (1, 2)
    )
    assert "/etc/shilu/prompts/notice.wav" in first
    assert "/etc/shilu/prompts" not in second, "without names it asks its officers to speak"
    assert ",notice_sha256" in (tmp_path / "seeds" / "flashed.csv").read_text()
    recorded(given / "BF-0001.notice.wav")
    assert main([str(word) for word in (*words, tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "BF-0001" / "user-data").read_text("utf-8") != first


@pytest.mark.parametrize("read", ["shan4", "shan xiong xin", "shan4 xiong2 xin7", "Shan4 a1 b1"])
def test_a_reading_that_does_not_fit_the_name_is_refused(
    agency: Path, tmp_path: Path, read: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = agency / "fleet"
    (fleet / "units.csv").write_text(
        "unit,ssid,psk,officer1,officer1_number,officer1_pinyin\n"
        f"BF-0001,,,单雄信,41042101,{read}\n"
    )
    words = ("flash", "--batch", fleet / "units.csv", "--rules", fleet / "rules.toml", "--fleet",
             fleet / "fleet.toml", "--to", tmp_path / "seeds")  # fmt: skip
    assert main([str(word) for word in words]) == 2
    assert "officer1_pinyin" in capsys.readouterr().err
