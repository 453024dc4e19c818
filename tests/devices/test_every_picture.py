"""Half a minute through the whole way, from the sensor to the sealed file and back: all is there.

The unit is real from picamera2 and PyAudio to custody's keys; the sensor numbers its pictures with
bars, flashes at each second of the wall clock while the room beeps, and everything is read from the
finished, decrypted, decoded films.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.capture.lens.notice import HEARD_PERMILLE
from recorder.capture.ports import Picture
from recorder.devices.prompts import load_prompts
from tests.custody.judge import disproofs
from tests.rig.accounts import check_accounts
from tests.rig.films import pictures
from tests.rig.remote import pass_seconds
from tests.rig.rooms import PROMPTS
from tests.rig.shot import Shot, taken_apart
from tests.rig.unit import NOTICE, RigUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rig.accounts import Counted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PICTURE = Picture(1280, 720, 30, 4_000_000)
SEGMENT_SECONDS, SECONDS = 5, 17
STEP_MS = 1000 / PICTURE.rate_hz
MOST_APART_MS = 40


@pytest.fixture(scope="module")
def unit(need: Callable[[str], Path]) -> Iterator[RigUnit]:
    """A unit that has recorded, and ended."""
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        unit = RigUnit(Path(folder), need, PICTURE, SEGMENT_SECONDS)
        try:
            unit.until_ready()
            unit.beep()
            unit.record()
            pass_seconds(SECONDS)
            unit.stop()
        finally:
            unit.close()
        yield unit


@pytest.fixture(scope="module")
def shot(unit: RigUnit) -> Shot:
    return taken_apart(unit)


def test_every_picture_of_the_sensor_is_in_the_film_once_or_in_a_stated_gap(shot: Shot) -> None:
    gone = check_accounts(shot.pictures, shot.gaps)
    assert len(shot.pictures) + gone >= SECONDS * PICTURE.rate_hz
    assert gone <= shot.late + shot.starved  # by the rig's own book, and not one of ours besides


def test_capture_gives_the_sensor_its_memory_back_in_time(shot: Shot) -> None:
    """Where a busy machine cannot even call a timer in time, capture may be as late, not later."""
    assert shot.starved <= max(shot.late, len(shot.pictures) // 50)


def test_a_new_file_costs_no_picture_and_doubles_none(shot: Shot) -> None:
    assert len(shot.files) > SECONDS // SEGMENT_SECONDS
    turns = [(before.pictures[-1], after.pictures[0]) for before, after in pairwise(shot.files)]
    assert all(first.number > last.number for last, first in turns)
    # Where a busy machine was a sensor too late, it was so within files as well.
    uneven_ms = max(off_beat_ms(*pair) for file in shot.files for pair in pairwise(file.pictures))
    assert max(off_beat_ms(*turn) for turn in turns) < max(STEP_MS / 2, uneven_ms)


def off_beat_ms(last: Counted, first: Counted) -> float:
    """How far the time between two pictures is from what their numbers say."""
    return abs(first.at_ms - last.at_ms - (first.number - last.number) * STEP_MS)


def test_the_log_states_what_the_films_hold(shot: Shot) -> None:
    spans = [segment.span for segment in shot.segments]
    assert [span.frames for span in spans] == [len(file.pictures) for file in shot.files]
    assert shot.stop.frames == len(shot.pictures)
    for span, file in zip(spans, shot.files, strict=True):
        assert abs(span.last_ms - file.pictures[-1].at_ms) <= 2


def test_a_stock_player_joins_the_files_to_one_film(
    unit: RigUnit, shot: Shot, need: Callable[[str], Path], tmp_path: Path
) -> None:
    names = []
    for film, segment in unit.each_film():
        file = tmp_path / f"{segment.segment}.mp4"
        file.write_bytes(film)
        names.append(f"file '{file}'\n")
    (tmp_path / "list").write_text("".join(names))
    whole = tmp_path / "whole.mp4"
    subprocess.run(
        [need("ffmpeg"), "-v", "error", "-f", "concat", "-safe", "0", "-i", tmp_path / "list",
         "-c", "copy", whole],
        check=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    joined = [picture.number for picture in pictures(whole.read_bytes(), 0)]
    assert joined == [picture.number for picture in shot.pictures]


def test_sound_and_picture_are_together_from_the_first_file_to_the_last(shot: Shot) -> None:
    assert all(file.flashes for file in shot.files[:-1])
    assert len(shot.late_ms) >= len(shot.files) - 1
    assert max(map(abs, shot.late_ms)) <= MOST_APART_MS


def test_the_notice_is_heard_and_the_log_says_which_and_how_well(shot: Shot) -> None:
    clip = load_prompts(PROMPTS)[NOTICE].samples.astype("<i2").tobytes()
    (notice,) = shot.notices
    assert notice.heard
    assert notice.score_permille > HEARD_PERMILLE * 2
    assert notice.clip_sha256 == hashlib.sha256(clip).hexdigest()


def test_the_verifier_has_nothing_against_it(unit: RigUnit) -> None:
    assert disproofs(unit.house) == set()
