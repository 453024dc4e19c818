"""From `open` to `closed`, as conductor and lens see it, and as a court sees it after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.record import (
    ClockStep,
    Ending,
    InterruptCause,
    Mark,
    Notice,
    RunBegins,
    Stop,
    StopCause,
)
from recorder.evidence.sidecar import Fix, NoticeWording, Officers, Said, parse_side
from recorder.handover import packets as p
from tests.custody.judge import clear_of, disproofs
from tests.verify.film import opening

if TYPE_CHECKING:
    from tests.custody.rig import Rig


def test_a_recording_is_opened_filmed_and_closed(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=4)
    rig.stop(conductor, lens)
    assert rig.types() == "epoch run start segment stop"
    (segment,) = rig.segments()
    assert (segment.ending, segment.span.frames, segment.span.samples) == (Ending.STOP, 48, 96_000)
    assert segment.span.last_ms - segment.span.first_ms == 1980
    assert clear_of(rig, segment.media).startswith(opening())
    conductor.listen()
    assert [type(packet).__name__ for packet in conductor.heard] == [
        "Welcome", "Opened", "Sealed", "Closed",
    ]  # fmt: skip
    assert disproofs(rig) == set()


def test_a_piece_is_called_kept_only_when_it_is_durable_and_signed(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=0)
    lens.ask(*rig.piece(0))
    before = lens.of(p.Kept)
    rig.pass_ms(400)
    assert before == [p.Kept(1)]
    assert lens.of(p.Kept) == [p.Kept(1), p.Kept(2)]


def test_a_piece_that_opens_a_file_turns_the_segment(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=2)
    lens.ask(*rig.open_piece())
    rig.film(lens, 2)
    rig.stop(conductor, lens)
    assert [(s.segment, s.ending) for s in rig.segments()] == [(1, Ending.TURN), (2, Ending.STOP)]
    assert rig.newest(Stop) == Stop(recording=1, cause=StopCause.BUTTON, segments=2, frames=48)
    assert disproofs(rig) == set()


def test_names_positions_and_words_stand_in_the_sidecar_alone(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    conductor.ask(p.Note(Fix("", 338_700_000, 1_130_500_000, 9, 110)))
    conductor.ask(p.Note(Said("rec.start", "开始录像")))
    conductor.ask(p.Note(Mark(1, 100_200)))
    rig.stop(conductor, lens)
    (segment,) = rig.segments()
    _, entries = parse_side(clear_of(rig, segment.side))
    assert [type(entry) for _, entry in entries] == [Officers, Fix, Said]
    log = rig.files()["log/000001.jsonl"].decode()
    assert "张三" not in log
    assert "338700000" not in log
    assert Mark(1, 100_200) in [r.body for r in rig.records()]


def test_the_wording_of_a_notice_stands_beside_its_record(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    conductor.ask(p.Note(Notice(1, "ab" * 32, True, 910), "现在开始录像"))
    rig.stop(conductor, lens)
    _, entries = parse_side(clear_of(rig, rig.segments()[0].side))
    assert NoticeWording("现在开始录像") in [entry for _, entry in entries]


def test_a_lens_that_dies_costs_nothing_that_it_gave_and_the_next_one_goes_on(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=3)
    lens.go()
    second = rig.lens()
    second.ask(*rig.open_piece())
    rig.film(second, 2)
    rig.stop(conductor, second)
    first, last = rig.segments()
    assert (first.ending, first.cause) == (Ending.INTERRUPTED, InterruptCause.CAPTURE_LOST)
    assert first.media.complete
    assert (first.span.frames, last.span.frames) == (36, 24)
    assert disproofs(rig) == set()


def test_half_a_piece_of_a_dead_lens_leaves_nothing(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    lens.ask(rig.piece(1, 100_000)[0])
    lens.go()
    conductor.ask(p.Close(StopCause.BUTTON))
    assert rig.segments()[0].span.frames == 12
    assert disproofs(rig) == set()


def test_a_conductor_that_dies_ends_the_recording(rig: Rig) -> None:
    conductor, _ = rig.start().record(pieces=2)
    conductor.go()
    assert rig.newest(Stop).cause is StopCause.CAPTURE_LOST
    assert rig.conductor().of(p.Welcome)[0].interrupted == 1
    assert disproofs(rig) == set()


def test_close_waits_two_seconds_for_the_lens_and_no_longer(rig: Rig) -> None:
    conductor, _ = rig.start().record(pieces=1)
    conductor.ask(p.Close(StopCause.BUTTON))
    rig.pass_ms(1990)
    before = conductor.of(p.Closed)
    rig.pass_ms(20)
    assert before == []
    assert len(conductor.of(p.Closed)) == 1


def test_a_second_recording_takes_the_next_number(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    rig.stop(conductor, lens)
    assert conductor.ask(rig.opening()) == p.Opened(2, 1)
    lens.ask(*rig.open_piece())
    rig.film(lens, 1)
    rig.stop(conductor, lens)
    assert [s.recording for s in rig.segments()] == [1, 2]
    assert disproofs(rig) == set()


def test_an_end_on_purpose_seals_and_says_so(rig: Rig) -> None:
    rig.start().record(pieces=2)
    assert rig.custody is not None
    rig.custody.shut_down("stopped for the test")
    rig.custody = None
    assert rig.types() == "epoch run start segment stop shutdown"
    rig.start()
    assert rig.newest(RunBegins).clean
    assert disproofs(rig) == set()


def test_a_new_epoch_begins_after_64_records_and_after_15_minutes(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    for instant in range(70):
        conductor.ask(p.Note(Mark(1, instant)))
    rig.pass_ms(15 * 60 * 1000)
    rig.stop(conductor, lens)
    counts: dict[int, int] = {}
    for record in rig.records():
        counts[record.epoch] = counts.get(record.epoch, 0) + 1
    assert counts[1] == 64
    assert sorted(counts) == [1, 2, 3]
    assert disproofs(rig) == set()


def test_what_is_said_between_two_lenses_stands_in_the_next_sidecar(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    lens.go()
    conductor.ask(p.Note(Said("recover", "已恢复录像")))
    second = rig.lens()
    second.ask(*rig.open_piece())
    rig.film(second, 1)
    rig.stop(conductor, second)
    _, entries = parse_side(clear_of(rig, rig.segments()[1].side))
    assert Said("recover", "已恢复录像") in [entry for _, entry in entries]


def test_a_long_film_without_a_pause_is_synced_by_its_size(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=0)
    now_ms = rig.clock.boottime_ms
    for number in range(3):
        lens.ask(*rig.piece(number, 2_000_000))
        rig.clock.boottime_ms = now_ms
    assert p.Kept(4) in lens.of(p.Kept)


def test_a_clock_that_is_set_while_filming_is_written_down(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=1)
    rig.clock.utc_ms += 60_000
    rig.pass_ms(1000)
    rig.stop(conductor, lens)
    assert [r.body.delta_ms for r in rig.records() if isinstance(r.body, ClockStep)] == [60_000]
