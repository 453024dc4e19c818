"""The muxer, seen from its finished files: decoded again, or opened by ffprobe as a witness."""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from recorder.capture.ports import DeviceLost, Frame, Pcm, Source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.devices.studio import Desk, Studio

SECOND_NS = 1_000_000_000


def shot(
    desk: Desk, studio: type[Studio], seconds: int = 6, turn_at: int = 60, late_ms: int = 60
) -> list[Frame]:
    """Film `seconds`, asking for a new file just before picture `turn_at`; return the pictures."""
    frames = studio.numbered(seconds * 25)
    for item in studio.interleave(frames, studio.clicking(seconds), late_ms * 1_000_000):
        if item is frames[turn_at]:
            desk.pieces += desk.muxer.turn()
        desk.feed([item])
    desk.end()
    return frames


def clicks(sound: np.ndarray) -> np.ndarray:
    """Seconds at which a click starts, not counting the fade-in at the very beginning."""
    loud = np.flatnonzero(np.abs(sound) > 0.15)
    loud = loud[loud > 1024]
    return loud[np.diff(loud, prepend=-48_000) > 4800] / 48_000


def test_a_turn_loses_no_picture_and_doubles_none(desk: Desk, studio: type[Studio]) -> None:
    shot(desk, studio, turn_at=60)
    first, second = (studio.watch(pieces) for pieces in desk.files)
    assert first.numbers == list(range(75))  # asked at 60: the key frame of second 3 is 75
    assert second.numbers == list(range(75, 150))
    assert desk.lost == []


def test_every_picture_keeps_its_own_stamp(desk: Desk, studio: type[Studio]) -> None:
    shot(desk, studio)
    for pieces in desk.files:
        film = studio.watch(pieces)
        stamps = [film.base_ns + round(at * SECOND_NS) for at in film.picture_seconds]
        assert stamps == [studio.START_NS + n * SECOND_NS // 25 for n in film.numbers]
        assert film.picture_seconds[0] == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_pictures_keep_their_stamps_however_unevenly_they_come(
    desk: Desk, studio: type[Studio], seed: int
) -> None:
    """The library counts on from fragment to fragment, and would move pictures to close a hole."""
    steps = random.Random(seed)  # noqa: S311 – any unevenness will do
    stamps = [studio.START_NS]
    frames = studio.numbered(150)
    while len(stamps) < len(frames):
        step_ms = steps.choice([5, 33, 40, 40, 40, 100, 170] + [1700] * (len(stamps) % 50 == 0))
        stamps.append(stamps[-1] + step_ms * 1_000_000)
    uneven = [replace(f, boottime_ns=at) for f, at in zip(frames, stamps, strict=True)]
    seconds = (stamps[-1] - stamps[0]) / SECOND_NS
    for item in studio.interleave(uneven, studio.clicking(seconds), 60_000_000):
        desk.feed([item])
    desk.end()
    film = studio.watch(desk.files[0])
    assert film.numbers == list(range(150))
    assert film.picture_seconds == [(at - stamps[0]) / SECOND_NS for at in stamps]
    heard = clicks(film.sound)
    assert heard == pytest.approx(range(1, len(heard) + 1), abs=0.001)


@pytest.mark.parametrize("late_ms", [0, 60, 250])
def test_sound_stands_beside_its_picture_however_late_it_came(
    desk: Desk, studio: type[Studio], late_ms: int
) -> None:
    shot(desk, studio, late_ms=late_ms)
    for pieces in desk.files:
        film = studio.watch(pieces)
        assert film.sound_first_seconds == 0.0
        heard = clicks(film.sound)
        assert len(heard) >= 2
        assert np.abs(heard - np.round(heard)).max() < 0.001
    assert desk.lost == []


def test_the_old_file_holds_the_sound_that_fades_in_in_the_new_one(
    desk: Desk, studio: type[Studio]
) -> None:
    shot(desk, studio)
    assert clicks(studio.watch(desk.files[0]).sound)[-1] == pytest.approx(3.0, abs=0.001)


def test_any_number_of_pieces_plays_to_its_last_picture(desk: Desk, studio: type[Studio]) -> None:
    shot(desk, studio, seconds=4, turn_at=99)
    (pieces,) = desk.files
    for count in range(2, len(pieces) + 1):
        film = studio.watch(pieces[:count])
        assert film.numbers == list(range(sum(piece.frames for piece in pieces[:count])))


def test_a_piece_says_truly_what_is_in_it(desk: Desk, studio: type[Studio]) -> None:
    frames = shot(desk, studio)
    stamps = iter(frame.boottime_ns for frame in frames)
    for pieces in desk.files:
        assert [piece.opens for piece in pieces] == [True] + [False] * (len(pieces) - 1)
        assert pieces[0].data[4:8] == b"ftyp"
        assert pieces[0].first_ns == pieces[1].first_ns
        for piece in pieces[1:]:
            own = [next(stamps) for _ in range(piece.frames)]
            assert (piece.first_ns, piece.last_ns) == (own[0], own[-1])
            assert piece.key == ((own[0] - studio.START_NS) % SECOND_NS == 0)
            assert piece.data[4:8] == b"moof"
        film = studio.watch(pieces)
        assert len(film.sound) == sum(piece.samples for piece in pieces)
    assert next(stamps, None) is None


def test_a_kill_costs_little_more_than_half_a_second(desk: Desk, studio: type[Studio]) -> None:
    for frame in studio.interleave(studio.numbered(100), studio.clicking(4), 60_000_000):
        desk.feed([frame])
        safe_ns = desk.pieces[-1].last_ns if desk.pieces else studio.START_NS
        assert frame.boottime_ns - safe_ns <= 600_000_000


def test_ffprobe_finds_no_fault(desk: Desk, studio: type[Studio], tmp_path: Path) -> None:
    ffprobe = shutil.which("ffprobe")
    assert ffprobe, "this test needs ffprobe: apt install ffmpeg"
    shot(desk, studio)
    for number, pieces in enumerate(desk.files):
        file = tmp_path / f"{number}.mp4"
        file.write_bytes(b"".join(piece.data for piece in pieces))
        seen = subprocess.run(
            [ffprobe, "-v", "warning", "-count_frames", "-show_entries",
             "stream=codec_name,profile,nb_read_frames,start_time", "-of", "csv=p=0", str(file)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert seen.stderr == ""
        video, audio = seen.stdout.splitlines()
        assert video.startswith("h264,")
        assert video.endswith("0.000000,75")
        assert audio.startswith("aac,LC,0.000000,")


def test_nothing_follows_the_last_fragment(desk: Desk, studio: type[Studio]) -> None:
    shot(desk, studio)
    for pieces in desk.files:
        assert b"mfra" not in b"".join(piece.data for piece in pieces)
        assert b"elst" not in pieces[0].data


def test_a_hole_in_the_sound_becomes_silence_and_is_reported(
    desk: Desk, studio: type[Studio]
) -> None:
    hole = range(70, 95)  # half a second from 1.4 s on
    sound = [pcm for n, pcm in enumerate(studio.clicking(4)) if n not in hole]
    desk.feed(studio.interleave(studio.numbered(100), sound, 0))
    desk.end()
    (lost,) = desk.lost
    assert (lost.source, lost.count) == (Source.MICROPHONE, 24_000)
    assert lost.since_ns == studio.START_NS + 1_400_000_000
    assert clicks(studio.watch(desk.files[0]).sound) == pytest.approx([1, 2, 3], abs=0.001)


def test_a_microphone_that_counts_too_fast_is_held_to_its_stamps(
    desk: Desk, studio: type[Studio]
) -> None:
    frames = studio.numbered(10 * 25)
    pace_ns = 20_000_000 * 995 // 1000  # 960 samples every 19.9 ms: half a percent too many
    sound = [
        Pcm(pcm.samples, pcm.rate_hz, studio.START_NS + n * pace_ns)
        for n, pcm in enumerate(studio.clicking(10))
    ]
    desk.feed(studio.interleave(frames, sound, 0))
    desk.end()
    heard = clicks(studio.watch(desk.files[0]).sound)
    expected = np.arange(1, 10) * 0.995
    assert np.abs(heard[:9] - expected).max() <= 0.021
    assert sum(lost.count for lost in desk.lost) == pytest.approx(48_000 * 0.05, abs=1000)


def test_without_a_microphone_the_sound_track_is_silence_and_that_is_said(
    desk: Desk, studio: type[Studio]
) -> None:
    frames = studio.numbered(100)
    desk.feed(frames)
    desk.end()
    film = studio.watch(desk.files[0])
    assert film.numbers == list(range(100))
    assert len(film.sound) > 2.5 * 48_000
    assert not film.sound.any()
    assert [lost.source for lost in desk.lost] == [Source.MICROPHONE]
    assert desk.lost[0].count >= len(film.sound) - 1024


def test_when_the_camera_dies_sound_goes_on_in_a_file_of_its_own(
    desk: Desk, studio: type[Studio]
) -> None:
    frames = studio.numbered(250)
    seen = frames[:50] + frames[200:]  # away from second 2 to second 8
    desk.feed(studio.interleave(seen[:50], studio.clicking(4), 0))
    desk.pieces += desk.muxer.turn()
    rest = studio.clicking(6, studio.START_NS + 4 * SECOND_NS)
    desk.feed(studio.interleave(seen[50:], rest, 0))
    desk.end()
    filmed, alone, again = (studio.watch(pieces) for pieces in desk.files)
    assert (filmed.numbers, alone.numbers) == (list(range(50)), [])
    assert again.numbers == list(range(200, 250))
    assert alone.base_ns / SECOND_NS == pytest.approx(5004.0, abs=0.1)
    assert again.base_ns == frames[200].boottime_ns
    assert len(alone.sound) == pytest.approx(4 * 48_000, abs=5000)


def test_sound_alone_opens_a_file_when_no_picture_ever_comes(
    desk: Desk, studio: type[Studio]
) -> None:
    desk.feed(studio.clicking(5))
    desk.end()
    (film,) = (studio.watch(pieces) for pieces in desk.files)
    assert film.base_ns == studio.START_NS
    assert clicks(film.sound) == pytest.approx([1, 2, 3, 4], abs=0.001)
    assert desk.lost == []


def test_sound_that_begins_late_has_silence_before_it(desk: Desk, studio: type[Studio]) -> None:
    late = studio.clicking(3, studio.START_NS + 200_000_000)
    desk.feed(studio.interleave(studio.numbered(80), late, 0))
    desk.end()
    film = studio.watch(desk.files[0])
    assert clicks(film.sound) == pytest.approx([1, 2, 3], abs=0.001)
    assert [(lost.count, lost.since_ns) for lost in desk.lost] == [(9600, studio.START_NS)]


def test_after_a_long_freeze_of_the_machine_picture_and_sound_still_agree(
    desk: Desk, studio: type[Studio]
) -> None:
    frames = [f for n, f in enumerate(studio.numbered(500)) if not 50 <= n < 425]
    sound = [pcm for n, pcm in enumerate(studio.clicking(20)) if not 100 <= n < 850]
    desk.feed(studio.interleave(frames, sound, 0))
    desk.end()
    film = studio.watch(desk.files[0])
    assert film.numbers == [*range(50), *range(425, 500)]
    assert film.loud_seconds == pytest.approx([1, 17, 18, 19], abs=0.03)
    assert [lost.count for lost in desk.lost] == [15 * 48_000]


def test_every_lost_sample_is_counted_when_a_gap_lasts_over_a_turn(
    desk: Desk, studio: type[Studio]
) -> None:
    frames = studio.numbered(200)
    sound = [pcm for n, pcm in enumerate(studio.clicking(8)) if not 50 <= n < 350]
    for item in studio.interleave(frames, sound, 0):
        if item is frames[90]:
            desk.pieces += desk.muxer.turn()
        desk.feed([item])
    desk.end()
    assert len(desk.lost) == 2  # one for each file
    assert sum(lost.count for lost in desk.lost) == 6 * 48_000
    films = [studio.watch(pieces) for pieces in desk.files]
    assert [film.numbers for film in films] == [list(range(100)), list(range(100, 200))]
    assert films[1].loud_seconds == pytest.approx([3.0], abs=0.001)


def test_a_second_turn_before_the_key_frame_changes_nothing(
    desk: Desk, studio: type[Studio]
) -> None:
    for number, frame in enumerate(studio.numbered(100)):
        if number in {30, 40}:
            desk.pieces += desk.muxer.turn()
        desk.feed([frame])
    desk.end()
    assert [studio.watch(pieces).numbers for pieces in desk.files] == [
        list(range(50)),
        list(range(50, 100)),
    ]


def test_a_turn_or_an_end_without_a_recording_gives_nothing(desk: Desk) -> None:
    assert list(desk.muxer.turn()) == []
    assert list(desk.muxer.end()) == []


def test_a_recording_of_one_picture_is_a_film(desk: Desk, studio: type[Studio]) -> None:
    desk.feed(studio.numbered(1))
    desk.end()
    assert studio.watch(desk.files[0]).numbers == [0]


def test_pictures_before_the_first_key_frame_are_reported(desk: Desk, studio: type[Studio]) -> None:
    frames = studio.numbered(60)[20:]
    desk.feed(studio.interleave(frames, studio.clicking(2.4), 0))
    desk.end()
    assert studio.watch(desk.files[0]).numbers == list(range(25, 60))
    assert [lost.count for lost in desk.lost if lost.source is Source.CAMERA] == [1] * 5


def test_after_the_end_a_new_recording_can_begin(desk: Desk, studio: type[Studio]) -> None:
    for _ in range(2):
        desk.feed(studio.interleave(studio.numbered(30), studio.clicking(1.2), 0))
        desk.end()
    assert [studio.watch(pieces).numbers for pieces in desk.files] == [list(range(30))] * 2


def test_a_stamp_that_runs_backwards_is_refused(desk: Desk, studio: type[Studio]) -> None:
    first, second = studio.numbered(2)
    desk.feed([first, second])
    with pytest.raises(DeviceLost, match="restart the camera"):
        desk.feed([first])


def test_a_key_frame_without_parameter_sets_is_refused(desk: Desk, studio: type[Studio]) -> None:
    frame = Frame(b"\0\0\0\1\x65bare", True, studio.START_NS)
    with pytest.raises(DeviceLost, match="parameter sets"):
        desk.feed([frame])


@pytest.mark.parametrize("pcm", [Pcm(b"\0\0", 16_000, 1), Pcm(b"\0\0\0", 48_000, 1)])
def test_sound_in_another_form_is_refused(desk: Desk, pcm: Pcm) -> None:
    with pytest.raises(DeviceLost, match="16 bit, mono"):
        desk.feed([pcm])
