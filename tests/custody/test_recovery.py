"""What a start finds and says: cut segments, strangers' files, torn ends, and nothing invented."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.custody.recovery import MOST_READ_BYTES, MOST_STATED
from recorder.evidence.record import (
    Ending,
    InterruptCause,
    Orphan,
    Refused,
    RunBegins,
    Stop,
    StopCause,
)
from recorder.handover import packets as p
from tests.custody.judge import clear_of, disproofs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.custody.rig import Rig


def test_a_cut_segment_is_sealed_as_it_lies_with_what_was_kept(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=4, media_bytes=90_000)
    rig.pass_ms(400)
    before = (rig.settings.spool / "media/000001-0001.mp4.age").read_bytes()
    rig.cut()
    rig.start()
    (segment,) = rig.segments()
    assert (segment.ending, segment.cause) == (Ending.INTERRUPTED, InterruptCause.CUSTODY_LOST)
    assert (segment.media.complete, segment.media.length) == (False, len(before))
    assert segment.span.frames == 48
    assert segment.media.tail is not None
    assert len(clear_of(rig, segment.media)) == segment.media.clear.length > 4 * 90_000
    assert rig.newest(Stop) == Stop(1, StopCause.CUSTODY_LOST, 1, 48)
    assert lens.of(p.Kept)[-1] == p.Kept(5)
    assert disproofs(rig) == set()


def test_a_recording_cut_off_before_its_first_sync_claims_nothing(rig: Rig) -> None:
    conductor, lens = rig.start().conductor(), rig.lens()
    conductor.ask(rig.opening())
    lens.ask(*rig.open_piece())
    rig.cut()
    rig.start()
    (segment,) = rig.segments()
    assert (segment.media.clear.length, segment.standing) == (0, None)
    assert disproofs(rig) == set()


def test_a_recording_cut_off_before_any_piece_just_stops(rig: Rig) -> None:
    rig.start().conductor().ask(rig.opening())
    rig.cut()
    rig.start()
    assert rig.newest(Stop) == Stop(1, StopCause.CUSTODY_LOST, 0, 0)
    assert rig.conductor().of(p.Welcome)[0].interrupted == 1


def test_torn_ends_are_measured_and_stay_as_they_are(rig: Rig) -> None:
    rig.start()
    rig.cut()
    folder = rig.settings.spool / "log"
    for name, torn in (("000001.jsonl", b'{"at":{"boot'), ("000001.heads", b"baofeng-mz.sh")):
        (folder / name).chmod(0o640)
        with (folder / name).open("ab") as file:
            file.write(torn)
    rig.start()
    begins = rig.newest(RunBegins)
    assert not begins.clean
    assert (begins.torn.log_bytes, begins.torn.heads_bytes) == (12, 13)
    assert (folder / "000001.jsonl").read_bytes().endswith(b"boot")
    assert disproofs(rig) == set()


def test_a_file_that_no_record_names_is_named_once_and_left_alone(rig: Rig) -> None:
    rig.start()
    stray = rig.settings.spool / "media" / "000007-0001.mp4.age"
    stray.write_bytes(b"who put this here?")
    for _ in range(2):
        rig.cut()
        rig.start()
    orphans = [r.body for r in rig.records() if isinstance(r.body, Orphan)]
    assert [(o.file, o.length) for o in orphans] == [("media/000007-0001.mp4.age", 18)]
    assert stray.read_bytes() == b"who put this here?"


def test_a_film_that_lost_what_was_promised_is_sealed_without_the_promise(rig: Rig) -> None:
    rig.start().record(pieces=4, media_bytes=90_000)
    rig.pass_ms(400)
    rig.cut()
    film = rig.settings.spool / "media/000001-0001.mp4.age"
    film.chmod(0o640)
    film.write_bytes(film.read_bytes()[:70_000])
    rig.start()
    (segment,) = rig.segments()
    assert (segment.media.length, segment.media.clear.length) == (70_000, 0)
    assert segment.standing is None


def test_the_next_recording_may_continue_the_interrupted_one(rig: Rig) -> None:
    rig.start().record(pieces=1)
    rig.cut()
    rig.start()
    conductor = rig.conductor()
    assert conductor.of(p.Welcome)[0].next == 2
    conductor.ask(replace(rig.opening(), continues=1))
    assert rig.lens().of(p.Welcome)[0].interrupted == 0


def test_what_was_never_durable_behind_a_standing_is_no_damage(rig: Rig) -> None:
    """A power cut leaves anything there, and more than one encrypted chunk of it."""
    rig.start().record(pieces=3, media_bytes=100_000)
    rig.pass_ms(400)
    rig.cut()
    film = rig.settings.spool / "media" / "000001-0001.mp4.age"
    film.chmod(0o640)
    with film.open("ab") as file:
        file.write(bytes(200_000))
    rig.start()
    assert rig.segments()[0].span.frames == 36
    assert disproofs(rig) == set()


@pytest.mark.parametrize("lay", [lambda path: path.symlink_to("/nowhere"), os.mkfifo])
def test_a_strange_thing_among_the_films_is_written_down_and_recording_goes_on(
    rig: Rig, lay: Callable[[Path], object]
) -> None:
    """A link that leads nowhere, or a pipe that nobody fills, as a hostile process may leave."""
    lay(rig.settings.spool / "media/000009-0001.mp4.age")
    rig.start()
    refused = [r.body for r in rig.records() if isinstance(r.body, Refused)]
    assert ["000009-0001" in one.because for one in refused] == [True]
    conductor, lens = rig.record(pieces=1)
    rig.stop(conductor, lens)
    assert len(rig.segments()) == 1


def _link(path: Path) -> None:
    path.symlink_to("/nowhere")


def _write(path: Path) -> None:
    path.write_bytes(b"mine")


STRANGE: dict[str, Callable[[Path], object]] = {
    "a link to nowhere": _link,
    "a folder": Path.mkdir,
    "a file": _write,
}


@pytest.mark.parametrize("strange", STRANGE)
def test_a_name_that_somebody_took_ends_one_recording_aloud_and_no_other(
    rig: Rig, strange: str
) -> None:
    """A film is sealed as it lies, and goes on behind it; what is no file cannot be."""
    STRANGE[strange](rig.settings.spool / "media" / "000001-0001.mp4.age")
    conductor, lens = rig.start().record(pieces=0)
    if strange == "a file":
        rig.stop(conductor, lens)
        assert rig.segments()[0].media.length == len(b"mine")
    else:
        assert p.Full(0) in conductor.of(p.Full)
        assert "something else has its name" in rig.newest_of(Refused).because
        assert rig.newest(Stop).cause is StopCause.STORAGE
    rig.cut()
    rig.start()
    conductor, lens = rig.record(pieces=2)
    rig.stop(conductor, lens)
    assert rig.segments()[-1].span.frames == 24
    assert disproofs(rig) == set()


@pytest.mark.parametrize("strange", STRANGE)
def test_a_start_after_a_crash_steps_over_a_name_that_somebody_took(rig: Rig, strange: str) -> None:
    rig.start().record(pieces=2)
    rig.pass_ms(400)
    rig.cut()
    STRANGE[strange](rig.settings.spool / "media" / "000001-0002.mp4.age")
    rig.start()
    conductor, lens = rig.record(pieces=2)
    rig.stop(conductor, lens)
    assert [s.span.frames for s in rig.segments() if s.span.frames] == [24, 24]
    assert disproofs(rig) == set()


def test_a_name_that_somebody_took_before_any_film_stops_no_start(rig: Rig) -> None:
    rig.start().conductor().ask(rig.opening())
    rig.cut()
    _link(rig.settings.spool / "media" / "000001-0001.mp4.age")
    rig.start()
    assert "seal an unknown file" in {
        r.body.asked for r in rig.records() if isinstance(r.body, Refused)
    }
    assert rig.segments() == []


def test_a_later_number_of_the_same_recording_is_a_strangers(rig: Rig) -> None:
    """One segment at a time is open: what lies further on is stated, and not sealed as ours."""
    rig.start().record(pieces=2)
    rig.pass_ms(400)
    rig.cut()
    (rig.settings.spool / "media" / "000001-0007.mp4.age").write_bytes(b"mine")
    rig.start()
    assert [s.segment for s in rig.segments()] == [1]
    assert rig.newest_of(Orphan).file == "media/000001-0007.mp4.age"


def test_a_sealed_file_that_somebody_took_away_stops_no_start(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=2)
    rig.stop(conductor, lens)
    rig.cut()
    (rig.settings.spool / "media" / "000001-0001.side.age").unlink()
    rig.start()
    assert rig.types().endswith("epoch run")


def test_a_tail_whose_seal_cannot_be_read_any_more_is_stated(rig: Rig) -> None:
    rig.start().record(pieces=2)
    rig.pass_ms(400)
    rig.cut()
    rig.start()
    rig.cut()
    for _ in range(2):  # a bookmark speaks for the run with the seal
        rig.start()
        rig.cut()
    log = rig.settings.spool / "log" / "000002.jsonl"
    log.chmod(0o640)
    log.write_bytes(log.read_bytes().replace(b'"frames":24', b'"frames":25'))
    rig.start()
    stated = {r.body.file for r in rig.records() if isinstance(r.body, Orphan)}
    assert stated == {f"media/000001-0001.{kind}.age.tail" for kind in ("mp4", "side")}


def test_a_thousand_strange_files_are_counted_and_cost_no_start(rig: Rig) -> None:
    for number in range(100, 1100):
        (rig.settings.spool / "media" / f"{number:06d}-0001.mp4.age").write_bytes(b"")
    for left in (950, 900):
        rig.start()
        assert f"{left} more files" in rig.newest(Refused).because
        rig.cut()
    assert rig.types().count("orphan") == 2 * MOST_STATED


def test_strange_files_are_read_up_to_a_bound(rig: Rig) -> None:
    for number in range(100, 104):
        with (rig.settings.spool / "media" / f"{number:06d}-0001.mp4.age").open("wb") as file:
            file.truncate(MOST_READ_BYTES // 2 + 1)
    rig.start()
    assert "2 more files" in rig.newest(Refused).because
    assert rig.types().count("orphan") == 2


def test_two_recordings_cut_off_behind_their_opening_are_not_one_shown_twice(rig: Rig) -> None:
    """What opens a film is the same bytes in each; only pictures can be shown twice."""
    for _ in range(2):
        rig.start().record(pieces=0)
        rig.pass_ms(400)
        rig.cut()
    rig.start()
    assert len({s.media.clear.sha256 for s in rig.segments()}) == 1
    assert disproofs(rig) == set()
