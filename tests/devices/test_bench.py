"""A unit on a desk: what its stand-ins give, and what they say when they cannot."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from recorder.capture.lens.notice import HEARD_PERMILLE, notice_score
from recorder.capture.ports import (
    Button,
    DeviceLost,
    Edge,
    Fix,
    Frame,
    Lamp,
    Lost,
    NoFix,
    Pcm,
    Picture,
    Source,
)
from recorder.devices import barcode
from recorder.devices.bench.air import Air
from recorder.devices.bench.camera import BenchCamera
from recorder.devices.bench.gps import BenchGps
from recorder.devices.bench.hands import BenchButtons, BenchSignals
from recorder.devices.bench.manual_pace import ManualPace
from recorder.devices.bench.microphone import BenchMicrophone
from recorder.devices.bench.speaker import BenchSpeaker
from recorder.devices.bench.tape import FilmTape, SoundTape
from recorder.devices.muxer import Mp4Muxer
from recorder.devices.picture_text import PictureText
from recorder.devices.prompts import NoSuchPrompt, Prompt, load_prompts

if TYPE_CHECKING:
    from recorder.devices.sample import Tapes
    from tests.devices.studio import Studio

SECOND_NS = 1_000_000_000
NOW_NS = 500 * SECOND_NS
PROMPTS = Path(__file__).parents[2] / "config" / "prompts"


@pytest.fixture
def pace() -> ManualPace:
    return ManualPace(NOW_NS)


def filmed(
    pace: ManualPace, tape: FilmTape, picture: Picture, seconds: float
) -> tuple[list[Frame], list[DeviceLost | Lost]]:
    frames: list[Frame] = []
    lost: list[DeviceLost | Lost] = []
    text = PictureText(picture.height)
    camera = BenchCamera(tape, picture, pace, text, lambda _: ("time", "place"))
    camera.start(frames.append, lost.append)
    pace.advance(seconds)
    camera.stop()
    return frames, lost


def decoded(frames: list[Frame]) -> list[np.ndarray]:
    decoder = av.CodecContext.create("h264", "r")
    shown = [picture for frame in frames for picture in decoder.decode(av.Packet(frame.data))]
    return [picture.to_ndarray(format="yuv420p") for picture in [*shown, *decoder.decode(None)]]


def test_the_camera_shows_the_tape_at_its_own_speed(pace: ManualPace, tapes: Tapes) -> None:
    picture = Picture(640, 360, 30, 1_000_000)
    frames, _ = filmed(pace, FilmTape(tapes.film), picture, 2.99)
    numbers = [barcode.read(planes[:360]) for planes in decoded(frames)]
    assert numbers == [int(n / 30 * 25 + 1e-3) for n in range(90)]
    assert frames[30].boottime_ns == NOW_NS + SECOND_NS


def test_the_tape_begins_again_when_it_ends(pace: ManualPace, short_film: Path) -> None:
    frames, _ = filmed(pace, FilmTape(short_film), Picture(320, 180, 25, 500_000), 2.99)
    numbers = [barcode.read(planes[:180]) for planes in decoded(frames)]
    assert numbers == [n % 25 for n in range(75)]


def test_a_film_of_another_shape_is_shown_whole_between_bars(
    pace: ManualPace, short_film: Path
) -> None:
    (planes, *_) = decoded(
        filmed(pace, FilmTape(short_film), Picture(320, 320, 25, 900_000), 0.3)[0]
    )
    luma = planes[:320]
    assert luma[40:60].max() <= 20
    assert luma[300:].max() <= 20
    assert barcode.read(luma[70:250]) == 0


def test_the_picture_text_is_burnt_into_every_picture(pace: ManualPace, tapes: Tapes) -> None:
    frames, _ = filmed(pace, FilmTape(tapes.film), Picture(640, 360, 30, 2_000_000), 0.5)
    for planes in decoded(frames):
        corner = planes[2:28, 4:60]
        assert corner.min() < 40
        assert corner.max() > 180


def test_pictures_a_slow_machine_could_not_make_are_counted(
    pace: ManualPace, short_film: Path
) -> None:
    frames: list[Frame] = []
    lost: queue.Queue[DeviceLost | Lost] = queue.Queue()
    picture = Picture(320, 180, 25, 500_000)
    camera = BenchCamera(
        FilmTape(short_film), picture, pace, PictureText(180), lambda _: ("time", "place")
    )
    camera.start(frames.append, lost.put)
    pace.advance(1.0)
    pace.jump(4.0)
    loss = lost.get(timeout=5)
    pace.advance(0.5)
    camera.stop()
    stamps = np.diff([frame.boottime_ns for frame in frames]) // (SECOND_NS // 25)
    assert isinstance(loss, Lost)
    assert loss.source is Source.CAMERA
    assert (stamps - 1).sum() == loss.count >= 90


def test_the_microphone_hears_the_speaker_through_the_air(pace: ManualPace, tapes: Tapes) -> None:
    prompts = load_prompts(PROMPTS)
    said: list[Prompt] = []
    air = Air(48_000, gain=0.4, delay_ns=7_000_000)
    sound: list[Pcm] = []
    microphone = BenchMicrophone(SoundTape(tapes.sound, 48_000), air, pace)
    speaker = BenchSpeaker(prompts, air, pace, said.append)
    microphone.start(sound.append, lambda _: None)
    pace.advance(0.5)
    speaker.say("resume")
    speaker.say("mark")
    pace.advance(7.5)
    microphone.stop()
    heard = np.frombuffer(b"".join(pcm.samples for pcm in sound), "<i2")

    def score(id_: str, part: np.ndarray) -> int:
        return notice_score(prompts[id_].samples, prompts[id_].rate_hz, part, 48_000)

    ends = int((0.5 + len(prompts["resume"].samples) / 16_000) * 48_000)
    assert [prompt.text for prompt in said] == [prompts["resume"].text, prompts["mark"].text]
    assert score("resume", heard) > HEARD_PERMILLE
    assert score("mark", heard[ends:]) > HEARD_PERMILLE  # one after the other
    assert score("recover", heard) < HEARD_PERMILLE


def test_the_air_delays_and_dampens(pace: ManualPace) -> None:
    air = Air(48_000, gain=0.25, delay_ns=10_000_000)
    air.say(np.full(48, 1000, np.int16), pace.now_ns())
    heard = air.heard(NOW_NS, 960)
    assert np.flatnonzero(heard).tolist() == list(range(480, 528))
    assert set(heard[480:528]) == {250.0}
    assert not air.heard(NOW_NS + 20_000_000, 960).any()


def test_a_sentence_is_said_clip_after_clip_and_a_hush_keeps_what_already_sounds(
    pace: ManualPace,
) -> None:
    said: list[Prompt] = []
    prompts = load_prompts(PROMPTS)
    air = Air(48_000, delay_ns=0)
    speaker = BenchSpeaker(prompts, air, pace, said.append)
    speaker.say("store.low", "n.30", "minutes")
    speaker.say("resume")
    assert "".join(prompt.text for prompt in said[:3]) == "存储空间不足，约剩三十分钟"
    pace.jump(0.1)
    speaker.hush()
    first_ends = NOW_NS + len(prompts["store.low"].samples) * SECOND_NS // 16_000
    assert air.heard(NOW_NS, 48_000).any()
    assert not air.heard(first_ends + 1_000_000, 48_000 * 8).any()
    speaker.say("mark")
    assert air.heard(first_ends, 48_000).any()  # and what comes next follows it at once


def test_a_muted_speaker_is_captioned_but_not_heard(pace: ManualPace) -> None:
    said: list[Prompt] = []
    air = Air(48_000)
    speaker = BenchSpeaker(load_prompts(PROMPTS), air, pace, said.append)
    speaker.muted = True
    speaker.say("mark")
    assert len(said) == 1
    assert not air.heard(NOW_NS, 48_000).any()


def test_a_prompt_that_does_not_exist_is_refused(pace: ManualPace) -> None:
    speaker = BenchSpeaker(load_prompts(PROMPTS), Air(48_000), pace, lambda _: None)
    with pytest.raises(NoSuchPrompt, match=r"rec\.start"):
        speaker.say("rec.begin")


def test_a_room_without_a_tape_is_silent(pace: ManualPace) -> None:
    sound: list[Pcm] = []
    microphone = BenchMicrophone(None, Air(48_000), pace)
    microphone.start(sound.append, lambda _: None)
    pace.advance(1.0)
    microphone.stop()
    assert {pcm.samples for pcm in sound} == {bytes(1920)}


def test_the_receiver_replays_its_log_second_by_second(
    pace: ManualPace, tapes: Tapes, studio: type[Studio]
) -> None:
    facts: list[Fix | NoFix] = []
    gps = BenchGps(tapes.nmea, pace, studio.NOT_BEFORE)
    gps.listen(facts.append)
    pace.advance(5.5)
    gps.stop()
    assert [fact.boottime_ns - NOW_NS for fact in facts] == [n * SECOND_NS for n in range(6)]
    assert all(isinstance(fact, Fix) for fact in facts)


def test_a_log_that_ends_is_a_loss_when_it_must_not_loop(
    pace: ManualPace, tapes: Tapes, studio: type[Studio], tmp_path: Path
) -> None:
    short = tmp_path / "short.nmea"
    short.write_bytes(b"".join(tapes.nmea.read_bytes().splitlines(keepends=True)[:6]))
    facts: queue.Queue[Fix | NoFix] = queue.Queue()
    gps = BenchGps(short, pace, studio.NOT_BEFORE, loop=False)
    gps.listen(facts.put)
    pace.advance(1.9)
    pace.jump(0.2)
    seen = [facts.get(timeout=5) for _ in range(4)]
    gps.stop()
    assert [type(fact) for fact in seen] == [Fix, Fix, Fix, NoFix]


def test_a_pause_in_the_log_is_a_silence_of_the_receiver(
    pace: ManualPace, tapes: Tapes, studio: type[Studio], tmp_path: Path
) -> None:
    lines = tapes.nmea.read_bytes().splitlines(keepends=True)
    tunnel = tmp_path / "tunnel.nmea"
    tunnel.write_bytes(b"".join(lines[:4] + lines[20:24]))
    facts: list[Fix | NoFix] = []
    gps = BenchGps(tunnel, pace, studio.NOT_BEFORE)
    gps.listen(facts.append)
    pace.advance(10.5)
    gps.stop()
    assert "".join("F" if isinstance(fact, Fix) else "n" for fact in facts) == "FFnF"
    assert facts[2].boottime_ns == NOW_NS + 5 * SECOND_NS  # the last line came at second 1


def test_a_button_reports_each_change_once(pace: ManualPace) -> None:
    edges: list[Edge] = []
    buttons = BenchButtons(pace)
    buttons.listen(edges.append)
    buttons.push(Button.RECORD)
    buttons.push(Button.RECORD)
    pace.jump(0.3)
    buttons.release(Button.RECORD)
    buttons.release(Button.MARK)
    assert edges == [
        Edge(Button.RECORD, True, NOW_NS),
        Edge(Button.RECORD, False, NOW_NS + 300_000_000),
    ]


def test_the_lamp_is_told_when_it_changes() -> None:
    shown: list[Lamp] = []
    signals = BenchSignals(lambda lamp, _beside: shown.append(lamp), lambda: None)
    for lamp in (Lamp.READY, Lamp.READY, Lamp.RECORDING, Lamp.READY):
        signals.show(lamp)
    assert shown == [Lamp.READY, Lamp.RECORDING, Lamp.READY]


def test_camera_microphone_and_muxer_together_make_one_film(
    pace: ManualPace, tapes: Tapes, studio: type[Studio]
) -> None:
    arrived: queue.Queue[Frame | Pcm] = queue.Queue()
    picture = Picture(320, 180, 25, 500_000)
    lost: list[DeviceLost | Lost] = []
    text = PictureText(180)
    camera = BenchCamera(FilmTape(tapes.film), picture, pace, text, lambda _: ("time", "place"))
    microphone = BenchMicrophone(SoundTape(tapes.sound, 48_000), Air(48_000), pace)
    camera.start(arrived.put, lost.append)
    microphone.start(arrived.put, lost.append)
    pace.advance(3.0, devices=2)
    camera.stop()
    microphone.stop()
    muxer = Mp4Muxer(picture, 48_000, lost.append)
    pieces = [piece for _ in range(arrived.qsize()) for piece in muxer.take(arrived.get())]
    film = studio.watch([*pieces, *muxer.end()])
    with av.open(str(tapes.sound)) as source:
        original = np.concatenate([block.to_ndarray()[0] for block in source.decode(audio=0)])
    assert film.numbers == list(range(76))
    assert lost == []
    part = slice(4800, 48_000 * 2)
    likeness = np.corrcoef(film.sound[part], original[part])[0, 1]
    assert likeness > 0.95  # sample for sample: a shift of one millisecond gives less


def test_a_press_is_felt_each_time() -> None:
    felt: list[bool] = []
    signals = BenchSignals(lambda _lamp, _beside: None, lambda: felt.append(True))
    signals.feel()
    signals.feel()
    assert len(felt) == 2
