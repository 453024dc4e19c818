"""The station's commands: obeyed once, by the one unit, in their order; the note proves whose."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.custody.durable import LinuxDisk
from recorder.custody.effects import Effect, go_on
from recorder.custody.slots import Slots
from recorder.evidence.moment import ClockSource, utc_text
from recorder.evidence.record import (
    CheckVerdict,
    CommandTaken,
    Ordered,
    Refused,
    SelfCheck,
    SelfCheckItem,
)
from recorder.evidence.sidecar import CommandNote, Officers, parse_side
from recorder.evidence.words import digest
from recorder.handover import packets as p
from recorder.handover.orders import Assign, CheckNow
from recorder.handover.orders import Command as Brought
from tests.custody.judge import clear_of, disproofs
from tests.custody.rig import CREW, NOON_MS, Caller, Rig

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERED = p.BoundOfficers(CREW.names, CREW.numbers)
NOBODY = p.BoundOfficers((), ())
NIGHT = Officers(("赵六",), ("110031",))
WHOLE = SelfCheck(CheckVerdict.PASS, (SelfCheckItem("key", CheckVerdict.PASS, 1, "signs"),))


def courier(rig: Rig) -> Caller:
    return Caller(rig, p.Role.COURIER)


def bring(rig: Rig, note: str) -> p.Packet | None:
    caller = courier(rig)
    answer = caller.ask(Brought(note))
    caller.go()
    return answer


def commands(rig: Rig) -> list[CommandTaken]:
    return [r.body for r in rig.records() if isinstance(r.body, CommandTaken)]


def sides(rig: Rig) -> list[tuple[Officers, str]]:
    """The officers and the note that each sidecar begins with, an empty one where there is none."""
    found = []
    for segment in rig.segments():
        _, entries = parse_side(clear_of(rig, segment.side))
        first, *rest = (entry for _, entry in entries)
        assert isinstance(first, Officers)
        second = rest[0] if rest and isinstance(rest[0], CommandNote) else CommandNote("")
        found.append((first, second.note))
    return found


def test_ordered_officers_are_written_down_told_and_bound_by_the_next_recording(rig: Rig) -> None:
    conductor, note = rig.start().conductor(), rig.order(17)
    answer = bring(rig, note)
    assert isinstance(answer, p.Filed)
    assert answer.size == 17
    assert commands(rig) == [CommandTaken(17, Ordered.OFFICERS, digest(note.encode()))]
    (told,) = conductor.of(Assign)
    assert told == Assign(17, ORDERED)
    conductor.go()
    conductor, lens = rig.record(pieces=2, officers=told.officers)
    rig.stop(conductor, lens)
    assert sides(rig) == [(CREW, note)]
    assert disproofs(rig) == set()


def test_no_record_names_anybody(rig: Rig) -> None:
    rig.start()
    bring(rig, rig.order(1))
    written = b"".join(rig.lines())
    for word in (*CREW.names, *CREW.numbers):
        assert word.encode() not in written
        assert word.encode("unicode_escape") not in written


def test_who_connects_is_told_before_it_is_welcome(rig: Rig) -> None:
    rig.start()
    bring(rig, rig.order(1))
    first, second = rig.conductor().heard[:2]
    assert (first, type(second)) == (Assign(1, ORDERED), p.Welcome)


def another_units(rig: Rig) -> str:
    return rig.order(1, unit="baofeng-mz.shilu/BF-0008")


def another_agencys(rig: Rig) -> str:
    return rig.order(1, unit="yuxian-yj.shilu/BF-0007")


def of_a_strange_key(rig: Rig) -> str:
    rig.station.command_key = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    return rig.order(1)


def of_the_logs_key(rig: Rig) -> str:
    rig.station.command_key = rig.station.log_key
    return rig.order(1)


def that_is_over(rig: Rig) -> str:
    until_ms = NOON_MS - 41  # the clock may be 40 ms wrong
    return rig.order(1, since=utc_text(NOON_MS - 9_000), until=utc_text(until_ms))


def that_is_to_come(rig: Rig) -> str:
    return rig.order(1, since=utc_text(NOON_MS + 41))


def altered(rig: Rig) -> str:
    return rig.order(1).replace("110025", "110027")


def signed_twice(rig: Rig) -> str:
    note = rig.order(1)
    return note + note.split("\n")[-2] + "\n"


@pytest.mark.parametrize(
    ("forge", "because"),
    [
        (another_units, "this is baofeng-mz.shilu/BF-0007"),
        (another_agencys, "not signed by baofeng-mz.shilu/command"),
        (of_a_strange_key, "not signed by"),
        (of_the_logs_key, "not signed by"),
        (that_is_over, "was to be taken before"),
        (that_is_to_come, "counts only from"),
        (altered, "does not fit what it signs"),
        (signed_twice, "one signature"),
        (lambda _rig: "obey me\n", "does not end with an empty line"),
    ],
    ids=lambda given: getattr(given, "__name__", None),
)
def test_what_is_not_for_this_unit_now_is_refused_remembered_and_changes_nothing(
    rig: Rig, forge: Callable[[Rig], str], because: str
) -> None:
    rig.start()
    conductor, brings = rig.conductor(), courier(rig)
    answer = brings.ask(Brought(forge(rig)))
    assert isinstance(answer, p.Fault)
    assert because in answer.sentence
    refused = rig.newest(Refused)
    assert (refused.asked, refused.by) == ("command", "courier")
    assert because in refused.because
    assert (commands(rig), conductor.of(Assign)) == ([], [])
    assert not brings.lost


def test_every_altered_byte_is_refused(rig: Rig) -> None:
    rig.start()
    note = rig.order(1)
    for at in range(0, len(note), 7):
        other = "x" if note[at] != "x" else "y"
        bring(rig, note[:at] + other + note[at + 1 :])
    assert commands(rig) == []
    assert isinstance(bring(rig, note), p.Filed)


def test_a_unit_without_a_pinned_key_obeys_nobody(rig: Rig) -> None:
    rig.settings = replace(rig.settings, command_key=None)
    rig.start()
    answer = bring(rig, rig.order(1))
    assert isinstance(answer, p.Fault)
    assert "No key for commands is pinned" in answer.sentence


def test_a_number_counts_once_and_upwards_for_a_whole_life(rig: Rig) -> None:
    rig.start()
    bring(rig, rig.order(17))
    for _ in range(3):  # behind a bookmark, too
        rig.cut()
        rig.clock.pass_ms(60_000)
        rig.start()
    for number in (17, 16, 1):
        answer = bring(rig, rig.order(number, NIGHT))
        assert isinstance(answer, p.Fault)
        assert f"Command {number} is old: 17 was taken already" in answer.sentence
    assert isinstance(bring(rig, rig.order(19, NIGHT)), p.Filed)
    assert [taken.number for taken in commands(rig)] == [17, 19]


def test_the_same_twice_is_answered_and_not_obeyed_again(rig: Rig) -> None:
    rig.start()
    note = rig.order(1)
    first, again = bring(rig, note), bring(rig, note)
    assert first == again
    rig.clock.pass_ms(86_400_000)  # its time is over now, and it was obeyed in time
    assert bring(rig, note) == first
    assert len(commands(rig)) == 1
    assert not any(isinstance(r.body, Refused) for r in rig.records())


@pytest.mark.parametrize(("utc_ms", "error_ms"), [(0, 40), (NOON_MS, -1)])
def test_without_a_clock_to_trust_the_number_alone_protects(
    rig: Rig, utc_ms: int, error_ms: int
) -> None:
    rig.start()
    over = that_is_over(rig)
    rig.clock.utc_ms, rig.clock.error_ms, rig.clock.source = utc_ms, error_ms, ClockSource.NONE
    assert isinstance(bring(rig, over), p.Filed)


def test_a_recording_that_runs_keeps_its_officers_and_the_next_has_the_ordered_ones(
    rig: Rig,
) -> None:
    conductor, lens = rig.start().record(pieces=2)
    note = rig.order(1)
    bring(rig, note)
    lens.ask(*rig.open_piece())  # a second segment of the same recording
    rig.film(lens, 2)
    rig.stop(conductor, lens)
    lens.go()
    conductor.ask(rig.opening(ORDERED))
    lens = rig.lens()
    lens.ask(*rig.open_piece())
    rig.film(lens, 2)
    lens.ask(*rig.open_piece())
    rig.film(lens, 2)
    rig.stop(conductor, lens)
    before = Officers(("张三", "李四"), ("4417", "4418"))
    assert sides(rig) == [(before, ""), (before, ""), (CREW, note), (CREW, note)]
    assert disproofs(rig) == set()


def test_a_conductor_that_names_others_shows_no_note_for_them(rig: Rig) -> None:
    rig.start()
    bring(rig, rig.order(1))
    others = p.BoundOfficers(CREW.names, CREW.numbers[::-1])
    conductor, lens = rig.record(pieces=1, officers=others)
    rig.stop(conductor, lens)
    assert sides(rig) == [(Officers(others.names, others.numbers), "")]


def test_what_was_ordered_holds_after_a_restart(rig: Rig) -> None:
    rig.start()
    note = rig.order(1)
    bring(rig, note)
    rig.cut()
    rig.start()
    conductor, lens = rig.record(pieces=1, officers=ORDERED)
    assert conductor.of(Assign) == [Assign(1, ORDERED)]
    rig.stop(conductor, lens)
    assert sides(rig) == [(CREW, note)]


class Killed(BaseException):
    """The process ends here."""


def killed_before(rig: Rig, last: Effect, note: str) -> None:
    """Let a command come, and end before this effect of it."""

    running: list[bool] = []

    def step(effect: Effect) -> None:
        if running and effect is last:
            raise Killed

    rig.step = step
    rig.start()
    running.append(True)
    with pytest.raises(Killed):
        bring(rig, note)
    rig.cut()
    rig.step = go_on
    rig.start()


def ordered_before(rig: Rig) -> None:
    rig.start()
    bring(rig, rig.order(1, NIGHT))
    rig.cut()


def test_a_crash_before_the_record_leaves_what_was_and_the_command_comes_again(rig: Rig) -> None:
    ordered_before(rig)
    note = rig.order(2)
    killed_before(rig, Effect.APPEND_RECORD, note)
    assert rig.conductor().of(Assign) == [Assign(1, p.BoundOfficers(NIGHT.names, NIGHT.numbers))]
    assert isinstance(bring(rig, note), p.Filed)
    assert [taken.number for taken in commands(rig)] == [1, 2]


def test_a_crash_before_the_note_is_kept_binds_nobody_until_it_or_the_next_one_comes(
    rig: Rig,
) -> None:
    ordered_before(rig)
    note = rig.order(2)
    killed_before(rig, Effect.WRITE_ORDER, note)
    conductor = rig.conductor()
    assert conductor.of(Assign) == [Assign(2, NOBODY)]
    assert isinstance(bring(rig, note), p.Filed)
    assert conductor.of(Assign)[-1] == Assign(2, ORDERED)
    assert [taken.number for taken in commands(rig)] == [1, 2]


def test_the_next_command_mends_a_lost_note(rig: Rig) -> None:
    killed_before(rig, Effect.WRITE_ORDER, rig.order(1))
    bring(rig, rig.order(2, NIGHT))
    night = p.BoundOfficers(NIGHT.names, NIGHT.numbers)
    assert rig.conductor().of(Assign) == [Assign(2, night)]


def test_a_note_that_the_card_does_not_take_holds_until_the_next_start(rig: Rig) -> None:
    class Failing(LinuxDisk):
        def write_at_start(self, fd: int, data: bytes) -> int:
            if b"shilu.command/v1" in data:
                raise OSError(errno.EIO, "Input/output error")
            return super().write_at_start(fd, data)

    rig.disk = Failing()
    conductor = rig.start().conductor()
    answer = bring(rig, rig.order(1))
    assert isinstance(answer, p.Fault)
    assert "holds until the next start only" in answer.sentence
    assert conductor.of(Assign) == [Assign(1, ORDERED)]
    rig.cut()
    rig.start()
    assert rig.conductor().of(Assign) == [Assign(1, NOBODY)]


def test_a_state_that_somebody_changed_binds_nobody(rig: Rig) -> None:
    rig.start()
    bring(rig, rig.order(1))
    other = rig.order(1, NIGHT).encode()
    rig.cut()
    forge_slots(rig, other)
    rig.start()
    assert rig.conductor().of(Assign) == [Assign(1, NOBODY)]
    rig.cut()
    forge_slots(rig, b"no note")
    rig.start()
    assert rig.conductor().of(Assign) == [Assign(1, NOBODY)]


def forge_slots(rig: Rig, payload: bytes) -> None:
    for path in rig.settings.state.glob("order.*"):
        path.unlink()
    effects = (Effect.WRITE_ORDER, Effect.SYNC_ORDER)
    slots = Slots(rig.settings.state, "order", LinuxDisk(), go_on, effects)
    slots.write(payload)
    slots.close()


def test_an_ordered_check_is_told_until_one_was_made(rig: Rig) -> None:
    conductor = rig.start().conductor()
    bring(rig, rig.order(5, None))
    assert commands(rig)[0].what is Ordered.CHECK
    assert conductor.of(CheckNow) == [CheckNow(5)]
    rig.cut()
    rig.start()
    again = rig.conductor()
    assert again.of(CheckNow) == [CheckNow(5)]
    part = SelfCheckItem("battery", CheckVerdict.WARN, 20, "min")
    again.ask(p.Note(SelfCheck(CheckVerdict.WARN, (part,))))
    assert rig.conductor().of(CheckNow) == [CheckNow(5)]
    rig.conductor().ask(p.Note(WHOLE))
    assert rig.conductor().of(CheckNow) == []
    rig.cut()
    rig.start()
    assert rig.conductor().of(CheckNow) == []


def test_a_check_leaves_the_officers_bound(rig: Rig) -> None:
    rig.start()
    bring(rig, rig.order(1))
    bring(rig, rig.order(2, None))
    assert rig.conductor().of(Assign) == [Assign(1, ORDERED)]


@pytest.mark.parametrize("role", [p.Role.CONDUCTOR, p.Role.LENS, p.Role.RELEASE])
def test_nobody_but_the_courier_may_bring_a_command(rig: Rig, role: p.Role) -> None:
    rig.start()
    caller = Caller(rig, role)
    caller.ask(Brought(rig.order(1)))
    assert caller.lost
    assert commands(rig) == []
