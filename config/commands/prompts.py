"""Speak a unit's own prompts, the notice with agency and officers, into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.provision.batch import Person
from config.provision.speech import NOTICE, OFFICERS, files_of, own_clips
from config.refusal import refusal, write_new
from config.words import Words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """0 if the clips are there; on a unit they belong into /etc/shilu/prompts."""
    parser = saying.parser("prompts", __doc__)
    saying.add_layers(parser)
    parser.add_argument("--to", type=Path, required=True, help="a new folder")
    for clip in (NOTICE, OFFICERS):
        parser.add_argument(f"--recorded-{clip}", type=Path, help="a person's WAV in its place")
    parser.add_argument(
        "--pinyin", action="append", default=[], metavar="NAME=SYLLABLES", help="how a name is read"
    )
    return saying.run(parser, argv, _prompts)


def _prompts(args: argparse.Namespace) -> int:
    config = load.load(*saying.layers(args))
    readings = dict(word.split("=", 1) for word in args.pinyin if "=" in word)
    people = tuple(
        Person(one.name, one.number, readings.get(one.name, "")) for one in config.unit.officers
    )
    given = {NOTICE: args.recorded_notice, OFFICERS: args.recorded_officers}
    clips = own_clips(config, people, {clip: path for clip, path in given.items() if path})
    if not clips:
        raise refusal(
            config.unit.number,
            Words("没有登记够执法人员，告知念不出姓名", "names too few officers"),
            Words("在 unit.toml 里写 [[officers]]", "Write [[officers]] into unit.toml"),
        )
    for name, data in files_of(clips).items():
        write_new(args.to / name, data)
    for clip in clips:
        print(f"{clip.id}.wav  {clip.sha256[:16]}  {clip.text}")
        print(f"  {clip.pinyin or '真人录音 recorded by a person'}")
    return saying.OK
