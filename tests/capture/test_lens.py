"""The lens among sensors of paper: what is filmed, held, handed over, and handed over again."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from recorder.capture import lens_words as words
from recorder.capture.lens.lens import Lens
from recorder.capture.lens.pre_record import PreRecord
from recorder.capture.lens.ring import Ring
from recorder.capture.lens.senses import Senses
from recorder.capture.lens.way_out import CustodyGone
from recorder.capture.ports import DeviceLost, Frame, Lost, Pcm, Picture, Piece, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SECOND = 10**9


@dataclass
class PaperCamera:
    picture: Picture = field(default_factory=lambda: Picture(640, 360, 25, 1_000_000))
    broken: bool = False
    lux: int = -1
    started: int = 0
    on_frame: Callable[[Frame], None] | None = None

    def start(
        self, on_frame: Callable[[Frame], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        if self.broken:
            raise DeviceLost(Source.CAMERA, "The camera does not answer; check its cable.")
        self.started += 1
        self.on_frame, self.on_lost = on_frame, on_lost

    def stop(self) -> None:
        self.on_frame = None

    def put(self, frame: Frame) -> None:
        assert self.on_frame is not None
        self.on_frame(frame)


@dataclass
class PaperMicrophone:
    rate_hz: int = 48_000
    on_pcm: Callable[[Pcm], None] | None = None

    @property
    def runs(self) -> bool:
        return self.on_pcm is not None

    def start(
        self, on_pcm: Callable[[Pcm], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        self.on_pcm, self.on_lost = on_pcm, on_lost

    def stop(self) -> None:
        self.on_pcm = None


class PaperMuxer:
    """One opener a file, then one piece a picture."""

    def __init__(self, on_lost: Callable[[Lost], None]) -> None:
        self._on_lost = on_lost
        self._open = False
        self._turning = False

    def take(self, item: Frame | Pcm) -> Sequence[Piece]:
        if isinstance(item, Pcm):
            return ()
        stamp = item.boottime_ns
        piece = Piece(item.data, False, item.key, stamp, stamp, 1, 0)
        if item.key and (self._turning or not self._open):
            self._open, self._turning = True, False
            return (Piece(b"open", True, False, stamp, stamp, 0, 0), piece)
        return (piece,) if self._open else ()

    def turn(self) -> Sequence[Piece]:
        self._turning = True
        return ()

    def end(self) -> Sequence[Piece]:
        return (Piece(b"last", False, False, 1, 1, 0, 0),)


@dataclass
class PaperLink:
    """Custody's end of the socket: durable only when told."""

    kept: list[bytes] = field(default_factory=list)
    ended: bool = False
    busy: bool = False
    gone: bool = False
    confirm: int = 0
    closed: bool = False

    def hand_over(self, piece: Piece) -> None:
        self.kept.append(piece.data)

    def end(self) -> None:
        self.ended = True

    def settle(self) -> int:
        if self.gone:
            raise CustodyGone("Custody closed its socket.")
        confirmed, self.confirm = self.confirm, 0
        return confirmed

    def close(self) -> None:
        self.closed = True


class Found:
    """Hears the notice after a second of sound; when it gave up, it answers when it is asked again.

    So slow a search is no excuse for keeping the film back.
    """

    def __init__(self, clip: str) -> None:
        self.clip, self.heard, self.asked = clip, 0, -1

    def hear(self, pcm: Pcm) -> None:
        self.heard += len(pcm.samples) // 2

    def give_up(self) -> None:
        self.asked = 0

    def answer(self) -> words.NoticeSought | None:
        if self.heard >= 48_000:
            return words.NoticeSought("cd" * 32, True, 900)
        self.asked += self.asked >= 0
        return words.NoticeSought("cd" * 32, False, 12) if self.asked > 1 else None


@dataclass
class Rig:
    camera: PaperCamera = field(default_factory=PaperCamera)
    microphone: PaperMicrophone = field(default_factory=PaperMicrophone)
    links: list[PaperLink] = field(default_factory=list)
    reports: list[words.Report] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    before: PreRecord | None = None
    remarks: tuple[str, ...] = ()
    muxers: list[Callable[[Lost], None]] = field(default_factory=list)
    now_ns: int = 100 * _SECOND
    hold_bytes: int = 10_000

    def __post_init__(self) -> None:
        senses = Senses(
            self.camera,
            self.microphone,
            self._muxer,
            self._link,
            Found,
            self.said.append,
            self.said.clear,
            lambda trust, place: self.shown.append((trust, place)),
            self.marked.append,
            self.before,
            self.remarks,
            self._name,
        )
        self.lens = Lens(
            senses, Ring(self.hold_bytes), self.reports.append, lambda: self.now_ns, 60
        )

    def _name(self, officers: str) -> tuple[str, ...]:
        self.named.append(officers)
        return (*self.remarks, "no 王")

    def _muxer(self, on_lost: Callable[[Lost], None]) -> PaperMuxer:
        self.muxers.append(on_lost)
        return PaperMuxer(on_lost)

    def _link(self) -> PaperLink:
        self.links.append(PaperLink())
        return self.links[-1]

    def film(self, drawing: str, step_ns: int = _SECOND) -> None:
        """`K` a key frame, `.` another picture, `s` half a second of sound; one second each."""
        for sign in drawing:
            self.now_ns += step_ns
            if sign == "s":
                assert self.microphone.on_pcm is not None
                self.microphone.on_pcm(Pcm(bytes(48_000), 48_000, self.now_ns))
            else:
                assert self.camera.on_frame is not None
                self.camera.on_frame(Frame(sign.encode(), sign == "K", self.now_ns))
        self.lens.work()

    def obey(self, *orders: words.Order) -> None:
        for order in orders:
            self.lens.obey(order)

    def reported(self, kind: type) -> list[words.Report]:
        return [report for report in self.reports if isinstance(report, kind)]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_what_was_filmed_before_go_is_handed_over_from_its_first_picture(rig: Rig) -> None:
    rig.obey(words.Film())
    rig.film("K..")
    rig.obey(words.Go())
    rig.film(".")
    assert rig.links[0].kept == [b"open", b"K", b".", b".", b"."]


def test_a_press_that_was_none_leaves_nothing_behind(rig: Rig) -> None:
    rig.obey(words.Film())
    rig.film("K..")
    rig.obey(words.Drop(), words.Film())
    rig.film("K")
    rig.obey(words.Go())
    rig.lens.work()
    assert rig.links[0].kept == [b"open", b"K"]


def test_a_new_custody_gets_again_what_the_old_one_did_not_call_durable(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go())
    rig.film("K.K.")
    rig.links[0].confirm = 3
    rig.lens.work()
    rig.links[0].gone = True
    with pytest.raises(CustodyGone):
        rig.lens.work()
    rig.lens.let_go_of_custody()
    rig.film(".")
    rig.obey(words.Go())
    rig.lens.work()
    assert rig.links[1].kept == [b"open", b"K", b".", b"."]
    assert rig.links[0].closed


def test_a_busy_socket_holds_back_and_loses_nothing(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go())
    rig.links[0].busy = True
    rig.film("K..")
    assert rig.links[0].kept == []
    rig.links[0].busy = False
    rig.lens.work()
    assert rig.links[0].kept == [b"open", b"K", b".", b"."]


def test_halt_hands_over_the_last_piece_and_says_end(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go())
    rig.film("K.")
    rig.obey(words.Halt())
    rig.lens.work()
    assert rig.links[0].kept == [b"open", b"K", b".", b"last"]
    assert rig.links[0].ended
    assert rig.reports[-1] == words.Halted()
    assert rig.camera.on_frame is None


def test_a_file_turns_after_its_time_at_the_next_key_frame(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go())
    rig.film("K" + "." * 60 + ".K.")
    kept = rig.links[0].kept
    assert kept.count(b"open") == 2
    assert kept[-3:] == [b"open", b"K", b"."]
    assert len(kept) - 2 == 64  # no picture lost between the two


def test_a_camera_that_does_not_answer_does_not_cost_the_sound(rig: Rig) -> None:
    rig.camera.broken = True
    rig.obey(words.Film())
    rig.film("s")
    assert rig.lens.alive().samples == 24_000
    (lost,) = rig.reported(words.WasLost)
    assert isinstance(lost, words.WasLost)
    assert (lost.source, lost.lost) == ("camera", -1)
    assert "check its cable" in lost.cause


def test_what_a_sensor_could_not_give_is_told(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go())
    rig.film("K.")
    rig.camera.on_lost(Lost(Source.CAMERA, 12, 101 * _SECOND, "the sensor stalled"))
    rig.lens.work()
    assert rig.reports[-1] == words.WasLost("camera", 12, 101_000, 102_000, "the sensor stalled")


def test_a_lane_that_overflows_counts_what_it_refused(rig: Rig) -> None:
    rig.obey(words.Film())
    rig.film("K" + "." * 299)
    lost = rig.reported(words.WasLost)
    assert [report.lost for report in lost if isinstance(report, words.WasLost)] == [44]


def test_the_notice_is_looked_for_only_when_it_is_one(rig: Rig) -> None:
    rig.obey(words.Film(), words.Said("mark", False))
    rig.film("sss")
    assert rig.reported(words.NoticeSought) == []
    rig.obey(words.Said("notice.x", True))
    rig.film("ss")
    assert rig.reported(words.NoticeSought) == [words.NoticeSought("cd" * 32, True, 900)]
    assert rig.said == ["mark", "notice.x"]


def test_a_recording_too_short_to_hear_the_notice_says_so(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go(), words.Said("notice.x", True))
    rig.film("Ks")
    rig.obey(words.Halt())
    rig.lens.work()
    assert rig.links[0].kept[-1] == b"last"  # the film does not wait for the search,
    assert not rig.links[0].ended
    rig.lens.work()
    assert rig.reported(words.NoticeSought) == [words.NoticeSought("cd" * 32, False, 12)]
    assert rig.links[0].ended  # and the end waits, so that the answer is in the recording


def test_a_check_counts_for_three_seconds_and_lets_the_sensors_rest(rig: Rig) -> None:
    rig.obey(words.Check())
    assert rig.microphone.on_pcm is not None
    rig.microphone.on_pcm(Pcm(struct.pack("<4h", 0, 700, -20, 3), 48_000, rig.now_ns))
    rig.film("K")
    rig.now_ns += _SECOND
    rig.lens.work()
    assert rig.reported(words.Checked) == []
    rig.now_ns += _SECOND
    rig.lens.work()
    assert rig.reported(words.Checked) == [words.Checked(frames=1, samples=4, level=700)]
    assert rig.camera.on_frame is None


def test_a_check_listens_for_the_tone_and_answers_before_it_ends(rig: Rig) -> None:
    rig.obey(words.Check(), words.Said("tone", True))
    rig.film("sK")
    rig.now_ns += _SECOND
    rig.lens.work()
    assert rig.reported(words.Checked) == []  # the search takes a moment
    rig.lens.work()
    sought, checked = rig.reports[-2:]
    assert sought == words.NoticeSought("cd" * 32, False, 12)
    assert isinstance(checked, words.Checked)


def test_a_check_whose_search_is_forgotten_is_answered_all_the_same(rig: Rig) -> None:
    rig.obey(words.Check(), words.Said("tone", True))
    rig.now_ns += 3 * _SECOND
    rig.lens.work()
    rig.obey(words.Await())
    assert len(rig.reported(words.Checked)) == 1


def test_a_tone_that_nobody_waits_for_any_more_is_not_looked_for_in_a_recording(rig: Rig) -> None:
    rig.obey(words.Check(), words.Said("tone", True), words.Film())
    reports = len(rig.reports)
    rig.film("Kss")
    assert not [r for r in rig.reports[reports:] if isinstance(r, words.NoticeSought)]


def test_a_speaker_told_to_hush_forgets_what_waits(rig: Rig) -> None:
    rig.obey(words.Said("boot", False), words.Hush(), words.Said("rec.start", False))
    assert rig.said == ["rec.start"]


def test_custody_away_too_long_costs_the_oldest_and_says_which() -> None:
    rig = Rig(hold_bytes=2)
    rig.obey(words.Film())
    rig.film("K.K")
    lost = rig.reported(words.WasLost)
    assert [r.lost for r in lost if isinstance(r, words.WasLost)] == [2]


def before(*, sound: bool = True, seconds: int = 10) -> Rig:
    """A unit that holds what comes before a press."""
    rig = Rig(before=PreRecord(seconds, 1_000_000, sound=sound))
    rig.obey(words.Await())
    return rig


def test_a_press_turns_what_was_held_into_the_beginning_of_the_recording() -> None:
    rig = before()
    rig.film("K..s..K..")
    rig.obey(words.Film())
    rig.film(".K")
    rig.obey(words.Go())
    rig.film(".")
    assert rig.links[0].kept == [b"open", *(sign.encode() for sign in "K....K...K.")]
    assert rig.reported(words.Held) == [words.Held(101_000)]
    assert rig.lens.alive() == words.Alive(11, 24_000, 101_000, 112_000)


def test_what_is_held_begins_with_a_key_frame_and_is_never_older_than_asked() -> None:
    rig = before(seconds=5)
    rig.film("K..K..K...")
    rig.obey(words.Film(), words.Go())
    rig.lens.work()
    assert rig.links[0].kept == [b"open", b"K", b".", b".", b"."]


def test_pictures_are_marked_as_from_before_the_press_until_it_comes() -> None:
    rig = before()
    rig.film("K")
    rig.obey(words.Film())
    assert rig.marked == [True, False]
    rig.obey(words.Await())
    assert rig.marked == [True, False, True]


def test_the_camera_is_not_started_anew_by_a_press_and_the_microphone_is_where_it_rested() -> None:
    rig = before(sound=False)
    runs = [rig.microphone.runs]
    rig.film("K.", _SECOND // 4)
    rig.obey(words.Film())
    runs.append(rig.microphone.runs)
    assert rig.camera.started == 1
    rig.obey(words.Await())
    assert [*runs, rig.microphone.runs] == [False, True, False]


def test_a_camera_that_gave_nothing_for_a_second_is_tried_again_by_a_press() -> None:
    rig = before()
    rig.film("K")
    rig.now_ns += 2 * _SECOND
    rig.obey(words.Film())
    assert rig.camera.started == 2


def test_a_press_that_was_none_leaves_only_what_a_press_right_after_it_needs() -> None:
    rig = before()
    rig.film("K..K.")
    rig.obey(words.Film())
    rig.film(".")
    rig.obey(words.Await())
    rig.film(".")
    rig.obey(words.Film(), words.Go())
    rig.lens.work()
    assert rig.links[0].kept == [b"open", b"K", b".", b".", b"."]


def test_a_unit_that_may_not_record_forgets_what_it_held_and_rests() -> None:
    rig = before()
    rig.film("K.")
    rig.obey(words.Drop())
    assert rig.camera.on_frame is None
    rig.obey(words.Film())
    assert rig.reported(words.Held) == []


def test_a_unit_without_pre_record_rests(rig: Rig) -> None:
    rig.obey(words.Await())
    assert rig.camera.on_frame is None
    assert rig.marked == []


def test_a_check_does_not_disturb_what_is_held() -> None:
    rig = before(sound=False)
    rig.film("K.")
    rig.obey(words.Check())
    rig.film(".")
    rig.now_ns += 2 * _SECOND
    rig.lens.work()
    assert rig.reported(words.Checked) == [words.Checked(frames=1, samples=0, level=0)]
    assert rig.microphone.on_pcm is None
    rig.obey(words.Film(), words.Go())
    rig.lens.work()
    assert rig.links[0].kept == [b"open", b"K", b".", b"."]


def test_what_was_lost_before_the_press_is_told_if_it_lies_in_the_recording() -> None:
    rig = before(seconds=5)
    rig.film("K")
    rig.camera.on_lost(Lost(Source.CAMERA, 3, 101 * _SECOND, "too long ago"))
    rig.lens.work()
    rig.film("..K.....K.")
    rig.camera.on_lost(Lost(Source.CAMERA, 4, 110 * _SECOND, "skipped"))
    rig.lens.work()
    assert rig.reported(words.WasLost) == []
    rig.obey(words.Film(), words.Go())
    assert rig.reported(words.WasLost) == [words.WasLost("camera", 4, 110_000, 111_000, "skipped")]


def test_silence_that_the_rules_ask_for_is_stated_with_its_reason() -> None:
    rig = before(sound=False)
    rig.film("K.")
    rig.obey(words.Film(), words.Go())
    assert rig.muxers[-1] is not None
    rig.muxers[-1](Lost(Source.MICROPHONE, 48_000, 101 * _SECOND, "no sound came"))
    rig.lens.work()
    (lost,) = rig.reported(words.WasLost)
    assert isinstance(lost, words.WasLost)
    assert "by the rules" in lost.cause


def test_a_long_pre_record_is_muxed_over_several_turns_and_none_of_it_is_lost() -> None:
    rig = before(seconds=1_000)
    for _ in range(6):
        rig.film("K" + "." * 99)
    rig.obey(words.Film(), words.Go())
    rig.lens.work()
    assert sum(piece in {b"K", b"."} for piece in rig.links[0].kept) == 256
    rig.lens.work()
    rig.obey(words.Halt())
    rig.lens.work()
    assert sum(piece in {b"K", b"."} for piece in rig.links[0].kept) == 600


def test_whether_camera_and_microphone_give_is_one_fact_told_when_it_changes(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go())
    rig.film("Ks", _SECOND // 4)
    rig.film("ss", _SECOND // 2)
    rig.film("KKK", _SECOND // 2)
    assert rig.reported(words.Gives) == [
        words.Gives(camera=True, microphone=True),
        words.Gives(camera=False, microphone=True),
        words.Gives(camera=True, microphone=False),
    ]


def test_a_camera_that_does_not_start_is_told_not_to_give(rig: Rig) -> None:
    rig.camera.broken = True
    rig.obey(words.Film())
    rig.film("s")
    assert rig.reported(words.Gives) == [words.Gives(camera=False, microphone=True)]


def test_what_the_picture_text_lacks_is_told_to_each_recording(rig: Rig) -> None:
    rig = Rig(remarks=("no Chinese font",))
    rig.obey(words.Film(), words.Go())
    assert rig.reported(words.Remarked) == [words.Remarked("no Chinese font")]


def test_whom_the_picture_names_is_ordered_and_what_the_font_lacks_of_them_is_told(
    rig: Rig,
) -> None:
    rig = Rig(remarks=("no Chinese font",))
    rig.obey(words.Officers("王伟 110025"), words.Film(), words.Go())
    assert rig.named == ["王伟 110025"]
    told = [words.Remarked("no Chinese font"), words.Remarked("no 王")]
    assert rig.reported(words.Remarked) == told


def test_how_bright_it_is_is_told_only_while_the_camera_gives_pictures(rig: Rig) -> None:
    rig.camera.lux = 3
    assert rig.lens.light() is None
    rig.obey(words.Film())
    rig.film("K", _SECOND // 2)
    assert rig.lens.light() == words.Light(3)
    rig.camera.lux = -1
    assert rig.lens.light() is None
    rig.camera.lux = 3
    rig.now_ns += 2 * _SECOND
    rig.lens.work()
    assert rig.lens.light() is None


def test_what_waits_after_a_check_waits_with_sensors_that_work() -> None:
    rig = Rig(before=PreRecord(10, 1_000_000, sound=True))
    rig.obey(words.Check())
    rig.film("K", _SECOND // 4)
    rig.now_ns += 3 * _SECOND
    rig.camera.put(Frame(b".", False, rig.now_ns))  # came before the sensors rested
    rig.lens.work()
    rig.obey(words.Await())
    assert (rig.camera.started, rig.microphone.runs) == (2, True)


def test_a_camera_that_was_stopped_is_not_told_as_one_that_gives_nothing(rig: Rig) -> None:
    rig.obey(words.Film(), words.Go())
    rig.film("Ks", _SECOND // 4)
    rig.obey(words.Halt())
    rig.lens.work()
    assert rig.reported(words.Gives) == [words.Gives(camera=True, microphone=True)]
