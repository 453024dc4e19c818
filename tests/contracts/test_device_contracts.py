"""What capture may rely on, whatever stands behind a port: one suite each, run on every adapter.

A rig brings an adapter and lets time pass for it. The real adapters run on the rigs of tests/rig:
picamera2 on a camera made of software, PyAudio on such a sound card, a receiver on a real tty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from recorder.capture.ports import DeviceLost, Fix, Frame, Lost, NoFix, Pcm, Picture, Piece
from recorder.devices.bench.air import Air
from recorder.devices.bench.camera import BenchCamera
from recorder.devices.bench.gps import BenchGps
from recorder.devices.bench.manual_pace import ManualPace
from recorder.devices.bench.microphone import BenchMicrophone
from recorder.devices.bench.tape import FilmTape, SoundTape
from recorder.devices.h264 import H264Encoder
from recorder.devices.muxer import Mp4Muxer
from recorder.devices.pace import BoottimePace
from recorder.devices.picture_text import PictureText
from recorder.devices.sample import make_tapes
from recorder.devices.serial_gps import SerialGps
from tests.rig.gps.pty_line import PtyLine
from tests.rig.remote import pass_seconds, until
from tests.rig.rooms import software_camera, sound_room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from recorder.capture.ports import Camera, Gps, Microphone, Muxer
    from recorder.devices.sample import Tapes

SECOND_NS = 1_000_000_000
BEGIN = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ASKED = Picture(320, 180, 30, 500_000)
UNEVEN_NS = 5_000_000  # stamps follow the card's clock evenly; blocks come when they come


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Tapes:
    return make_tapes(tmp_path_factory.mktemp("tapes"), BEGIN)


# --- camera -----------------------------------------------------------------------------------


@dataclass
class CameraRig:
    camera: Camera
    pass_seconds: Callable[[float], None]
    close: Callable[[], None]
    frames: list[Frame] = field(default_factory=list)
    lost: list[DeviceLost | Lost] = field(default_factory=list)

    def film(self, seconds: float) -> list[Frame]:
        self.frames.clear()
        self.camera.start(self.frames.append, self.lost.append)
        self.pass_seconds(seconds)
        self.camera.stop()
        return list(self.frames)


def bench_camera(tapes: Tapes, _test: pytest.FixtureRequest) -> CameraRig:
    pace = ManualPace(77 * SECOND_NS)
    text = PictureText(ASKED.height)
    camera = BenchCamera(FilmTape(tapes.film), ASKED, pace, text, lambda _: ("time", "place"))
    return CameraRig(camera, pace.advance, camera.stop)


def pi_camera(_tapes: Tapes, test: pytest.FixtureRequest) -> CameraRig:
    camera = software_camera(test.getfixturevalue("tmp_path"), ASKED)
    return CameraRig(camera.device, pass_seconds, camera.close)


@pytest.fixture(params=[bench_camera, pytest.param(pi_camera, marks=pytest.mark.slow)])
def camera_rig(request: pytest.FixtureRequest, tapes: Tapes) -> Iterator[CameraRig]:
    rig = request.param(tapes, request)
    yield rig
    rig.close()


def test_a_camera_opens_with_a_key_frame_and_repeats_one_each_second(
    camera_rig: CameraRig,
) -> None:
    frames = camera_rig.film(3.2)
    keys = [frame.boottime_ns for frame in frames if frame.key]
    assert frames[0].key
    assert len(keys) == 4
    assert np.diff(keys) == pytest.approx(SECOND_NS, rel=0.1)


def test_a_key_frame_carries_its_parameter_sets(camera_rig: CameraRig) -> None:
    for frame in camera_rig.film(2.2):
        kinds = {unit[0] & 0x1F for unit in frame.data.split(b"\0\0\1")[1:]}
        assert ({7, 8} <= kinds) == frame.key


def test_a_cameras_stamps_run_forward_at_its_rate_and_what_is_missing_was_reported(
    camera_rig: CameraRig,
) -> None:
    stamps = [frame.boottime_ns for frame in camera_rig.film(2.0)]
    steps = np.diff(stamps)
    missing = sum(loss.count for loss in camera_rig.lost if isinstance(loss, Lost))
    assert steps.min() > 0
    step_ns = steps.sum() / (len(steps) + missing)
    assert step_ns == pytest.approx(SECOND_NS / camera_rig.camera.picture.rate_hz, rel=0.02)


def test_a_cameras_pictures_have_the_granted_size(camera_rig: CameraRig) -> None:
    decoder = av.CodecContext.create("h264", "r")
    (picture, *_) = (
        shown for frame in camera_rig.film(0.5) for shown in decoder.decode(av.Packet(frame.data))
    )
    granted = camera_rig.camera.picture
    assert (picture.width, picture.height) == (granted.width, granted.height)


def test_a_camera_says_how_bright_it_is_or_that_it_cannot_tell(camera_rig: CameraRig) -> None:
    assert camera_rig.film(0.5)
    assert camera_rig.camera.lux >= -1


def test_after_stop_no_frame_comes_and_stopping_again_is_harmless(camera_rig: CameraRig) -> None:
    seen = len(camera_rig.film(0.5))
    camera_rig.camera.stop()
    assert len(camera_rig.frames) == seen > 0


def test_a_stopped_camera_starts_again_with_a_key_frame_later_in_time(
    camera_rig: CameraRig,
) -> None:
    before = camera_rig.film(0.49)
    again = camera_rig.film(0.49)
    assert again[0].key
    assert again[0].boottime_ns > before[-1].boottime_ns


# --- microphone -------------------------------------------------------------------------------


@dataclass
class MicrophoneRig:
    microphone: Microphone
    pass_seconds: Callable[[float], None]
    now_ns: Callable[[], int]
    close: Callable[[], None]
    sound: list[Pcm] = field(default_factory=list)
    ages_ns: list[int] = field(default_factory=list)
    took_ns: int = 0
    lost: list[DeviceLost | Lost] = field(default_factory=list)

    def record(self, seconds: float) -> list[Pcm]:
        self.sound.clear()
        self.ages_ns.clear()
        begun_ns = self.now_ns()
        self.microphone.start(self._take, self.lost.append)
        self.pass_seconds(seconds)
        self.microphone.stop()
        self.took_ns = self.now_ns() - begun_ns
        return list(self.sound)

    def _take(self, pcm: Pcm) -> None:
        self.sound.append(pcm)
        self.ages_ns.append(self.now_ns() - pcm.boottime_ns)


def bench_microphone(tapes: Tapes, _test: pytest.FixtureRequest) -> MicrophoneRig:
    pace = ManualPace(77 * SECOND_NS)
    tape = SoundTape(tapes.sound, 48_000)
    microphone = BenchMicrophone(tape, Air(48_000), pace)
    return MicrophoneRig(microphone, pace.advance, pace.now_ns, microphone.stop)


def real_microphone(_tapes: Tapes, test: pytest.FixtureRequest) -> MicrophoneRig:
    room = sound_room(test.getfixturevalue("tmp_path"), test.getfixturevalue("need"))
    room.card.play(np.random.default_rng(1).normal(0, 600, 480_000).astype("<i2").tobytes())
    return MicrophoneRig(room.device, pass_seconds, BoottimePace().now_ns, room.close)


@pytest.fixture(params=[bench_microphone, pytest.param(real_microphone, marks=pytest.mark.slow)])
def microphone_rig(request: pytest.FixtureRequest, tapes: Tapes) -> Iterator[MicrophoneRig]:
    rig = request.param(tapes, request)
    yield rig
    rig.close()


def test_a_microphones_blocks_join_without_gap_or_overlap(microphone_rig: MicrophoneRig) -> None:
    sound = microphone_rig.record(2.0)
    rate_hz = microphone_rig.microphone.rate_hz
    expected_ns = sound[0].boottime_ns
    for pcm in sound:
        assert pcm.rate_hz == rate_hz
        assert len(pcm.samples) % 2 == 0
        assert abs(pcm.boottime_ns - expected_ns) < 5_000_000
        expected_ns += len(pcm.samples) // 2 * SECOND_NS // rate_hz
    lasts_ns = expected_ns - sound[0].boottime_ns
    assert 1.94 * SECOND_NS < lasts_ns < 1.03 * microphone_rig.took_ns


def test_a_block_is_stamped_with_its_first_sample_not_with_its_arrival(
    microphone_rig: MicrophoneRig,
) -> None:
    for pcm, age_ns in zip(microphone_rig.record(1.0), microphone_rig.ages_ns, strict=True):
        lasts_ns = len(pcm.samples) // 2 * SECOND_NS // pcm.rate_hz
        assert lasts_ns - UNEVEN_NS <= age_ns < lasts_ns + SECOND_NS // 2


def test_a_microphone_in_a_room_with_sound_is_not_silent(microphone_rig: MicrophoneRig) -> None:
    wave = np.frombuffer(b"".join(pcm.samples for pcm in microphone_rig.record(2.0)), "<i2")
    assert np.abs(wave).max() > 300


def test_after_stop_no_sound_comes(microphone_rig: MicrophoneRig) -> None:
    seen = len(microphone_rig.record(0.5))
    microphone_rig.microphone.stop()
    assert len(microphone_rig.sound) == seen > 0


# --- gps --------------------------------------------------------------------------------------


@dataclass
class GpsRig:
    """A receiver that has a position for 5 s, none for 5 s, and one again for 5 s."""

    gps: Gps
    pass_seconds: Callable[[float], None]
    stop: Callable[[], None]
    facts: list[Fix | NoFix] = field(default_factory=list)

    def watch(self, seconds: float) -> list[Fix | NoFix]:
        self.gps.listen(self.facts.append)
        self.pass_seconds(seconds)
        return list(self.facts)


def bench_gps(tapes: Tapes, folder: Path) -> GpsRig:
    lines = tapes.nmea.read_bytes().splitlines(keepends=True)
    log = folder / "tunnel.nmea"
    log.write_bytes(b"".join(lines[:10]) + b"".join(map(without_position, lines[10:20]))
                    + b"".join(lines[20:]))  # fmt: skip
    pace = ManualPace(77 * SECOND_NS)
    gps = BenchGps(log, pace, datetime(2026, 1, 1, tzinfo=UTC))
    return GpsRig(gps, pace.advance, gps.stop)


def real_gps(tapes: Tapes, _folder: Path) -> GpsRig:
    lines = tapes.nmea.read_bytes().splitlines(keepends=True)
    seconds = [b"".join(lines[at : at + 2]) for at in range(0, 30, 2)]
    seconds[5:10] = [without_position(lines[at]) + lines[at + 1] for at in range(10, 20, 2)]
    line = PtyLine()
    pace = ManualPace(77 * SECOND_NS)
    gps = SerialGps(line.path, 9600, datetime(2026, 1, 1, tzinfo=UTC), pace.now_ns)

    def speak(until_second: float) -> None:
        for number, second in enumerate(seconds[: int(until_second) + 1]):
            before = len(rig.facts)
            pace.jump(1)
            line.send(second)
            if number in range(6, 10):
                pass_seconds(0.1)  # no position still: nothing is stated
            else:
                until(lambda: len(rig.facts) > before)  # noqa: B023 – waited for at once

    def stop() -> None:
        gps.stop()
        line.close()

    rig = GpsRig(gps, speak, stop)
    return rig


def without_position(line: bytes) -> bytes:
    body = line.strip()[1:-3].replace(b",A,", b",V,", 1)
    check = 0
    for byte in body:
        check ^= byte
    return b"$%s*%02X\r\n" % (body, check)


@pytest.fixture(params=[bench_gps, real_gps])
def gps_rig(request: pytest.FixtureRequest, tapes: Tapes, tmp_path: Path) -> Iterator[GpsRig]:
    rig = request.param(tapes, tmp_path)
    yield rig
    rig.stop()


def test_a_receiver_states_each_fix_and_each_loss_once(gps_rig: GpsRig) -> None:
    facts = gps_rig.watch(14.5)
    assert "".join("F" if isinstance(fact, Fix) else "n" for fact in facts) == "FFFFFnFFFFF"
    stamps = [fact.boottime_ns for fact in facts]
    assert stamps == sorted(stamps)


def test_a_fix_is_a_place_on_earth_with_a_time_that_can_be_true(gps_rig: GpsRig) -> None:
    for fact in gps_rig.watch(4.5):
        assert isinstance(fact, Fix)
        assert abs(fact.lat_e7) <= 900_000_000
        assert abs(fact.lon_e7) <= 1_800_000_000
        assert datetime.fromisoformat(fact.utc).tzinfo is UTC
        assert len(fact.utc) == len("2026-11-21T01:00:00.000Z")
        assert fact.satellites > 3


# --- muxer ------------------------------------------------------------------------------------


def fragmented_mp4() -> tuple[Muxer, Callable[[], list[Piece]]]:
    lost: list[Lost] = []
    muxer = Mp4Muxer(ASKED, 48_000, lost.append)
    return muxer, lambda: list(muxer.end())


@pytest.fixture(params=[fragmented_mp4])
def filmed(request: pytest.FixtureRequest) -> list[list[Piece]]:
    """Give the files of 4 s with one turn, asked for at 1.5 s; sound comes 40 ms late."""
    muxer, end = request.param()
    encoder = H264Encoder(ASKED)
    pieces: list[Piece] = []
    silence = bytes(1920)
    for block in range(200):
        if block == 75:
            pieces += muxer.turn()
        now_ns = SECOND_NS + block * 20_000_000
        for number in range(-(-block * 3 // 5), -(-(block + 1) * 3 // 5)):
            planes = np.full((ASKED.height * 3 // 2, ASKED.width), number + 60, np.uint8)
            stamp_ns = SECOND_NS + number * SECOND_NS // 30
            pieces += muxer.take(encoder.encode(planes, stamp_ns))
        if block >= 2:
            pieces += muxer.take(Pcm(silence, 48_000, now_ns - 40_000_000))
    pieces += end()
    files: list[list[Piece]] = []
    for piece in pieces:
        if piece.opens:
            files.append([])
        files[-1].append(piece)
    return files


def test_a_file_opens_once_and_then_with_a_key_frame(filmed: list[list[Piece]]) -> None:
    assert len(filmed) == 2
    for opening, first, *rest in filmed:
        assert opening.opens
        assert opening.frames == opening.samples == 0
        assert first.key
        assert opening.first_ns == first.first_ns
        assert not any(piece.opens for piece in rest)


def test_every_picture_is_in_one_piece_and_in_order(filmed: list[list[Piece]]) -> None:
    assert [sum(piece.frames for piece in pieces) for pieces in filmed] == [60, 60]
    bounds = [ns for pieces in filmed for piece in pieces[1:] if piece.frames
              for ns in (piece.first_ns, piece.last_ns)]  # fmt: skip
    assert bounds == sorted(bounds)


def test_a_file_can_be_decoded_after_any_piece(filmed: list[list[Piece]]) -> None:
    for pieces in filmed:
        for count in range(2, len(pieces) + 1):
            with av.open(BytesIO(b"".join(piece.data for piece in pieces[:count])), "r") as file:
                decoded = sum(1 for _ in file.decode(video=0))
            assert decoded == sum(piece.frames for piece in pieces[:count])


def test_a_piece_spans_little_more_than_half_a_second(filmed: list[list[Piece]]) -> None:
    for pieces in filmed:
        for piece in pieces:
            assert piece.last_ns - piece.first_ns <= 540_000_000
